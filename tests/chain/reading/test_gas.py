"""Gas by function and round: as the receipts of all blocks say, and never what no chain can say."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from offchain.chain.reading.contracts import DeployedContracts
from offchain.chain.reading.gas import OTHER, UsedGas, gas_by_function, used_gas
from offchain.chain.rpc.ethereum import Ethereum
from offchain.errors import RpcError
from tests.support.chains.deployed_world import DeployedWorld, world
from tests.support.servers.scripted_node import Answer, forward, scripted_node


@pytest.fixture(scope="module")
def started() -> Iterator[DeployedWorld]:
    """A world with a few headers and a round."""
    with world() as made:
        made.start()
        for _ in range(3):
            made.mine(1)
        yield made


def read(ethereum: Ethereum, started: DeployedWorld) -> list[UsedGas]:
    last = started.ethereum.block().number
    contracts = DeployedContracts(ethereum, started.deployment)
    return list(used_gas(contracts, started.deployment.block_number, last))


def spoilt(
    started: DeployedWorld, method: str, change: Callable[[dict[str, Any]], object]
) -> list[UsedGas]:
    """What is made of a node that changes the results of one method."""

    def answer(request: Any) -> Answer:
        replies = forward(started.anvil.url, request)
        many = isinstance(request, list)
        for asked, reply in zip(
            request if many else [request], replies if many else [replies], strict=True
        ):
            if asked["method"] == method:
                results = reply["result"]
                for one in results if isinstance(results, list) else [results]:
                    change(one)
        return Answer(replies)

    with scripted_node(answer) as node:
        return read(Ethereum.connect(node.url), started)


def test_all_gas_of_calls_is_there_by_function(started):
    last = started.ethereum.block().number
    blocks = range(started.deployment.block_number, last + 1)
    asked = [("eth_getBlockReceipts", (hex(number),)) for number in blocks]
    paid = sum(
        int(receipt["gasUsed"], 16)
        for receipts in started.ethereum.requests(asked)
        for receipt in receipts
        if receipt["to"] is not None and receipt["logs"]
    )
    used = read(started.ethereum, started)
    assert sum(one.gas for one in used) == paid > 0
    contracts = DeployedContracts(started.ethereum, started.deployment)
    found = gas_by_function(contracts, blocks[0], last)
    assert found["BitcoinRelay.submit"].transactions >= 3
    assert sum(use.gas for use in found.values()) == paid
    assert [one.round for one in used if one.function == "ModelChain.start"] == [1]
    assert {one.round for one in used if one.function == "BitcoinRelay.submit"} == {None}


def test_what_comes_through_another_contract_is_no_function_of_ours(started):
    other = "0x" + "11" * 20
    used = spoilt(started, "eth_getTransactionByHash", lambda sent: sent.update(to=other))
    assert {one.function for one in used} == {OTHER}


def test_a_function_that_nobody_knows_is_named_by_its_selector(started):
    used = spoilt(
        started, "eth_getTransactionByHash", lambda sent: sent.update(input="0x01020304ff")
    )
    assert {one.function.split(".")[1] for one in used} == {"0x01020304"}


@pytest.mark.parametrize(
    ("method", "change"),
    [
        ("eth_getTransactionReceipt", lambda receipt: receipt.update(gasUsed=hex(2**40))),
        ("eth_getTransactionReceipt", lambda receipt: receipt.update(gasUsed="-0x1")),
        ("eth_getTransactionReceipt", lambda receipt: receipt.update(blockNumber="0x1")),
        ("eth_getTransactionReceipt", lambda receipt: receipt.update(transactionHash="0x00")),
        ("eth_getTransactionByHash", lambda sent: sent.update(hash="0x" + "00" * 32)),
        ("eth_getTransactionByHash", lambda sent: sent.update(input=None)),
        ("eth_getLogs", lambda log: log.pop("transactionHash")),
    ],
)
def test_what_no_honest_node_says_is_refused(started, method, change):
    with pytest.raises(RpcError, match="use another node"):
        spoilt(started, method, change)
