"""What transactions cost in real use: whole transactions, medians, the same at every run.

`measure` plays on a chain that nothing else has used: rounds of 8 to 128 members with the demo's
parameters, data transactions with real ring signatures, and recorded mainnet headers. What models
are worth is said by the rows of made-up statements.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from statistics import median_low

from eth_account import Account
from web3.types import TxReceipt

from offchain.audit.proof_cost import ANSWER_GAS
from offchain.bitcoin.rules import MAINNET
from offchain.chain.deployment.file import DeployedTask
from offchain.config import RECORDED_HEADERS
from offchain.crypto.hashing import Domain
from offchain.headers.recorded import RecordedHeaders
from offchain.headers.source import read_checkpoint
from offchain.protocol.words.orders import TokenOrder, order_end
from offchain.protocol.words.parameters import DEMO, LARGEST_RING, LARGEST_TEST_SET
from offchain.protocol.words.status import Phase
from scripts.support.chains.authorizations import signed
from scripts.support.chains.deploying import TASK
from scripts.support.chains.dispute_gas import JUDGED_BY_IMAGES
from scripts.support.chains.evm import Evm
from scripts.support.chains.judging_gas import measure_judge
from scripts.support.chains.largest_dispute import measure_largest_dispute
from scripts.support.chains.made_up import row
from scripts.support.chains.relays import ContractRelay, Setup
from scripts.support.chains.rounds import Rounds

RESULTS = Path("docs/results/gas.json")
README = Path("README.md")
TABLE_BEGIN = "<!-- what follows is written by `make gas` -->\n"
TABLE_END = "<!-- end of what `make gas` writes -->\n"


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: its name in the results, what it is, and what it may be at most, if anything.

    ``is_large``: it takes minutes to measure.
    """

    name: str
    label: str
    budget: int | None = None
    is_large: bool = False


FIGURES = (
    Figure("share_ring_8", "share a data transaction, ring of 8", 175_000),
    Figure("share_ring_32", "share a data transaction, ring of 32", 355_000),
    Figure("share_ring_64", "share a data transaction, ring of 64", 590_000),
    Figure("publish_training_keys", "publish 17 training keys", 70_000),
    Figure("publish_test_keys", "publish 3 test keys", 60_000),
    Figure("apply", "apply for an epoch"),
    Figure("write_members_32", "write a list of 32 members"),
    Figure("write_members_64", "write a list of 64 members"),
    Figure("commit_model", "commit to a model"),
    Figure("reveal_model", "reveal a model"),
    Figure("attest_commit", "commit to an attestation"),
    Figure("attest_reveal", "open an attestation"),
    Figure("finalize_10x10", "finalize 10 models, 10 data transactions"),
    Figure("finalize_64x64", "finalize 64 models, 64 data transactions", is_large=True),
    Figure("finalize_largest", "finalize 128 models, 128 data transactions", 5_000_000, True),
    Figure("claim_best", "claim the best model's reward"),
    Figure("claim_data", "claim a data transaction's reward"),
    Figure("claim_attestation", "claim an attestation's reward"),
    Figure(
        "claim_batch",
        "claim all that a round owes an account, a voice and an attestation",
        is_large=True,
    ),
    Figure("claim_batch_8", "claim all that 4 rounds owe an account, 8 rewards", is_large=True),
    Figure("transfer", "transfer tokens"),
    Figure("order", "pay tokens by an order with a fee", 85_000),
    Figure("header_batch_36_per_header", "a Bitcoin header in a batch of 36, new slots", 38_000),
    Figure(
        "header_batch_36_reused_per_header", "a Bitcoin header in a batch of 36, used slots", 20_000
    ),
    Figure("judge_16_32_64_64", "judge an image by a network of 16-32-64-64 channels", 4_500_000),
    Figure("judge_largest", "judge an image by the dearest network", 6_000_000),
    Figure("judge_bounds", "judge whether a file of 16-32-64-64 channels is a model"),
    Figure("judge_table", "judge a row of ten columns by a network of 64 and 32 units", 6_000_000),
    Figure("judge_table_largest", "judge a row by the largest network", 6_000_000),
    Figure(
        "judge_text", "judge a text of 300 bytes by a network of 4,096 buckets of 24", 6_000_000
    ),
    Figure("judge_text_largest", "judge a text of 4,096 bytes by the dearest network", 6_000_000),
    Figure("question", "ask what lies behind one of 10 models' rows"),
    Figure("question_cell", "ask for its points on one of 10 data transactions"),
    Figure("answer_row", "answer with 10 data transactions and 9 compared voices", ANSWER_GAS),
    Figure("answer_form", "answer with a model's file of 16-32-64-64 channels", ANSWER_GAS),
    Figure("answer_cell", "answer with two models' points on 8,250 samples", ANSWER_GAS),
    Figure("answer_form_largest", "answer with a model's file of 120,000 bytes", ANSWER_GAS, True),
    Figure("question_largest", "ask about one of 128 models' rows", is_large=True),
    Figure(
        "answer_row_largest",
        "answer with 128 data transactions and 127 compared voices",
        ANSWER_GAS,
        is_large=True,
    ),
    Figure(
        "answer_cell_largest",
        "answer with two of 128 models' points on 16,000 samples",
        ANSWER_GAS,
        is_large=True,
    ),
    Figure("prove_commit", "commit to a proof"),
    Figure("prove", "prove that a point was not earned, by a network of 16-32-64-64 channels"),
)
"""All figures, in the order of the results and of the README."""

ACCOUNTS = LARGEST_RING + 1
"""Accounts that `measure` needs: the members of the largest ring, and the deployer."""

RINGS = (8, 32, 64)
ROUNDS = 3
"""So that the last of them writes over what the first one left in the data registry."""

MODELS = 10
CLAIMED_ROUNDS = 4

ORDERS = 5

HEADERS_IN_A_BATCH = 36
HEADER_SLOTS = 200
NEW_BATCHES = 5  # fill the slots, but for the checkpoint's 11 and some
USED_BATCHES = 7


def measure(evm: Evm) -> dict[str, int]:
    """All figures but the large ones, measured on a chain that is new, with `ACCOUNTS` accounts."""
    # The order counts: addresses and times are bytes of the transactions, and zeros are cheaper.
    return {**_rings(evm), **_rounds(evm), **_headers(evm), **measure_judge(evm)}


def measure_large(evm: Evm) -> dict[str, int]:
    """The large figures, measured on a chain as `measure` needs it, after that or alone."""
    of_64 = _finalize(_deploy(evm, 65, parts=2, test_parts=1), 64)
    largest = _deploy(
        evm,
        LARGEST_RING,
        task=JUDGED_BY_IMAGES,
        parts=2,
        test_parts=1,
        samples_per_part=LARGEST_TEST_SET,
    )
    finalize = _finalize(largest, LARGEST_RING)
    gas = measure_largest_dispute(largest, LARGEST_RING)
    return {
        "finalize_64x64": of_64,
        "finalize_largest": finalize,
        "question_largest": gas["ask"],
        "answer_row_largest": gas["answerRow"],
        "answer_form_largest": gas["answerForm"],
        "answer_cell_largest": gas["answerCell"],
        **_claims(evm),
    }


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


def _deploy(evm: Evm, members: int, *, task: DeployedTask = TASK, **changes: int) -> Rounds:
    """Contracts with so many genesis accounts, who may all be members."""
    places = max(members, DEMO.maximum_members)
    parameters = replace(DEMO, maximum_members=places, **changes)
    return Rounds.deploy(evm, members, members, parameters, task)


def _rings(evm: Evm) -> dict[str, int]:
    """Data transactions in an epoch whose list is written, when rounds write over older ones."""
    figures = {}
    for size in RINGS:
        rounds = _deploy(evm, size, epoch_rounds=2)
        rounds.start()
        rounds.apply_for_next(rounds.accounts)
        rounds.close()
        rounds.write_members()
        rounds.close()
        for _ in range(ROUNDS):
            rounds.collect(rounds.accounts)
            while rounds.chain.phase.competes:  # nobody publishes keys: it is void
                rounds.chain.advance()
        gas = rounds.chain.gas
        figures[f"share_ring_{size}"] = median_low(gas["share"][-size:])
        figures[f"write_members_{size}"] = median_low(gas["writeMembers"])
    return figures


def _rounds(evm: Evm) -> dict[str, int]:
    """Two rounds of ten models; the second makes all of them voices. Later ones share data only."""
    rounds = _deploy(evm, 11)
    finalize = _finalize(rounds, MODELS)
    chain, gas = rounds.chain, rounds.chain.gas
    blocks = list(rounds.shared)
    for _ in range(ROUNDS):
        rounds.collect(rounds.accounts)
        rounds.compete(())
        rounds.advance_to(Phase.VOID)
    for number in blocks:
        chain.send("Rewards", "claimBest", number)
        for account in rounds.accounts:
            if chain.view("Attestations", "attestationOf", number, account).statement.strip(b"\0"):
                chain.send("Rewards", "claimAttestation", number, account)
        for entry in rounds.shared[number]:
            chain.send("Rewards", "claimData", entry.transaction.record, entry.index)
    addresses = {name: contract.address for name, contract in chain.by_name.items()}
    return {
        "publish_training_keys": median_low(gas["publishTrainingKeys"][-MODELS:]),
        "publish_test_keys": median_low(gas["publishTestKeys"][-MODELS:]),
        "apply": median_low(gas["applyFor"]),
        "commit_model": median_low(gas["commitModel"]),
        "reveal_model": median_low(gas["revealModel"]),
        "attest_commit": median_low(gas["commitAttestation"]),
        "attest_reveal": median_low(gas["openAttestation"]),
        "finalize_10x10": finalize,
        "claim_best": median_low(gas["claimBest"]),
        "claim_data": median_low(gas["claimData"]),
        "claim_attestation": median_low(gas["claimAttestation"]),
        "transfer": median_low(_transfers(evm, addresses["ModelToken"])),
        "order": median_low(_orders(evm, addresses)),
    }


def _claims(evm: Evm) -> dict[str, int]:
    """What an account pays that claims its models and its attestations, of one round or of some.

    It has claimed before, as of all rounds but a node's first ones.
    """
    rounds = _deploy(evm, 4, parts=2, test_parts=1)
    rounds.start()
    chain, account = rounds.chain, rounds.accounts[1]
    for _ in range(2 + CLAIMED_ROUNDS):
        rounds.collect(rounds.accounts)
        rounds.compete(rounds.accounts)
        number = rounds.competing
        attesters = [
            a for a in rounds.accounts if chain.view("Attestations", "isAttester", number, a)
        ]
        rows = [rounds.baseline(), *(row(5_000 - place) for place in range(4))]
        rounds.state(rows, attesters)
        rounds.finalize(rows)
    first, second, *others = rounds.shared
    chain.send("Rewards", "claimRounds", account, [(first, 1)])
    used = []
    for claimed in ([second], others):
        receipt = chain.send("Rewards", "claimRounds", account, [(one, 1) for one in claimed])
        for event in ("AttesterRewarded", "VoiceRewarded"):
            assert len(chain.events(receipt, "Rewards", event)) == len(claimed)
        used.append(receipt["gasUsed"])
    return {"claim_batch": used[0], "claim_batch_8": used[1]}


def _finalize(rounds: Rounds, size: int) -> int:
    """What it costs to finalize a round of so many data transactions and models, all voices.

    It is the second of a chain: until there is a best model there is only one voice. The last
    accounts take part, the first one made block 1.
    """
    rounds.start()
    accounts = rounds.accounts
    majority = accounts[: len(accounts) // 2 + 1]
    few, others = accounts[: rounds.chain.parameters.minimum_data], accounts[-size:]
    rounds.make_block({accounts[0]: row(5)}, majority, few)
    models = {account: row(5_000 - number) for number, account in enumerate(others)}
    receipt = rounds.make_block(models, majority, others)
    [block] = rounds.chain.events(receipt, "ModelChain", "BlockAppended")
    assert block["data"].voices == size
    return receipt["gasUsed"]


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


def _transfers(evm: Evm, address: str) -> list[int]:
    """Who made a block pays others, who hold tokens already."""
    transfer = evm.at("ModelToken", address).functions.transfer
    return [
        evm.send(transfer(receiver, 10**18), sender=payer)["gasUsed"]
        for payer in evm.accounts[:2]
        for receiver in evm.accounts[2:6]
    ]


def _orders(evm: Evm, addresses: Mapping[str, str]) -> list[int]:
    """Holders without ether pay an account most of what they have; another one is the relayer."""
    token = evm.at("ModelToken", addresses["ModelToken"])
    contract = evm.at("TokenOrders", addresses["TokenOrders"])
    domain = Domain(evm.w3.eth.chain_id, addresses["ModelChain"])
    used = []
    for number in range(ORDERS):
        holder = Account.from_key(hashlib.sha256(b"holder %d" % number).digest())
        evm.send(token.functions.transfer(holder.address, 5 * 10**18))
        order = TokenOrder(
            holder=str(holder.address),
            receiver=evm.accounts[number],
            amount=4 * 10**18,
            fee=10**16,
            relayer=evm.accounts[(number + 1) % ORDERS],
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
