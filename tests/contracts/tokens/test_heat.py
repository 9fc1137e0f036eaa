"""Heat: who grants it, how it fades with each block, and the quota of share keys that it gives."""

import random
from dataclasses import replace

import pytest
from web3.contract import Contract

from offchain.protocol.words.parameters import DEMO, Parameters
from scripts.support.chains.evm import Evm, events, reverts

LARGEST_HEAT = 2**224 - 1


class HeatOfModelChain:
    """Heat with a model chain whose block number is set by hand."""

    def __init__(self, evm: Evm, **changes: int) -> None:
        self.evm = evm
        self.parameters: Parameters = replace(DEMO, **changes)
        parameters = evm.deploy("ProtocolParameters", self.parameters.as_tuple())
        self.chain: Contract = evm.deploy("ModelChainHarness")
        self.heat: Contract = evm.deploy("Heat", parameters.address, self.chain.address)

    def gain(self, account: str, amount: int):
        return self.evm.send(self.chain.functions.gain(self.heat.address, account, amount))

    def set_block_number(self, number: int) -> None:
        self.evm.send(self.chain.functions.setBlockNumber(number))

    def of(self, account: str) -> int:
        return self.heat.functions.heatOf(account).call()

    def quota(self, account: str) -> int:
        return self.heat.functions.keyQuota(account).call()

    def faded(self, heat: int, blocks: int) -> int:
        """The rule: rounded down once for each block."""
        for _ in range(blocks):
            heat = heat * (10_000 - self.parameters.heat_fade_basis_points) // 10_000
        return heat


@pytest.fixture
def heat(evm: Evm) -> HeatOfModelChain:
    """Heat with the demo's parameters: 5 % fade with each block, 50 heat buy a key."""
    return HeatOfModelChain(evm)


def test_nobody_but_the_model_chain_grants_heat(evm: Evm, heat: HeatOfModelChain):
    with reverts("NotModelChain", evm.accounts[3], heat.chain.address):
        evm.send(heat.heat.functions.gain(evm.accounts[3], 1), sender=3)


def test_a_gain_adds_up_and_the_event_tells_amount_and_sum(evm: Evm, heat: HeatOfModelChain):
    account = evm.accounts[1]
    heat.gain(account, 100)
    receipt = heat.gain(account, 60)
    assert [dict(e) for e in events(receipt, heat.heat, "HeatGained")] == [
        {"account": account, "amount": 60, "heat": 160}
    ]
    assert heat.of(account) == 160
    assert heat.of(evm.accounts[2]) == 0


def test_heat_fades_with_every_block_and_a_gain_adds_to_what_is_left(
    evm: Evm, heat: HeatOfModelChain
):
    """Differential against the rule in Python, over random gains and pauses of three accounts."""
    chance = random.Random(20)
    expected = dict.fromkeys(evm.accounts[1:4], (0, 0))  # heat, block number
    number = 0
    for _ in range(40):
        account = chance.choice(list(expected))
        number += chance.choice((0, 0, 1, 1, 2, 7, 30))
        heat.set_block_number(number)
        amount = chance.choice((0, 1, 20, 60, 100, 10**6, 10**18))
        before, since = expected[account]
        expected[account] = (heat.faded(before, number - since) + amount, number)
        heat.gain(account, amount)
        for other, (value, since) in expected.items():
            assert heat.of(other) == heat.faded(value, number - since)


@pytest.mark.gas
def test_heat_of_an_absent_account_ends_at_zero_within_bounded_gas(
    evm: Evm, heat: HeatOfModelChain
):
    account = evm.accounts[1]
    heat.gain(account, 2**64 - 1)
    heat.set_block_number(2**32 - 1)
    assert heat.of(account) == 0
    receipt = heat.gain(account, 7)
    assert heat.of(account) == 7
    assert receipt["gasUsed"] < 400_000


@pytest.mark.gas
def test_the_slowest_fade_takes_bounded_gas_after_any_absence(evm: Evm):
    heat = HeatOfModelChain(evm, heat_fade_basis_points=100)
    heat.gain(evm.accounts[1], 2**64 - 1)
    heat.set_block_number(2**32 - 1)
    receipt = heat.gain(evm.accounts[1], 123)
    assert heat.of(evm.accounts[1]) == 123
    assert receipt["gasUsed"] < 1_500_000


def test_with_a_full_fade_heat_lasts_until_the_next_block(evm: Evm):
    heat = HeatOfModelChain(evm, heat_fade_basis_points=10_000)
    heat.gain(evm.accounts[1], 123)
    assert heat.of(evm.accounts[1]) == 123
    heat.set_block_number(1)
    assert heat.of(evm.accounts[1]) == 0


def test_heat_beyond_its_storage_is_refused_not_wrapped(evm: Evm, heat: HeatOfModelChain):
    account = evm.accounts[1]
    heat.gain(account, LARGEST_HEAT)
    with reverts("SafeCastOverflowedUintDowncast", 224, LARGEST_HEAT + 1):
        heat.gain(account, 1)
    assert heat.of(account) == LARGEST_HEAT


def test_the_quota_grows_by_a_key_for_each_step_of_heat_up_to_the_maximum(
    evm: Evm, heat: HeatOfModelChain
):
    account, step = evm.accounts[1], heat.parameters.key_step
    base, maximum = heat.parameters.base_keys, heat.parameters.maximum_keys
    assert heat.quota(account) == base
    heat.gain(account, step - 1)
    assert heat.quota(account) == base
    heat.gain(account, 1)
    assert heat.quota(account) == base + 1
    heat.gain(account, step * (maximum - base - 1))
    assert heat.quota(account) == maximum
    heat.gain(account, step)
    assert heat.quota(account) == maximum
    heat.gain(account, 2**64)
    assert heat.quota(account) == maximum


def test_the_quota_shrinks_to_the_base_as_heat_fades(evm: Evm, heat: HeatOfModelChain):
    account = evm.accounts[1]
    heat.gain(account, 4 * heat.parameters.key_step)
    assert heat.quota(account) == heat.parameters.base_keys + 4
    heat.set_block_number(1)
    assert heat.quota(account) == heat.parameters.base_keys + 3
    heat.set_block_number(200)
    assert heat.quota(account) == heat.parameters.base_keys
