"""Attacks on rounds fail: on data, models, votes and attestations; broken defences let them in."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from offchain.attacks.known import FAMILIES
from offchain.attacks.rounds import data, models, replay
from offchain.protocol.reference import attestations, data_registry
from offchain.protocol.reference.data_registry import ReferenceDataRegistry, RoundData
from offchain.protocol.reference.model_chain import ReferenceModelChain
from offchain.protocol.reference.model_transactions import ReferenceModelTransactions
from offchain.protocol.rules import disputes, judging, rewards, standing, votes

FAMILY_MODULES = (data, models, replay)
ATTACKS = data.ATTACKS | models.ATTACKS | replay.ATTACKS


def quiet(line: str) -> None:
    """Nobody listens."""


@pytest.mark.parametrize("name", ATTACKS)
def test_the_promise_holds_and_the_plain_rule_falls(name: str) -> None:
    outcome = ATTACKS[name].run(quiet)
    assert outcome.defended, outcome
    assert outcome.plain_rule_fell, outcome


def test_all_are_known_by_name() -> None:
    for module in FAMILY_MODULES:
        family = module.__name__.removeprefix("offchain.attacks.")
        known = {name for name, each in FAMILIES.items() if each == family}
        assert known == set(module.ATTACKS)


@pytest.mark.parametrize("name", ["selective-opening", "training-key-late"])
def test_keys_are_chosen_where_all_that_was_partitioned_is_in(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        ReferenceModelChain,
        "_published",
        lambda chain, number: (1 << chain.rounds.closed_round(number).data) - 1,
    )
    assert not ATTACKS[name].run(quiet).defended


def test_leaving_stops_a_round_where_k_is_fixed_at_its_close(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(judging, "trimmed", lambda _: data.PLAYERS // 3)
    assert not ATTACKS["drop-out"].run(quiet).defended


def test_data_are_kept_back_where_late_ones_belong_to_the_next_round(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def carry_over(registry: ReferenceDataRegistry, number: int) -> None:
        before = registry.data.get(number - 1, RoundData())
        late = slice(before.partitioned, None)
        registry.data[number] = RoundData(
            registry.last_decision, before.ids[late], before.arrivals[late]
        )

    monkeypatch.setattr(ReferenceDataRegistry, "open_round", carry_over)
    assert not ATTACKS["two-rounds-at-once"].run(quiet).defended


def test_nobody_can_look_where_reports_come_with_the_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        attestations.ReferenceAttestations,
        "data_out",
        lambda *_: 0,
    )
    assert not ATTACKS["last-block"].run(quiet).defended


def test_honest_data_are_out_where_one_report_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    def by_any(bitmaps: list[int]) -> int:
        together = 0
        for bitmap in bitmaps:
            together |= bitmap
        return together

    monkeypatch.setattr(attestations, "out", by_any)
    assert not ATTACKS["reports-of-honest-data"].run(quiet).defended


def test_silence_stops_the_chain_where_genesis_never_lapses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(standing, "has_lapsed", lambda *_: False)
    assert not ATTACKS["silent-majority"].run(quiet).defended


def test_inventions_stand_where_no_majority_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disputes, "is_majority", lambda *_: True)
    assert not ATTACKS["lazy-attesters"].run(quiet).defended


def test_votes_decide_nothing_where_every_block_has_a_best_model(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    count: Callable[..., votes.Outcome] = votes.count_votes
    monkeypatch.setattr(votes, "count_votes", lambda *given: replace(count(*given), is_quiet=False))
    assert not ATTACKS["name-another-data-set"].run(quiet).defended


def test_quiet_blocks_pay_where_they_are_not_halved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rewards, "idle_reward", lambda reward, _: reward)
    assert not ATTACKS["quiet-farming"].run(quiet).defended


def test_copies_win_where_any_model_is_valid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "is_valid", lambda *_: True)
    assert not ATTACKS["copy-after-reveal"].run(quiet).defended


def test_copied_commitments_cost_nothing_where_nothing_burns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ReferenceModelTransactions, "end_reveal", lambda *_: None)
    assert not ATTACKS["copy-after-reveal"].run(quiet).defended


def test_messages_count_twice_where_signatures_are_not_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(data_registry, "verify_ring", lambda *_: None)
    assert not ATTACKS["replay"].run(quiet).defended
