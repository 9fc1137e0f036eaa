"""Standing: who attests, who gains it, who keeps it."""

import pytest

from offchain.protocol.rules import standing
from offchain.protocol.rules.standing import FrozenSet
from offchain.protocol.words.status import Electorate


def test_a_voice_gives_standing_for_k_rounds_that_count():
    end = standing.standing_end(tick=4, standing_rounds=3)
    assert [standing.has_standing(end, frozen) for frozen in range(3, 9)] == [True] * 4 + [
        False
    ] * 2
    # Its own round closed at tick 3, so that it attests in the rounds that close at 4, 5 and 6.
    assert standing.accounts_with_standing([end, 5, 4, 1, 0], frozen=4) == 2


@pytest.mark.parametrize(
    ("attesters", "new"), [(0, 1), (1, 1), (7, 1), (8, 2), (11, 2), (12, 3), (60, 15)]
)
def test_a_quarter_of_the_attesters_gains_standing_anew_best_first(attesters, new):
    voices = [f"voice {number}" for number in range(40)]
    known = frozenset(voices[5:7])
    given = standing.granted(voices, known, attesters, len(known))
    assert known <= set(given)
    fresh = [voice for voice in given if voice not in known]
    assert fresh == [voice for voice in voices if voice not in known][:new]
    assert list(given) == sorted(given, key=voices.index)


def test_no_more_than_256_accounts_have_standing():
    voices = [f"voice {number}" for number in range(40)]
    assert standing.granted(voices, frozenset(voices[:2]), 200, 254) == tuple(voices[:4])
    assert standing.granted(voices, frozenset(voices[:2]), 200, 256) == tuple(voices[:2])


def test_genesis_accounts_lapse_after_k_rounds_of_theirs_without_a_word():
    assert [standing.has_lapsed(tick, 2, 3) for tick in range(2, 7)] == [False] * 3 + [True] * 2
    assert not standing.has_lapsed(0, 0, 1)


def test_few_with_standing_are_joined_by_genesis_and_nobody_by_all_members():
    assert standing.frozen_set(3, 5, 9, 3) == FrozenSet(3, Electorate.STANDING)
    assert standing.frozen_set(2, 5, 9, 3) == FrozenSet(7, Electorate.GENESIS)
    assert standing.frozen_set(2, 0, 9, 3) == FrozenSet(2, Electorate.GENESIS)
    assert standing.frozen_set(0, 0, 9, 3) == FrozenSet(9, Electorate.MEMBERS)


def test_a_majority_is_more_than_half():
    assert [standing.is_majority(count, 4) for count in range(5)] == [False] * 3 + [True] * 2
    assert not standing.is_majority(0, 0)
