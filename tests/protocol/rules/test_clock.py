"""When phases and collections end, and what a round that ends lacks."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offchain.protocol.rules import clock
from offchain.protocol.words.parameters import DEMO, LIVE
from offchain.protocol.words.status import ZERO_HASH, Collection, Competition, Phase, VoidReason

COMPETITION = Competition(5, Phase.REVEAL, 900, 1_000, 4, False, 3, 0, 3, 0, ZERO_HASH)
COLLECTION = Collection(6, 900, 47, 7, 48, 240, 1_000, ZERO_HASH)
STATEMENT = b"\x01" * 32
COMPETING = list(Phase)[1:8]


@pytest.mark.parametrize("parameters", [DEMO, LIVE])
@pytest.mark.parametrize("phase", COMPETING)
def test_every_phase_of_the_competition_has_its_own_length(parameters, phase):
    blocks = getattr(parameters, f"{phase.name.lower()}_blocks")
    assert clock.phase_blocks(parameters, phase) == blocks


def test_a_phase_may_end_when_its_height_and_its_seconds_are_over():
    now = 1_000 + DEMO.minimum_phase_seconds
    assert clock.earliest_end(DEMO, COMPETITION) == now
    assert clock.phase_may_end(DEMO, COMPETITION, 900, now)
    assert not clock.phase_may_end(DEMO, COMPETITION, 899, now)
    assert not clock.phase_may_end(DEMO, COMPETITION, 900, now - 1)


# What each phase brings: commitments, reveals, a majority's statement.
DONE = {
    Phase.COMMIT: (2, 0, ZERO_HASH),
    Phase.UNSEAL: (2, 0, ZERO_HASH),
    Phase.REVEAL: (2, 1, ZERO_HASH),
    Phase.AVAILABLE: (2, 1, ZERO_HASH),
    Phase.ATTEST: (2, 1, ZERO_HASH),
    Phase.ATTEST_REVEAL: (2, 1, STATEMENT),
}


@pytest.mark.parametrize("phase", DONE)
def test_a_round_goes_on_with_what_the_phase_was_for(phase):
    assert not clock.ends_with_phase(phase, *DONE[phase])


@pytest.mark.parametrize(
    ("phase", "facts", "reason"),
    [
        (Phase.COMMIT, (0, 0, ZERO_HASH), VoidReason.NO_VALID_MODEL),
        (Phase.REVEAL, (2, 0, ZERO_HASH), VoidReason.NO_VALID_MODEL),
        (Phase.ATTEST_REVEAL, (2, 1, ZERO_HASH), VoidReason.NO_MAJORITY),
        (Phase.FINALIZE, (2, 1, STATEMENT), VoidReason.NOT_FINALIZED),
    ],
)
def test_a_round_is_void_for_the_first_thing_that_it_lacks(phase, facts, reason):
    assert clock.ends_with_phase(phase, *facts)
    _, reveals, majority = facts
    assert clock.void_reason(reveals, majority) is reason


def test_a_collection_may_close_when_it_is_full_or_late_and_nothing_is_due():
    late = 900 + DEMO.maximum_collect_heights
    full = replace(COLLECTION, items=48)
    assert clock.last_height(DEMO, COLLECTION) == late
    for collection, tip, may_close in (
        (COLLECTION, late - 1, False),
        (COLLECTION, late, True),
        (full, 900, True),
    ):
        assert clock.collection_may_close(DEMO, collection, tip, pending_due=False) is may_close
        assert not clock.collection_may_close(DEMO, collection, tip, pending_due=True)


def test_a_round_needs_the_minimum_of_items_and_one_to_test_by():
    assert not clock.has_too_few_items(DEMO, DEMO.minimum_items, 1)
    assert clock.has_too_few_items(DEMO, DEMO.minimum_items - 1, 1)
    assert clock.has_too_few_items(DEMO, DEMO.minimum_items, 0)


@given(standing=st.integers(0, 20_000), last=st.integers(0, 20_000), target=st.integers(0, 20_000))
def test_the_target_stays_within_its_limits_and_at_most_doubles(
    standing: int, last: int, target: int
) -> None:
    chosen = clock.next_target(DEMO, standing, last, target)
    assert DEMO.minimum_items <= chosen <= DEMO.maximum_items
    assert chosen <= max(DEMO.minimum_items, standing, 2 * target)
    assert chosen >= min(standing, DEMO.maximum_items)


def test_four_nodes_of_the_demo_keep_their_48_items_a_round() -> None:
    first = clock.next_target(DEMO, 4, 0, 0)
    second = clock.next_target(DEMO, 4, 0, first)
    assert (first, second) == (36, 36)
    assert clock.next_target(DEMO, 4, 48, second) == 48
