"""Standing is counted without a list: the count always equals the accounts that have it."""

from hypothesis import given, settings
from hypothesis import strategies as st
from web3.contract import Contract

from scripts.support.chains.evm import Evm

K = 3


def close_round(evm: Evm, harness: Contract, round_number: int) -> None:
    evm.send(harness.functions.expire(round_number))


def grant(evm: Evm, harness: Contract, account: int, round_number: int) -> None:
    granted = harness.functions.grant(evm.accounts[account], round_number, round_number + K)
    evm.send(granted)


def test_standing_lasts_k_rounds_after_the_round_of_the_model(evm: Evm) -> None:
    harness = evm.deploy("StandingHarness")
    close_round(evm, harness, 1)
    grant(evm, harness, 0, 1)
    counted = []
    for round_number in range(2, 7):
        close_round(evm, harness, round_number)
        counted.append(harness.functions.count().call())
        has = harness.functions.has(evm.accounts[0], round_number).call()
        assert has is (round_number <= 1 + K)
    assert counted == [1, 1, 1, 0, 0]


def test_a_renewal_counts_an_account_once(evm: Evm) -> None:
    harness = evm.deploy("StandingHarness")
    close_round(evm, harness, 1)
    grant(evm, harness, 0, 1)
    close_round(evm, harness, 2)
    grant(evm, harness, 0, 2)
    assert harness.functions.count().call() == 1
    for round_number in range(3, 6):
        close_round(evm, harness, round_number)
        assert harness.functions.count().call() == 1
    close_round(evm, harness, 6)
    assert harness.functions.count().call() == 0


def test_a_renewal_in_the_last_round_of_standing_keeps_it(evm: Evm) -> None:
    harness = evm.deploy("StandingHarness")
    close_round(evm, harness, 1)
    grant(evm, harness, 0, 1)
    for round_number in range(2, 5):
        close_round(evm, harness, round_number)
    grant(evm, harness, 0, 4)
    close_round(evm, harness, 5)
    assert harness.functions.count().call() == 1


@settings(max_examples=12, deadline=None, derandomize=True)
@given(
    winners=st.lists(st.lists(st.integers(0, 4), max_size=5, unique=True), min_size=1, max_size=9)
)
def test_the_count_equals_a_list_of_accounts(module_evm: Evm, winners: list[list[int]]) -> None:
    evm = module_evm
    harness = evm.deploy("StandingHarness")
    until: dict[int, int] = {}
    for round_number, accounts in enumerate(winners, start=1):
        close_round(evm, harness, round_number)
        expected = sum(1 for last in until.values() if last >= round_number)
        assert harness.functions.count().call() == expected
        for account in accounts:
            grant(evm, harness, account, round_number)
            until[account] = round_number + K
