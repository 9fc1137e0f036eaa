"""The development chain's clock: forwards, back, and on no other chain."""

from typing import Any

import pytest

from offchain.chain.rpc.development_clock import HIGHEST_TIMESTAMP, DevelopmentClock
from offchain.chain.rpc.ethereum import Ethereum
from offchain.chain.rpc.provider import RpcFault
from offchain.errors import ChainError, NotDevelopmentChainError
from offchain.toolchain.anvil import Anvil
from scripts.support.faults.proxy import STALE_BLOCKS, Fault, FaultProxy
from tests.support.servers.scripted_node import Answer, error, result, scripted_node

START = 1_720_000_000


@pytest.fixture(scope="module")
def anvil():
    with Anvil(timestamp=START) as started:
        yield started


@pytest.fixture
def clock(anvil: Anvil) -> DevelopmentClock:
    return DevelopmentClock(Ethereum.connect(anvil.url))


@pytest.mark.parametrize("time", [START + 10_000, START - 20_000_000, 1_703_315_793, 1])
def test_clock_is_set_forwards_and_back(clock, time):
    # The clock runs on; on a busy machine a second passes before the block is mined.
    at = clock.set(time)
    assert time <= at <= time + 5
    assert at <= clock.now() <= time + 5


def test_time_goes_on_from_where_it_was_set(clock, anvil):
    clock.set(START)
    clock.mine()
    assert START <= clock.now() <= START + 5
    ethereum = Ethereum.connect(anvil.url)
    numbers = [ethereum.block().number - 1, ethereum.block().number]
    before, after = ethereum.timestamps(numbers).values()
    assert before <= after


def test_clock_only_advances_when_asked_to_advance(clock):
    clock.set(START)
    assert clock.advance_to(START + 600) == START + 600
    assert START + 600 <= clock.advance_to(START) <= START + 605


def test_answers_of_a_node_that_is_behind_never_set_the_clock_back(clock, anvil):
    ethereum = Ethereum.connect(anvil.url)
    clock.set(START)
    first = ethereum.block().number
    for _ in range(STALE_BLOCKS):
        clock.mine()
    clock.advance_to(START + 600)
    with FaultProxy(anvil.url).running() as proxy:
        behind = DevelopmentClock(Ethereum.connect(proxy.url))
        proxy.spoil(Fault.STALE)
        assert behind.now() < START + 300
        behind.advance_to(START + 300)
        behind.advance_to(START + 900)
    times = list(ethereum.timestamps(range(first, ethereum.block().number + 1)).values())
    assert times == sorted(times)
    assert START + 900 <= times[-1] <= START + 905


@pytest.mark.parametrize("time", [0, -1, HIGHEST_TIMESTAMP + 1])
def test_time_that_no_contract_could_hold_is_refused(clock, time):
    before = clock.now()
    with pytest.raises(ChainError, match="no time"):
        clock.set(time)
    with pytest.raises(ChainError, match="no time"):
        clock.advance_to(time)
    assert clock.now() == before


def test_other_refusals_of_a_time_are_told():
    def answer(request: Any) -> Answer:
        if request["method"] == "evm_mine" and request["params"]:
            return Answer(error(request, -32602, "invalid type"))
        return Answer(result(request, "anvil/v1.7.1"))

    with scripted_node(answer) as node, pytest.raises(RpcFault, match="invalid type"):
        DevelopmentClock(Ethereum.connect(node.url)).advance_to(START)


@pytest.mark.parametrize("version", ["Geth/v1.14.0", "", "my anvil/1", "Hardhat anvil/"])
def test_chain_that_is_no_anvil_is_left_alone(version):
    def answer(request: Any) -> Answer:
        return Answer(result(request, version))

    with scripted_node(answer) as node:
        with pytest.raises(NotDevelopmentChainError) as caught:
            DevelopmentClock(Ethereum.connect(node.url))
        assert caught.value.client == version
        assert node.methods == ["web3_clientVersion"]
