"""Heat: who grants it, and how it fades with every round that closes."""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import pytest
from web3 import Web3
from web3.contract import Contract
from web3.types import TxReceipt

from offchain.protocol.words.parameters import DEMO
from scripts.support.chains.evm import Evm, restored, reverts
from scripts.support.chains.rounds import Rounds
from scripts.support.chains.stages import Stage

LARGEST_HEAT = 2**224 - 1
ZERO = "0x" + "00" * 20


@pytest.fixture(scope="module")
def in_round_1(evm_session: Evm) -> Iterator[Stage]:
    """Round 1 collects; rounds close after one Bitcoin block."""
    with restored(evm_session):
        rounds = Rounds.deploy(evm_session, collect_heights=1)
        rounds.start()
        yield Stage(rounds)


@pytest.fixture
def rounds(in_round_1: Stage) -> Rounds:
    """The same, for one test."""
    return in_round_1.enter()


@contextmanager
def rewards(rounds: Rounds) -> Iterator[str]:
    """The rewards contract's address, from which transactions can be sent."""
    address = rounds.chain.by_name["Rewards"].address
    rounds.chain.evm.request("anvil_impersonateAccount", address)
    rounds.chain.evm.request("anvil_setBalance", address, hex(10**20))
    yield address
    rounds.chain.evm.request("anvil_stopImpersonatingAccount", address)


def gain(rounds: Rounds, account: str, amount: int, round_number: int) -> TxReceipt:
    with rewards(rounds) as sender:
        return rounds.chain.send("Heat", "gain", account, amount, round_number, sender=sender)


def heat_of(rounds: Rounds, account: str) -> int:
    return rounds.chain.view("Heat", "heatOf", account)


def faded(heat: int, rounds: int, fade: int = DEMO.heat_fade_basis_points) -> int:
    """The rule: rounded down once for each round."""
    for _ in range(rounds):
        heat = heat * (10_000 - fade) // 10_000
    return heat


def test_nobody_but_the_rewards_contract_grants_heat(rounds: Rounds) -> None:
    account, granter = rounds.accounts[3], rounds.chain.by_name["Rewards"].address
    with reverts("NotRewards", account, granter):
        rounds.chain.send("Heat", "gain", account, 1, 1, sender=account)


def test_a_gain_adds_up_and_the_event_tells_amount_and_sum(rounds: Rounds) -> None:
    account = rounds.accounts[1]
    gain(rounds, account, 100, 1)
    receipt = gain(rounds, account, 60, 1)
    [told] = rounds.chain.events(receipt, "Heat", "HeatGained")
    assert told == {"account": account, "round": 1, "amount": 60, "heat": 160}
    assert heat_of(rounds, account) == 160
    assert heat_of(rounds, rounds.accounts[2]) == 0


def test_what_is_claimed_late_has_faded_since_the_round_that_earned_it(rounds: Rounds) -> None:
    early, late = rounds.accounts[1:3]
    gain(rounds, early, 1_000, 1)
    for _ in range(4):
        rounds.close()
    receipt = gain(rounds, late, 1_000, 1)
    [told] = rounds.chain.events(receipt, "Heat", "HeatGained")
    assert told == {"account": late, "round": 1, "amount": 1_000, "heat": faded(1_000, 4)}
    assert heat_of(rounds, late) == heat_of(rounds, early) == faded(1_000, 4)


def test_heat_fades_with_every_round_and_a_gain_adds_to_what_is_left(rounds: Rounds) -> None:
    """Differential against the rule in Python, over random gains and pauses of three accounts."""
    chance = random.Random(20)
    expected = dict.fromkeys(rounds.accounts[1:4], (0, 0))  # heat, round
    for _ in range(30):
        for _ in range(chance.choice((0, 0, 1, 1, 3))):
            rounds.close()
        collecting = rounds.collecting
        account = chance.choice(list(expected))
        amount = chance.choice((0, 1, 20, 60, 100, 10**6, 10**18))
        earned = chance.randint(max(1, collecting - 5), collecting)
        before, since = expected[account]
        left = faded(before, collecting - since) + faded(amount, collecting - earned)
        expected[account] = left, collecting
        gain(rounds, account, amount, earned)
        for other, (value, since) in expected.items():
            assert heat_of(rounds, other) == faded(value, collecting - since)


# ---- absences that no test can play --------------------------------------------------------------


class LongAbsence:
    """Heat beside a contract that says which round collects, and nothing else."""

    CHAIN = Web3.to_checksum_address("0x" + "c0" * 20)

    def __init__(self, evm: Evm, **changes: int) -> None:
        self.evm = evm
        parameters = evm.deploy("ProtocolParameters", replace(DEMO, **changes).as_tuple()).address
        # parameters, relay, membership, data registry, model chain, model transactions,
        # attestations, disputes, block production, rewards, heat, token, judge
        contracts: Sequence[str] = (
            *(parameters, ZERO, ZERO, ZERO, self.CHAIN, ZERO, ZERO, ZERO),
            *(ZERO, evm.accounts[0], ZERO, ZERO, ZERO),
        )
        self.heat: Contract = evm.deploy("Heat", contracts)
        self.collect(0)

    def collect(self, round_number: int) -> None:
        """Let a round collect: the code returns its number whatever it is asked."""
        code = b"\x63" + round_number.to_bytes(4, "big") + bytes.fromhex("5f5260205ff3")
        self.evm.request("anvil_setCode", self.CHAIN, Web3.to_hex(code))

    def gain(self, amount: int, round_number: int) -> TxReceipt:
        call = self.heat.functions.gain(self.evm.accounts[1], amount, round_number)
        return self.evm.send(call)

    @property
    def left(self) -> int:
        return int(self.heat.functions.heatOf(self.evm.accounts[1]).call())


@pytest.mark.gas
@pytest.mark.parametrize(("fade", "bound"), [(500, 500_000), (100, 2_000_000)])
def test_heat_ends_at_zero_within_bounded_gas_after_any_absence(
    evm: Evm, fade: int, bound: int
) -> None:
    """What an account has and what it claims from the first round fade both to nothing."""
    absent = LongAbsence(evm, heat_fade_basis_points=fade)
    absent.gain(2**64 - 1, 0)
    absent.collect(2**32 - 1)
    assert absent.left == 0
    receipt = absent.gain(2**64 - 1, 0)
    assert absent.left == 0
    assert receipt["gasUsed"] < bound


def test_with_a_full_fade_heat_lasts_until_the_round_closes(evm: Evm) -> None:
    absent = LongAbsence(evm, heat_fade_basis_points=10_000)
    absent.gain(123, 0)
    assert absent.left == 123
    absent.collect(1)
    assert absent.left == 0


def test_heat_beyond_its_storage_is_refused_not_wrapped(evm: Evm) -> None:
    absent = LongAbsence(evm)
    absent.gain(LARGEST_HEAT, 0)
    with reverts("SafeCastOverflowedUintDowncast", 224, LARGEST_HEAT + 1):
        absent.gain(1, 0)
    assert absent.left == LARGEST_HEAT
