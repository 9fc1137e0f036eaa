"""Standing is counted without a list: the count always equals the accounts that have it."""

import random

import pytest
from web3 import Web3
from web3.contract import Contract

from scripts.support.chains.evm import Evm, events

K = 3
ACCOUNTS = 6
STATEMENTS = [bytes([number]) * 32 for number in (1, 2)]


class Ledger:
    """The library beside a dictionary of what each account should have."""

    def __init__(self, evm: Evm) -> None:
        self.evm = evm
        self.harness: Contract = evm.deploy("StandingHarness")
        self.accounts = evm.accounts[:ACCOUNTS]
        self.ends: dict[int, int] = {}
        self.opened: dict[int, bytes] = {}
        self.tick, self.frozen, self.round = 1, 0, 0

    def send(self, function: str, *arguments: object) -> object:
        return self.evm.send(self.harness.functions[function](*arguments))

    def has(self, account: int) -> bool:
        return self.frozen < self.ends.get(account, 0)

    def close(self) -> None:
        """A round closes; nothing has happened in it."""
        self.send("freeze")
        self.frozen, self.round, self.opened = self.tick, self.round + 1, {}
        self.check()

    def count(self) -> None:
        """The round counts."""
        self.send("countRound")
        self.tick += 1

    def grant(self, accounts: list[int], places: int = ACCOUNTS) -> list[int]:
        """These voices get standing, so many of them anew; returns who did."""
        receipt = self.send("grant", [self.accounts[account] for account in accounts], K, places)
        granted = []
        for account in accounts:
            if not self.has(account):
                if not places:
                    continue
                places -= 1
            granted.append(account)
        self.ends.update(dict.fromkeys(granted, self.tick + K))
        [event] = events(receipt, self.harness, "Granted")
        assert event["accounts"] == [self.accounts[account] for account in granted]
        return granted

    def open(self, account: int, statement: bytes) -> None:
        """An account opens a statement in the round."""
        self.send("open", self.accounts[account], self.round, statement)
        if self.has(account):
            self.opened[account] = statement

    def keep(self, statement: bytes) -> None:
        """A quiet block follows that statement."""
        self.send("keep", self.round, statement, K)
        for account, opened in self.opened.items():
            if opened == statement and self.has(account):
                self.ends[account] += 1

    def drop(self, account: int) -> None:
        """An account's stake is not full any more."""
        receipt = self.send("drop", self.accounts[account])
        [event] = events(receipt, self.harness, "Dropped")
        assert event["had"] is self.has(account)
        if self.has(account):
            self.ends[account] = 1
            self.opened.pop(account, None)

    def check(self) -> None:
        """The library counts and says what the dictionary does."""
        read = self.harness.functions
        with_standing = [account for account in range(ACCOUNTS) if self.has(account)]
        assert read.count().call() == len(with_standing)
        for account, name in enumerate(self.accounts):
            assert read.has(name).call() is (account in with_standing)
            assert max(1, read.endOf(name).call()) == self.ends.get(account, 1)


@pytest.fixture
def ledger(evm: Evm) -> Ledger:
    """Nobody has standing; round 1 has closed."""
    ledger = Ledger(evm)
    ledger.close()
    return ledger


def test_standing_lasts_k_counted_rounds_after_the_round_of_the_voice(ledger: Ledger) -> None:
    ledger.count()
    ledger.grant([0])
    seen = []
    for number in range(K + 3):
        ledger.close()
        seen.append(ledger.has(0))
        if number != 1:  # that round had too few data
            ledger.count()
    assert seen == [True] * (K + 1) + [False] * 2


def test_a_renewal_counts_an_account_once(ledger: Ledger) -> None:
    ledger.count()
    ledger.grant([0, 1])
    ledger.close()
    ledger.count()
    ledger.grant([1, 2])
    ledger.check()
    for _ in range(K + 2):
        ledger.close()
        ledger.count()


def test_so_many_gain_it_anew_and_all_others_renew_theirs(ledger: Ledger) -> None:
    ledger.count()
    assert ledger.grant([3, 1], places=1) == [3]
    ledger.close()
    ledger.count()
    assert ledger.grant([0, 3, 1, 2], places=2) == [0, 3, 1]
    ledger.check()


def test_who_opened_the_statement_of_a_quiet_block_keeps_it_a_tick_longer(ledger: Ledger) -> None:
    ledger.count()
    ledger.grant([0, 1, 2])
    for number in range(K + 4):
        ledger.close()
        ledger.count()
        ledger.open(0, STATEMENTS[0])
        if number == 0:
            ledger.open(1, STATEMENTS[1])  # another statement
        ledger.keep(STATEMENTS[0])
        ledger.check()
    assert [ledger.has(account) for account in (0, 1, 2)] == [True, False, False]


def test_what_is_dropped_is_gone_whatever_follows(ledger: Ledger) -> None:
    ledger.count()
    ledger.grant([0, 1])
    ledger.close()
    ledger.count()
    for account in (0, 1):
        ledger.open(account, STATEMENTS[0])
    ledger.drop(0)
    ledger.keep(STATEMENTS[0])
    ledger.drop(2)
    for _ in range(K + 2):
        ledger.close()
        ledger.count()


def test_whoever_is_enrolled_has_no_standing_and_gains_it_at_a_fifth_of_the_gas(evm: Evm) -> None:
    ledger = Ledger(evm)
    ledger.close()
    ledger.count()
    ledger.grant([5])  # what all share is written before
    for _ in range(2):
        ledger.send("enrol", ledger.accounts[0])
    ledger.check()
    cheap, dear = (
        ledger.send("grant", [ledger.accounts[account]], K, 1)["gasUsed"] for account in (0, 1)
    )
    assert dear - cheap == 17_100
    # Nobody loses standing by it.
    ledger.send("enrol", ledger.accounts[0])
    assert ledger.harness.functions.endOf(ledger.accounts[0]).call() == 2 + K


@pytest.mark.parametrize("seed", range(4))
def test_the_count_equals_a_list_of_accounts(evm: Evm, seed: int) -> None:
    chance, ledger = random.Random(seed), Ledger(evm)
    for _ in range(12):
        ledger.close()
        if chance.random() < 0.8:
            ledger.count()
        for account in chance.sample(range(ACCOUNTS), chance.randint(0, 4)):
            ledger.open(account, chance.choice(STATEMENTS))
        for account in range(ACCOUNTS):
            if chance.random() < 0.1:
                ledger.drop(account)
        if chance.random() < 0.5:
            voices = chance.sample(range(ACCOUNTS), chance.randint(0, 4))
            for account in voices[::2]:
                ledger.send("enrol", ledger.accounts[account])
            ledger.grant(voices, chance.randint(1, 3))
        elif chance.random() < 0.8:
            ledger.keep(chance.choice(STATEMENTS))
        ledger.check()


def test_no_more_than_256_accounts_have_standing(evm: Evm):
    harness = evm.deploy("StandingHarness")
    accounts = [Web3.to_checksum_address(number.to_bytes(20, "big")) for number in range(1, 301)]
    for start in range(0, 300, 100):
        evm.send(harness.functions.grant(accounts[start : start + 100], K, 100))
    assert harness.functions.count().call() == 256
    has = [harness.functions.endOf(account).call() > 1 for account in accounts[250:260]]
    assert has == [True] * 6 + [False] * 4
