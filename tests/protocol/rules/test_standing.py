"""Who attests, what their majority is, and who gains standing."""

import pytest

from offchain.protocol.rules import standing
from offchain.protocol.rules.standing import FrozenSet
from offchain.protocol.words.parameters import DEMO


def test_standing_lasts_k_rounds_after_the_model_s():
    until = standing.standing_until(DEMO, 4)
    assert until == 4 + DEMO.standing_rounds
    attests = [
        standing.is_attester(number, genesis_acts=False, is_genesis_member=False, until_round=until)
        for number in (until, until + 1)
    ]
    assert attests == [True, False]
    assert standing.accounts_with_standing([until, until - 1, 0], until) == 1


def test_before_the_first_competition_nobody_attests():
    assert not standing.is_attester(0, genesis_acts=False, is_genesis_member=True, until_round=0)


def test_genesis_members_stand_in_for_too_few_accounts_with_standing():
    assert standing.frozen_set(DEMO, 3, 7) == FrozenSet(3, genesis_acts=False)
    assert standing.frozen_set(DEMO, 2, 7) == FrozenSet(7, genesis_acts=True)
    for member in (True, False):
        assert (
            standing.is_attester(
                5, genesis_acts=True, is_genesis_member=member, until_round=9 * (not member)
            )
            is member
        )


@pytest.mark.parametrize(
    ("accounts", "attesters", "decide"), [(0, 0, False), (2, 4, False), (3, 5, True)]
)
def test_more_than_half_of_the_attesters_decide(accounts: int, attesters: int, decide: bool):
    assert standing.is_majority(accounts, attesters) == decide


@pytest.mark.parametrize(("attesters", "places"), [(3, 1), (4, 1), (8, 2), (11, 2), (12, 3)])
def test_newcomers_to_standing_are_a_quarter_of_the_attesters_best_first(
    attesters: int, places: int
) -> None:
    ranked = ["old 1", "new 1", "new 2", "old 2", "new 3", "new 4"]
    gains = standing.standing_gains(ranked, attesters, lambda account: account.startswith("old"))
    newcomers = [account for account in ranked if account.startswith("new")][:places]
    assert gains == tuple(a for a in ranked if a.startswith("old") or a in newcomers)
