"""Attacks on who becomes a member fail; where their defence is broken, they do not."""

import pytest

from offchain.attacks.known import FAMILIES, attack_by_name
from offchain.attacks.rounds.members import ATTACKS
from offchain.attacks.worlds.rounds import World
from offchain.protocol.reference import membership
from offchain.protocol.rules import draw, heat
from offchain.protocol.words.actions import ClaimBest
from offchain.protocol.words.status import Phase


def quiet(line: str) -> None:
    """Nobody listens."""


@pytest.mark.parametrize("name", ATTACKS)
def test_the_promise_holds_and_the_plain_rule_falls(name: str) -> None:
    outcome = ATTACKS[name].run(quiet)
    assert outcome.defended, outcome
    assert outcome.plain_rule_fell, outcome


def test_all_are_known_by_name() -> None:
    assert {name for name, family in FAMILIES.items() if family == "rounds.members"} == set(ATTACKS)
    assert all(attack_by_name(name).name == name for name in ATTACKS)


def test_places_fall_where_who_comes_first_has_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        draw, "is_drawn", lambda _key, number, applicants, places: number < min(applicants, places)
    )
    assert not ATTACKS["places"].run(quiet).defended


def test_the_draw_falls_where_the_first_known_seed_is_the_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place_key = draw.place_key
    seeds: list[bytes] = []

    def first_seed(domain, seed, *, is_warm):  # type: ignore[no-untyped-def]
        seeds.append(seed)
        return place_key(domain, seeds[0], is_warm=is_warm)

    monkeypatch.setattr(draw, "place_key", first_seed)
    assert not ATTACKS["draw"].run(quiet).defended


def test_keys_are_stolen_where_nobody_proves_possession(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(membership, "verify_possession", lambda *_: None)
    assert not ATTACKS["one-key-twice"].run(quiet).defended


def test_genesis_is_captured_where_only_heat_makes_warm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        membership, "is_warm_applicant", lambda amount, warm_heat, **_: amount >= warm_heat
    )
    assert not ATTACKS["genesis-capture"].run(quiet).defended


def test_heat_is_saved_up_where_it_counts_from_its_claim(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heat, "gain", lambda own, amount, *_: own + amount)
    assert not ATTACKS["heat-saved-up"].run(quiet).defended


def test_whoever_has_one_best_model_is_warm_until_another_round_has_closed() -> None:
    world = World.with_block(5)
    winner = world.players[-1]
    world.execute(ClaimBest(world.competing), winner)
    warm = [world.chain.heat.heat_of(winner.account) >= world.parameters.warm_heat]
    for _ in range(2):
        world.collect(world.players)
        warm.append(world.chain.heat.heat_of(winner.account) >= world.parameters.warm_heat)
        world.advance_to(Phase.VOID)
    assert warm == [True, True, False]
