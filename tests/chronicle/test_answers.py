"""Why an account has what it has: each reward or the rule that denied it, what was missed."""

import pytest

from offchain.chronicle.answers import Answer, answer
from offchain.protocol.words.status import Phase

NOBODY = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"


@pytest.fixture
def ask(told):
    def asked(account: str, number: int, **more: int) -> Answer:
        return answer(told, account, number, now=told.now.timestamp, **more)

    return asked


def denied(found: Answer) -> dict[str, str | None]:
    return {decision.kind: decision.denied for decision in found.rewards}


def test_every_reward_that_was_paid_is_told_with_its_amount(told, ask):
    for number, paid in told.rewards.items():
        for reward in paid:
            if reward.kind == "data":
                continue
            [found] = [r for r in ask(reward.account, number).rewards if r.kind == reward.kind]
            assert (found.amount, found.paid, found.denied) == (reward.amount, reward.paid, None)


def test_whatever_was_not_paid_of_a_block_has_a_rule_that_denied_it(told, ask):
    for number, entry in told.history.rounds.items():
        if entry.block is None:
            continue
        for account in [*told.accounts(), NOBODY]:
            for decision in ask(account, number).rewards:
                assert (decision.denied is None) == (decision.paid is not None)
                assert (decision.amount == 0) == (decision.denied is not None)


def test_a_model_that_is_not_better_than_chance_is_told_by_its_numbers(told, ask):
    worse = [
        found
        for account in told.accounts()
        if (found := ask(account, 4)).model is not None and not found.model.valid
    ]
    assert worse
    for found in worse:
        model = found.model
        assert model is not None
        told_numbers = (
            f"net {model.net} where its spread of {model.spread} needs {model.net_needed}"
        )
        assert told_numbers in str(denied(found)["best"])


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (1, {"another statement stood, with 2 attesters behind it and 1 behind its own"}),
        (4, {"its statement fell (points)", "its statement fell (form)"}),
    ],
)
def test_a_statement_is_held_against_the_table_row_by_row(ask, chain, number, words):
    found = [ask(account, number) for account in chain.deployment.genesis_accounts]
    false = [one for one in found if not one.statement.agrees]
    assert {denied(one)["attester"] for one in false} == words
    assert all(len(one.statement.differences) == 1 for one in false)
    [true, *_] = [one for one in found if one.statement.agrees]
    assert true.statement.differences == ()


def test_who_lacks_stake_is_told_so_and_what_that_cost(told, ask):
    # Two attesters lost all of it in the round before, when their statements fell.
    lost = [
        account for account in told.accounts() if denied(ask(account, 4))["attester"] is not None
    ]
    poor = [found for account in lost if (found := ask(account, 5)).applied and not found.stake]
    assert poor
    for found in poor:
        reasons = [one.reason for one in found.missed if one.phase is Phase.COMMIT]
        assert reasons == [f"its stake was 0 wei of the {found.stake_needed} needed"]
        assert all(one.ago > 0 for one in found.missed)


def test_what_a_round_has_no_phase_for_was_not_missed(ask, chain):
    # Nobody committed: there was nothing to reveal, no model to report on.
    duties = {one.duty for one in ask(chain.deployment.genesis_accounts[1], 5).missed}
    assert "report on the models" not in duties
    assert "reveal its model" not in duties


def test_a_stranger_did_nothing_and_missed_nothing(ask):
    found = ask(NOBODY, 3)
    assert found.deeds == ()
    assert found.missed == ()
    assert (found.member, found.attester, found.applied) == (False, False, False)
    assert "not a member" in str(denied(found)["best"])


def test_data_is_told_to_who_knows_which_was_its_own(told, ask):
    reasons = {index: denied(ask(NOBODY, 3, own_data=index))["data"] for index in range(5)}
    assert sorted(filter(None, reasons.values())) == [
        "1 of 1 attesters reported it as unusable",
        "its test keys were not published in time",
    ]
    assert "data" not in denied(ask(NOBODY, 3))


def test_of_a_round_that_goes_on_nothing_is_decided(told, ask):
    found = ask(told.accounts()[0], len(told.history.rounds))
    assert {decision.amount for decision in found.rewards} == {None}
    assert set(denied(found).values()) == {None}
