"""What transactions cost in real use: whole transactions, medians, the same at every run.

`measure` plays on a chain that nothing else has used: three rounds of ten nodes with the demo's
parameters, data transactions with real ring signatures, and recorded mainnet headers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from statistics import median_low

from eth_account import Account
from web3.types import TxReceipt

from offchain.bitcoin.rules import MAINNET
from offchain.config import RECORDED_HEADERS
from offchain.crypto.hashing import Domain
from offchain.headers.recorded import RecordedHeaders
from offchain.headers.source import read_checkpoint
from offchain.protocol.words import actions
from offchain.protocol.words.orders import TokenOrder, order_end
from offchain.protocol.words.parameters import DEMO
from scripts.support.chains.authorizations import signed
from scripts.support.chains.deployed_chain import DeployedChain, deploy_world
from scripts.support.chains.evm import Evm
from scripts.support.chains.relays import ContractRelay, Setup
from scripts.support.chains.sharers import Sharers
from scripts.support.worlds.world import World

RESULTS = Path("docs/results/gas.json")
README = Path("README.md")
TABLE_BEGIN = "<!-- what follows is written by `make gas` -->\n"
TABLE_END = "<!-- end of what `make gas` writes -->\n"


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: its name in the results, what it is, and what it may be at most, if anything."""

    name: str
    label: str
    budget: int | None = None


FIGURES = (
    Figure("share_ring_8", "share an item, ring of 8", 165_000),
    Figure("share_ring_11", "share an item, ring of 11", 190_000),
    Figure("share_ring_16", "share an item, ring of 16"),
    Figure("share_batch8_ring_11_each", "share an item, ring of 11, in a batch of 8", 155_000),
    Figure("header_batch_36_per_header", "a Bitcoin header in a batch of 36, new slots", 38_000),
    Figure(
        "header_batch_36_reused_per_header", "a Bitcoin header in a batch of 36, used slots", 20_000
    ),
    Figure("model_commit", "commit to a model", 120_000),
    Figure("model_reveal", "reveal a model", 160_000),
    Figure("attest_commit", "commit to an attestation", 70_000),
    Figure("attest_reveal", "reveal an attestation", 80_000),
    Figure("finalize_10_models", "finalize a round of 10 models"),
    Figure("reward_claim", "claim a reward"),
    Figure("transfer", "transfer tokens"),
    Figure("order", "pay tokens by an order with a fee", 85_000),
)
"""All figures, in the order of the results and of the README."""


NODES = 10
KEYS_EACH = 4
SCORES = ((20, 29), (31, 40), (41, 50))  # lowest and highest of each round: all models are valid

SHARES_START = 1_710_000_000  # later than the rounds' last block
SHARES = 9  # odd, and more than twice the entries of the arrival log that share a slot
BATCHES = 3
SHARES_IN_A_BATCH = 8

HEADERS_IN_A_BATCH = 36
HEADER_SLOTS = 200
NEW_BATCHES = 5  # fill the slots, but for the checkpoint's 11 and some
USED_BATCHES = 7


def measure(evm: Evm) -> dict[str, int]:
    """All figures, measured on a chain that is new."""
    # The order counts: addresses and times are bytes of the transactions, and zeros are cheaper.
    measured = {**_rounds(evm), **_shares(evm), **_headers(evm)}
    return {figure.name: measured[figure.name] for figure in FIGURES}


def table(figures: Mapping[str, int]) -> str:
    """The figures as the README shows them."""
    lines = ["| transaction | gas, median | budget |", "|---|---:|---:|"]
    for figure in FIGURES:
        budget = "" if figure.budget is None else f"{figure.budget:,}"
        lines.append(f"| {figure.label} | {figures[figure.name]:,} | {budget} |")
    return "\n".join(lines) + "\n"


def replace_table(text: str, figures: Mapping[str, int]) -> str:
    """The README's text with the table of these figures between its two marks."""
    before, begin, rest = text.partition(TABLE_BEGIN)
    _, end, after = rest.partition(TABLE_END)
    assert begin, f"the README has no line {TABLE_BEGIN!r}"
    assert end, f"the README has no line {TABLE_END!r} after it"
    return f"{before}{begin}\n{table(figures)}\n{end}{after}"


def _shares(evm: Evm) -> dict[str, int]:
    start = SHARES_START
    figures = {}
    for ring in (8, 11, 16):
        sharers = Sharers(evm, start := start + 10_000)
        used = [sharers.registries.share(sharers.next(ring))["gasUsed"] for _ in range(SHARES)]
        figures[f"share_ring_{ring}"] = median_low(used)
    sharers = Sharers(evm, start + 10_000)
    figures["share_batch8_ring_11_each"] = _median_each(
        (
            sharers.registries.share_batch([sharers.next(11) for _ in range(SHARES_IN_A_BATCH)])
            for _ in range(BATCHES)
        ),
        SHARES_IN_A_BATCH,
    )
    return figures


def _headers(evm: Evm) -> dict[str, int]:
    source = RecordedHeaders(RECORDED_HEADERS, MAINNET)
    first = 824_600  # no retarget follows in what is submitted
    checkpoint = read_checkpoint(source, first, MAINNET)
    setup = Setup.of(MAINNET, checkpoint, ring_size=HEADER_SLOTS, maximum_batch=144)
    relay = ContractRelay(evm, setup)
    used = []
    for batch in range(NEW_BATCHES + 1 + USED_BATCHES):
        height = first + 1 + batch * HEADERS_IN_A_BATCH
        relay.submit(b"".join(source.headers(height, HEADERS_IN_A_BATCH)))
        assert relay.receipt is not None
        used.append(relay.receipt)
    # The batch between the two comes to slots of both kinds.
    return {
        "header_batch_36_per_header": _median_each(used[:NEW_BATCHES], HEADERS_IN_A_BATCH),
        "header_batch_36_reused_per_header": _median_each(
            used[NEW_BATCHES + 1 :], HEADERS_IN_A_BATCH
        ),
    }


def _median_each(receipts: Iterable[TxReceipt], parts: int) -> int:
    """Median gas of a transaction's parts, rounded up."""
    return -(-median_low([receipt["gasUsed"] for receipt in receipts]) // parts)


def _rounds(evm: Evm) -> dict[str, int]:
    world = deploy_world(evm, NODES, NODES, **asdict(DEMO))
    twin = world.twin
    assert isinstance(twin, DeployedChain)
    world.mine(2)
    for node in world.nodes:
        world.execute(world.registration(node, KEYS_EACH), node)
    world.execute(actions.Start())
    baseline = 0
    for lowest, highest in SCORES:
        world.collect(NODES * KEYS_EACH)
        scores = world.compete(range(lowest, highest + 1), baseline)
        action = world.finalization(scores)
        assert len(action.ranking) == NODES
        world.execute(action)
        baseline = highest
    for number in range(1, len(SCORES) + 1):
        _claim_all(world, number)
    claims = [
        gas
        for action in (actions.ClaimModel, actions.ClaimAttestation, actions.ClaimData)
        for gas in twin.gas[action]
    ]
    return {
        "model_commit": median_low(twin.gas[actions.CommitModel]),
        "model_reveal": median_low(twin.gas[actions.RevealModel]),
        "attest_commit": median_low(twin.gas[actions.CommitAttestation]),
        "attest_reveal": median_low(twin.gas[actions.RevealAttestation]),
        "finalize_10_models": median_low(twin.gas[actions.Finalize]),
        "reward_claim": median_low(claims),
        "transfer": median_low(_transfers(evm, twin.addresses["ModelToken"])),
        "order": median_low(_orders(evm, twin.addresses)),
    }


def _claim_all(world: World, number: int) -> None:
    """Every reward of a block, claimed by those who gain it, items by one of them."""
    round_number = world.chain.blocks[number].round
    for node in world.nodes:
        world.execute(actions.ClaimModel(round_number, node.account), node)
        world.execute(actions.ClaimAttestation(round_number, node.account), node)
    data = world.data_set(round_number)
    for index, item in enumerate(data.items):
        proof = data.proof(world.model_chain, item.number)
        world.execute(actions.ClaimData(number, item.item, index, item.is_test, proof))


def _transfers(evm: Evm, address: str) -> list[int]:
    """Each node pays the next one, who holds tokens already."""
    transfer = evm.at("ModelToken", address).functions.transfer
    return [
        evm.send(transfer(evm.accounts[(number + 1) % NODES], 10**18), sender=number)["gasUsed"]
        for number in range(NODES)
    ]


def _orders(evm: Evm, addresses: Mapping[str, str]) -> list[int]:
    """Holders without ether pay a node most of what they have; another node is the relayer."""
    token = evm.at("ModelToken", addresses["ModelToken"])
    contract = evm.at("TokenOrders", addresses["TokenOrders"])
    domain = Domain(evm.w3.eth.chain_id, addresses["ModelChain"])
    used = []
    for number in range(NODES):
        holder = Account.from_key(hashlib.sha256(b"holder %d" % number).digest())
        evm.send(token.functions.transfer(holder.address, 5 * 10**18), sender=number)
        order = TokenOrder(
            holder=str(holder.address),
            receiver=evm.accounts[number],
            amount=4 * 10**18,
            fee=10**16,
            relayer=evm.accounts[(number + 1) % NODES],
            valid_before=order_end(evm.timestamp),
            salt=hashlib.sha256(b"salt %d" % number).digest(),
        )
        values = (
            *(order.holder, contract.address, order.amount + order.fee),
            *(0, order.valid_before, order.nonce(domain)),
        )
        signature = signed(token, holder, "ReceiveWithAuthorization", values, domain.chain_id)
        call = contract.functions.pay(astuple(order), signature)
        used.append(evm.send(call, sender=order.relayer)["gasUsed"])
    return used
