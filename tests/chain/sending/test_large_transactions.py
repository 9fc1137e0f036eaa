"""The largest transactions of the protocol, as an account's adapter sends them."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from eth_utils.address import to_checksum_address

from offchain.chain.abi.calls import function_call
from offchain.chain.abi.interfaces import interface
from offchain.chain.sending.keys import account_from_mnemonic
from offchain.chain.sending.sender import Sender
from offchain.protocol.words import actions
from offchain.protocol.words.parameters import LARGEST_RING, MAXIMUM_MODEL_BYTES
from offchain.protocol.words.status import Phase
from offchain.toolchain.anvil import DEVELOPMENT_MNEMONIC
from scripts.support.worlds.models import Model
from scripts.support.worlds.steps import SMALL
from tests.support.chains.deployed_world import DeployedWorld, world
from tests.support.tampering.calling_code import STOP, repeated

LARGEST_GAS = 1 << 24
"""Gas that a transaction may have (EIP-7825)."""

BASE_GAS, FLOOR_PER_TOKEN, TOKENS_PER_BYTE = 21_000, 10, 4
"""EIP-7623: a byte of calldata is four tokens, a zero byte one, and each costs ten gas at least."""


ROUNDS_OF_A_LOOP = 580_000
"""Of 26 gas each: some 15 million."""


def floor_gas(action: actions.Action) -> int:
    """What a call's data cost at least."""
    call = function_call(action)
    data = interface(call.contract).encode(call.function, *call.arguments)
    tokens = TOKENS_PER_BYTE * len(data) - (TOKENS_PER_BYTE - 1) * data.count(0)
    return BASE_GAS + FLOOR_PER_TOKEN * tokens


def gas_limit(chain: DeployedWorld, digest: bytes) -> int:
    """The limit that a transaction was sent with."""
    return int(chain.ethereum.request("eth_getTransactionByHash", digest)["gas"], 16)


@pytest.fixture(scope="module")
def bringing() -> Iterator[DeployedWorld]:
    """A round in Bring: the only model has the longest file there may be, and nobody has it."""
    with world() as made:
        made.start()
        made.collect()
        made.open()
        node = made.nodes[0]
        made.execute(made.commit(node, 90), node)
        model = node.models[made.competing]
        large = replace(model, file=bytes(byte % 255 + 1 for byte in range(MAXIMUM_MODEL_BYTES)))
        commitment = keep(made, large)
        made.execute(commitment, node)
        made.end_phase()
        made.unseal()
        made.report()
        made.reveal_all()
        for attester in made.attesters():
            made.execute(actions.ReportModels(1), attester)
        made.end_phase()
        assert made.phase == Phase.BRING
        yield made


def keep(made: DeployedWorld, model: Model) -> actions.CommitModel:
    """Let the first node have another model; the commitment to it."""
    node = made.nodes[0]
    node.models[made.competing] = made.models[model.model_hash] = model
    transaction = made.model_transaction(node)
    return actions.CommitModel(
        transaction.commitment(made.domain, made.competing, model.salt), bytes(32)
    )


def test_the_longest_model_is_brought_above_the_floor_of_its_calldata(bringing: DeployedWorld):
    with bringing.undone() as chain:
        action = chain.bringing(0)
        receipt = chain.clients[1].execute(action)
        assert floor_gas(action) > 40 * MAXIMUM_MODEL_BYTES
        assert receipt.gas_used >= floor_gas(action)
        assert receipt.gas_used < gas_limit(chain, receipt.transaction_hash) <= LARGEST_GAS


def test_no_transaction_is_sent_with_more_gas_than_one_may_have(bringing: DeployedWorld):
    """A quarter more than the estimate does not fit: what fits is given."""
    with bringing.undone() as chain:
        address = "0x" + "10" * 20
        chain.ethereum.request("anvil_setCode", address, repeated(ROUNDS_OF_A_LOOP, b"") + STOP)
        account = account_from_mnemonic(DEVELOPMENT_MNEMONIC, 5)
        sender = Sender(chain.ethereum, account, chain.deployment.chain_id)
        receipt = sender.send(to_checksum_address(address), b"")
        assert receipt.gas_used * 5 // 4 > LARGEST_GAS
        assert gas_limit(chain, receipt.transaction_hash) == LARGEST_GAS


@pytest.mark.full
def test_the_largest_ring_shares_and_is_written_within_one_transaction():
    parameters = replace(SMALL, maximum_members=LARGEST_RING, parts=20, test_parts=3)
    with world(parameters, accounts=LARGEST_RING) as chain:
        chain.start()
        with chain.undone() as copy:
            share = copy.sharing(copy.nodes[-1])
            assert len(share.responses) == LARGEST_RING
            assert copy.clients[0].execute(share).gas_used < 1_100_000
        chain.collect([chain.nodes[0]])
        assert chain.reference.membership.epoch_at(2).frozen
        chain.draw()
        assert chain.clients[0].status().next_epoch.written
