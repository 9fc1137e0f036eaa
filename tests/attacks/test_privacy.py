"""Attacks on who shared what fail, by content, options and order; broken defences let them in."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from offchain.attacks.known import FAMILIES
from offchain.attacks.privacy import content, order
from offchain.attacks.privacy.order import as_it_comes, public_order, relayer_view
from offchain.attacks.privacy.rings import FIRST_RING, random_ring, right_by_clusters, windows
from offchain.audit.simulated import attacked
from offchain.crypto import ring, sealing

ATTACKS = content.ATTACKS | order.ATTACKS


def quiet(line: str) -> None:
    """Nobody listens."""


@pytest.mark.parametrize("name", ATTACKS)
def test_the_promise_holds_and_the_plain_rule_falls(name: str) -> None:
    outcome = ATTACKS[name].run(quiet)
    assert outcome.defended, outcome
    assert outcome.plain_rule_fell, outcome


def test_all_are_known_by_name() -> None:
    for module in (content, order):
        family = module.__name__.removeprefix("offchain.attacks.")
        known = {name for name, each in FAMILIES.items() if each == family}
        assert known == set(module.ATTACKS)


@pytest.mark.full
def test_sharers_are_named_where_they_miss_many_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        content, "attacked", lambda drawn, _, *others: attacked(drawn, 0.4, *others)
    )
    assert not content.name_the_sharer(quiet).defended


@pytest.mark.parametrize("attack", [public_order, relayer_view])
def test_order_names_sharers_where_a_relayer_brings_what_comes_as_it_comes(attack) -> None:
    outcome = attack(quiet, brought=as_it_comes)
    assert not outcome.defended
    assert outcome.figures["times_chance"] > 5


def test_handing_in_again_tells_where_nonces_do_not_depend_on_what_is_signed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    nonce = ring.nonce
    monkeypatch.setattr(ring, "nonce", lambda key, _, member: nonce(key, bytes(32), member))
    outcome = content.resubmission(quiet)
    assert not outcome.defended
    assert outcome.figures["candidates"] == 1


def test_an_option_marks_who_uses_it_where_payloads_get_shorter() -> None:
    def shorter(node: int, given: Mapping[str, Any]) -> list[bytes]:
        return [content.shortened(part, given) for part in content.drawn_by_worker(node, {})]

    outcome = content.odd_options(quiet, shorter)
    assert not outcome.defended
    assert "half held back" in outcome.happened
    assert "nothing" not in outcome.happened


def test_what_is_drawn_marks_its_node_where_parts_are_sealed_as_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        content, "seal_part", lambda payload, _, key, data: sealing.seal(payload, key, data)
    )
    outcome = content.odd_options(quiet)
    assert not outcome.defended
    assert outcome.figures["marked"] == len(content.OPTIONS) - 1


def test_rings_that_differ_name_their_common_member() -> None:
    random = np.random.Generator(np.random.PCG64(1))
    rings = windows(12, 30, random)
    assert all(owner in each for owner, own in enumerate(rings) for each in own)
    assert {len(each) for own in rings for each in own} == {FIRST_RING}
    truth = [owner for owner in range(12) for _ in range(30)]
    flat = [each for own in rings for each in own]
    assert right_by_clusters(truth, flat, truth, random) > 0.9
    whole = [frozenset(range(12))] * len(truth)
    assert right_by_clusters(truth, whole, truth, random) < 0.4
    assert 5 in random_ring(5, 12, random)
