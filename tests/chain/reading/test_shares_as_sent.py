"""Signatures and key commitments are in no event: they are read from the calls that shared."""

from collections.abc import Iterator

import pytest

from offchain.chain.abi.calls import decode_action, function_call
from offchain.chain.abi.interfaces import interface
from offchain.chain.reading.calls_made import traced_calls, transactions
from offchain.protocol.words.actions import Advance, Share
from offchain.protocol.words.records import DataShared
from scripts.support.worlds.steps import Node
from tests.support.chains.deployed_world import DeployedWorld, world
from tests.support.tampering.calling_code import calls_with
from tests.support.waiting import wait_until


@pytest.fixture(scope="module")
def started() -> Iterator[DeployedWorld]:
    """Round 1 collects; one account that is no member may send too."""
    with world(accounts=4, genesis=3) as made:
        made.start()
        yield made


def call_data(share: Share) -> tuple[str, bytes]:
    """Contract and data of a share's call."""
    call = function_call(share)
    return call.contract, interface(call.contract).encode(call.function, *call.arguments)


def run(world: DeployedWorld, sender: Node, code: bytes) -> bytes:
    """Run code in a transaction that creates a contract; its hash."""
    transaction = {"from": sender.account, "data": "0x" + code.hex(), "gas": hex(1 << 24)}
    return bytes.fromhex(world.ethereum.request("eth_sendTransaction", transaction)[2:])


def shares_in(world: DeployedWorld, digest: bytes) -> list[Share]:
    """The shares that a transaction made, as verification finds them."""
    [sent] = transactions(world.ethereum, [digest])
    names = {contract.address: name for name, contract in world.deployment.contracts.items()}
    calls = [sent.call] if sent.to in names else traced_calls(world.ethereum, sent, names)
    found = [decode_action(names[call.to], call.data, call.value) for call in calls]
    return [action for action in found if isinstance(action, Share)]


def assert_shared(world: DeployedWorld, digest: bytes, shares: list[Share]) -> None:
    """What a transaction's events tell is of these shares, and its calls have them in full."""
    # A node answers with the hash as soon as it took the transaction, mined or not.
    wait_until(lambda: world.ethereum.receipt(digest) is not None, "the transaction is mined")
    receipt = world.ethereum.receipt(digest)
    assert receipt is not None
    block = receipt.block_number
    records = [one for one in world.contracts.records(block, block) if type(one) is DataShared]
    expected = [share.transaction for share in shares]
    assert [one.id for one in records] == [one.identifier(world.domain) for one in expected]
    assert [one.record for one in records] == [one.record for one in expected]
    assert [one.payload_hashes for one in records] == [one.payload_hashes for one in expected]
    assert shares_in(world, digest) == shares


def test_a_share_is_read_from_its_transaction(started: DeployedWorld):
    with started.undone() as world:
        share = world.sharing(world.nodes[0])
        digest = world.clients[3].execute(share).transaction_hash
        assert_shared(world, digest, [share])


def test_shares_through_another_contract_are_read_from_the_trace_whatever_else_it_calls(
    started: DeployedWorld,
):
    with started.undone() as world:
        first, second = (world.sharing(world.nodes[number]) for number in (2, 0))
        used = world.sharing(world.nodes[0])
        at = world.deployment.address
        advance = interface("ModelChain").encode("advance")
        calls = [
            (at("ModelChain"), advance),  # reverts, which the code does not mind
            *((at(name), data) for name, data in map(call_data, (first, second, used))),
            (world.nodes[1].account, b"nobody"),
        ]
        assert function_call(Advance()).function == "advance"
        assert_shared(world, run(world, world.nodes[3], calls_with(calls)), [first, second])
