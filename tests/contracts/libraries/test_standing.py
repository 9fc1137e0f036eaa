"""Standing is counted without a list: the count always equals the accounts that have it."""

from hypothesis import given, settings
from hypothesis import strategies as st
from web3.contract import Contract

from scripts.support.chains.evm import Evm

K = 3


def close_round(evm: Evm, harness: Contract, round_number: int) -> None:
    evm.send(harness.functions.expire(round_number))


def grant(evm: Evm, harness: Contract, account: int, round_number: int) -> None:
    grant_all(evm, harness, [account], round_number)


def grant_all(evm: Evm, harness: Contract, accounts: list[int], round_number: int) -> None:
    names = [evm.accounts[account] for account in accounts]
    evm.send(harness.functions.grant(names, round_number, round_number + K))


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


def test_whoever_is_enrolled_has_no_standing_and_gains_it_at_a_fifth_of_the_gas(evm: Evm) -> None:
    harness = evm.deploy("StandingHarness")
    enrolled, other = evm.accounts[:2]
    # What all share is written before.
    grant(evm, harness, 5, 1)
    close_round(evm, harness, 1)
    for _ in range(2):
        evm.send(harness.functions.enrol(enrolled))
    for round_number in (0, 1, 2):
        assert harness.functions.has(enrolled, round_number).call() is (round_number == 0)
    assert harness.functions.until(enrolled).call() == 0
    assert harness.functions.count().call() == 1
    cheap, dear = (
        evm.send(harness.functions.grant([account], 1, 1 + K))["gasUsed"]
        for account in (enrolled, other)
    )
    assert dear - cheap == 17_100
    # Nobody loses standing by it.
    evm.send(harness.functions.enrol(enrolled))
    assert harness.functions.until(enrolled).call() == 1 + K


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
        # Some are enrolled before, most not: it changes what a grant costs, and nothing else.
        for account in accounts[::2]:
            evm.send(harness.functions.enrol(evm.accounts[account]))
        grant_all(evm, harness, accounts, round_number)
        until.update(dict.fromkeys(accounts, round_number + K))
        for account, name in enumerate(evm.accounts[:5]):
            assert harness.functions.until(name).call() == until.get(account, 0)
