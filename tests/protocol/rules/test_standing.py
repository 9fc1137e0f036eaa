"""Who attests, and what their majority is."""

import pytest

from offchain.protocol.rules import standing
from offchain.protocol.rules.standing import FrozenSet


def test_standing_lasts_k_rounds_after_the_voices() -> None:
    until = standing.standing_until(4, 3)
    assert until == 7
    attests = [
        standing.is_attester(number, genesis_acts=False, is_genesis_member=False, until_round=until)
        for number in (until, until + 1)
    ]
    assert attests == [True, False]
    assert standing.accounts_with_standing([until, until - 1, 0], until) == 1


def test_before_the_first_competition_nobody_attests() -> None:
    assert not standing.is_attester(0, genesis_acts=False, is_genesis_member=True, until_round=0)


def test_genesis_members_stand_in_for_too_few_accounts_with_standing() -> None:
    assert standing.frozen_set(3, 7, 3) == FrozenSet(3, genesis_acts=False)
    assert standing.frozen_set(2, 7, 3) == FrozenSet(7, genesis_acts=True)
    for member in (True, False):
        until = 9 * (not member)
        assert (
            standing.is_attester(5, genesis_acts=True, is_genesis_member=member, until_round=until)
            is member
        )


@pytest.mark.parametrize(
    ("accounts", "attesters", "decide"), [(0, 0, False), (2, 4, False), (3, 5, True)]
)
def test_more_than_half_of_the_attesters_decide(
    accounts: int, attesters: int, decide: bool
) -> None:
    assert standing.is_majority(accounts, attesters) is decide
