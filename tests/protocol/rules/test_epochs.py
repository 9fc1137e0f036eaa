"""When epochs begin, when applying ends, and when stakes are free."""

import pytest

from offchain.protocol.rules import epochs
from offchain.protocol.rules.draw import places

APPLICANTS = {"warm": 5, "cold": 2, "maximum_members": 32, "minimum_ring": 3}
NOBODY = APPLICANTS | {"warm": 0, "cold": 2}


def test_the_open_epoch_is_the_next_one_that_is_not_frozen() -> None:
    assert epochs.open_epoch(0, next_is_frozen=False) == 1
    assert epochs.open_epoch(4, next_is_frozen=False) == 5
    assert epochs.open_epoch(4, next_is_frozen=True) == 6


def play(rounds: int, applicants: list[dict[str, int]]) -> list[tuple[int, bool, bool, bool]]:
    """Rounds that open one after the other: round, begins, extended, frozen."""
    last_round, frozen, story = 0, False, []
    for number in range(1, rounds + 1):
        opened = epochs.open_round(
            number, last_round, 3, next_is_frozen=frozen, **applicants[number - 1]
        )
        last_round = opened.last_round
        frozen = opened.frozen is not None or (frozen and not opened.begins)
        story.append((number, opened.begins, opened.extended, opened.frozen is not None))
    return story


def test_applying_ends_when_an_epochs_last_round_opens() -> None:
    assert play(7, [APPLICANTS] * 7) == [
        (1, True, False, False),
        (2, False, False, False),
        (3, False, False, True),
        (4, True, False, False),
        (5, False, False, False),
        (6, False, False, True),
        (7, True, False, False),
    ]


def test_an_epoch_lasts_a_round_longer_while_too_few_apply() -> None:
    assert play(6, [NOBODY] * 4 + [APPLICANTS] * 2) == [
        (1, True, False, False),
        (2, False, False, False),
        (3, False, True, False),
        (4, False, True, False),
        (5, False, False, True),
        (6, True, False, False),
    ]


def test_a_freeze_gives_the_places_of_the_applicants() -> None:
    opened = epochs.open_round(3, 3, 3, next_is_frozen=False, **APPLICANTS)
    assert opened.frozen == places(5, 2, 32, 3)
    again = epochs.open_round(3, 3, 3, next_is_frozen=True, **APPLICANTS)
    assert again.frozen is None
    assert not again.extended


@pytest.mark.parametrize(("own_warm", "stays"), [(2, True), (3, False), (4, False)])
def test_genesis_accounts_are_warm_until_enough_have_heat_of_their_own(
    own_warm: int, stays: bool
) -> None:
    assert epochs.genesis_stays_warm(own_warm, 3) is stays


def test_a_stake_is_free_k_rounds_after_the_last_act() -> None:
    assert epochs.stake_free_from(7, 3) == 11
    assert epochs.stake_free_from(0, 3) == 0
