"""A small world around the reference contracts: nodes, Bitcoin headers, a clock, honest secrets.

Tests drive it by actions. A twin (the real contracts) may be attached: every action then goes to
both, and their events and errors are compared.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol, Self

from eth_utils.address import to_checksum_address

from offchain.bitcoin.header_chain import HeaderChain
from offchain.bitcoin.rules import REGTEST
from offchain.crypto.hashing import Domain, keccak256
from offchain.crypto.ring import ShareMessage, sign_ring
from offchain.crypto.sealing import key_commitment
from offchain.crypto.secp256k1 import ShareKey, possession_hash, prove_possession
from offchain.protocol.history.fold import History
from offchain.protocol.reference.chain import ReferenceChain
from offchain.protocol.reference.environment import Revert
from offchain.protocol.rules import dataset, ring_selection
from offchain.protocol.rules.ring_selection import RingRequest, RingSizes, Windows
from offchain.protocol.rules.tally import RevealedModel, judge
from offchain.protocol.words import actions
from offchain.protocol.words.parameters import DEMO_RELAY, Parameters
from offchain.protocol.words.records import Record
from offchain.protocol.words.transactions import (
    DataTransaction,
    KeyReveal,
    ModelTransaction,
    Scores,
    attestation_commitment,
)
from offchain.toolchain.anvil import DEVELOPMENT_CHAIN_ID
from scripts.support.worlds.bitcoin_mining import MinedChain

START = 1_704_100_000
"""The world's first moment: after the test chains' genesis."""

SAMPLES = 10
"""Samples in every item of these tests."""

SMALL = Parameters(
    minimum_ring=2,
    minimum_items=7,
    maximum_items=20,
    maximum_collect_heights=30,
    standing_rounds=2,
    minimum_standing=2,
    maximum_models=4,
    lease_rounds=2,
    base_keys=4,
    maximum_keys=6,
    key_step=100,
)
"""Parameters under which every limit is reached within a few rounds."""


def address(number: int) -> str:
    """A made-up account."""
    return str(to_checksum_address(keccak256(b"account %d" % number)[:20]))


def payload_key(key: ShareKey, scope: int) -> bytes:
    """The payload key of the item that a share key signs in a scope."""
    return keccak256(b"payload key %d %d" % (scope, key.x))


@contextmanager
def refused(name: str, *arguments: object) -> Iterator[None]:
    """Pass iff the body is refused with exactly this custom error and these arguments."""
    __tracebackhide__ = True
    actual: object = "nothing"
    try:
        yield
    except Revert as error:
        actual = (error.name, error.arguments)
    assert actual == (name, arguments), f"refused {actual}, expected {name}{arguments}"


class Twin(Protocol):
    """The real contracts beside the reference ones."""

    model_chain: Domain
    key_registry: Domain
    data_registry: Domain

    def execute(self, action: actions.Action, sender: str, now: int) -> list[Record]:
        """Execute an action; raises `Revert` if it reverts."""


@dataclass
class Model:
    """A node's model of one round: what it reveals, and what it really scores."""

    model_hash: bytes
    training_root: bytes
    salt: bytes
    score: int


@dataclass
class Node:
    """An account with its share keys; ``models`` by round."""

    index: int
    account: str
    keys: list[ShareKey] = field(default_factory=list)
    models: dict[int, Model] = field(default_factory=dict)


class SteppedWorld:
    """Reference contracts, a Bitcoin header chain, nodes and the history of all events."""

    def __init__(
        self,
        parameters: Parameters = SMALL,
        accounts: Sequence[str] | None = None,
        genesis: int = 3,
    ) -> None:
        self.parameters = parameters
        self.now = START
        self.bitcoin = MinedChain.start()
        self.relay = HeaderChain(REGTEST, DEMO_RELAY, self.bitcoin.checkpoint)
        self.twin: Twin | None = None
        names = accounts or [address(number) for number in range(6)]
        self.nodes = [Node(index, account) for index, account in enumerate(names)]
        self._genesis = names[:genesis]
        self._draws = 0
        self._begin(*(Domain(DEVELOPMENT_CHAIN_ID, address(1_000 + number)) for number in range(3)))

    def _begin(self, model_chain: Domain, key_registry: Domain, data_registry: Domain) -> None:
        self.model_chain, self.key_registry = model_chain, key_registry
        self.data_registry = data_registry
        self.reference = ReferenceChain(
            self.parameters, self.relay, self._genesis, model_chain, key_registry, data_registry
        )
        self.history = History(self.parameters, model_chain, data_registry)
        self.chain = self.reference.model_chain

    def fork(self) -> Self:
        """A copy that goes its own way, without the twin."""
        twin, self.twin = self.twin, None
        try:
            return copy.deepcopy(self)
        finally:
            self.twin = twin

    def attach(self, twin: Twin) -> None:
        """Begin anew beside the real contracts, at their addresses."""
        self.twin = twin
        self._begin(twin.model_chain, twin.key_registry, twin.data_registry)

    # ---- driving ---------------------------------------------------------------------------------

    def execute(self, action: actions.Action, sender: Node | None = None) -> list[Record]:
        """Execute an action on the reference, and on the twin if there is one, and compare.

        Raises:
            Revert: if both refuse it with the same error.
        """
        account = (sender or self.nodes[0]).account
        self.now += 1
        reverted: Revert | None = None
        records: list[Record] = []
        try:
            records = self.reference.execute(action, account, self.now)
        except Revert as error:
            reverted = error
        if self.twin is not None:
            self._compare_twin(action, account, records, reverted)
        if reverted is not None:
            raise reverted
        self.history.apply_all(records)
        return records

    def _compare_twin(
        self, action: actions.Action, account: str, records: list[Record], reverted: Revert | None
    ) -> None:
        assert self.twin is not None
        expected: object = (reverted.name, reverted.arguments) if reverted else records
        actual: object
        try:
            actual = self.twin.execute(action, account, self.now)
        except Revert as error:
            actual = (error.name, error.arguments)
        assert actual == expected, f"{action} by {account}"

    def wait(self, seconds: int) -> None:
        """Let the EVM's clock run."""
        self.now += seconds

    def mine(self, count: int = 1, seconds: int = 600) -> None:
        """Mine Bitcoin blocks and relay them; the EVM's clock follows their times."""
        height = self.bitcoin.best_height + 1
        last = max(self.bitcoin.headers[-1].time, self.now)
        self.bitcoin.extend(last + seconds * (step + 1) for step in range(count))
        self.now = max(self.now + 1, self.bitcoin.headers[-1].time)
        raw = self.bitcoin.raw(height, count)
        self.relay.submit(raw, self.now)
        if self.twin is not None:
            self.twin.execute(actions.SubmitHeaders(raw), self.nodes[0].account, self.now)

    def randomness(self, size: int) -> bytes:
        """Bytes that are different at every call and the same in every run."""
        self._draws += 1
        seed = keccak256(b"draw %d" % self._draws)
        return (seed * (size // 32 + 1))[:size]

    # ---- what nodes do ---------------------------------------------------------------------------

    def registration(self, node: Node, count: int) -> actions.RegisterKeys:
        """A registration of fresh keys; the node remembers them."""
        keys = []
        for _ in range(count):
            secret = int.from_bytes(keccak256(self.randomness(32)), "big") % 2**255 + 1
            keys.append(ShareKey(secret))
        node.keys.extend(keys)
        proofs = [
            prove_possession(key, possession_hash(self.key_registry, node.account, key.x))
            for key in keys
        ]
        is_exempt = (
            node.account in self.chain.genesis_accounts or node.account in self.chain.valid_accounts
        )
        bond = 0 if is_exempt else self.parameters.key_bond * count
        return actions.RegisterKeys(tuple(key.x for key in keys), tuple(proofs), bond)

    def active_keys(self, node: Node, scope: int) -> list[tuple[ShareKey, int]]:
        """A node's keys active in a scope, with their positions."""
        own = {key.x: key for key in node.keys}
        return [
            (own[active.x], active.position)
            for active in self.history.active_keys(scope)
            if active.x in own
        ]

    def used_keys(self, scope: int) -> set[int]:
        """Keys that have signed an item of a scope."""
        commitments = {
            shared.item.key_commitment
            for shared in self.history.items
            if shared.item.scope == scope
        }
        return {
            key.x
            for node in self.nodes
            for key in node.keys
            if key_commitment(self.data_registry, payload_key(key, scope)) in commitments
        }

    def data_transaction(
        self, key: ShareKey, position: int, scope: int, timestamp: int | None = None
    ) -> DataTransaction:
        """A signed data transaction by an active key."""
        circle = ring_selection.make_circle(
            self.model_chain, self.history.circle_seed(scope), self.history.active_keys(scope)
        )
        sizes = RingSizes(4, self.parameters.minimum_ring, self.parameters.maximum_ring)
        request = RingRequest(circle, position, sizes, frozenset(), self.randomness)
        ring = Windows().select(request)
        secret = payload_key(key, scope)
        message = ShareMessage(
            scope,
            self.now if timestamp is None else timestamp,
            self.payload_hash(key, scope),
            key_commitment(self.data_registry, secret),
            to_checksum_address(keccak256(secret)[:20]),
        )
        signature = sign_ring(
            self.data_registry, message, [member.x for member in ring], key, self.randomness
        )
        return DataTransaction.assemble(message, signature, [member.position for member in ring])

    def payload_hash(self, _key: ShareKey, _scope: int) -> bytes:
        """The hash of what a key shares in a scope; here of nothing that anybody has."""
        return keccak256(self.randomness(32))

    def key_reveal(self, number: int) -> KeyReveal:
        """The payload key of an item, found among all nodes' keys."""
        item = self.history.items[number].item
        for node in self.nodes:
            for key in node.keys:
                secret = payload_key(key, item.scope)
                if key_commitment(self.data_registry, secret) == item.key_commitment:
                    return KeyReveal(item, secret)
        raise AssertionError(f"item {number} is nobody's")

    def data_set(self, round_number: int) -> dataset.DataSet:
        """The round's data set, all payloads being sound."""
        return dataset.assemble(
            round_number, self.history.candidates(round_number), lambda _: SAMPLES
        )

    def commit(self, node: Node, score: int, *, copy_of: Node | None = None) -> actions.CommitModel:
        """A commitment to a new model of a given true score, or to another node's model."""
        round_number = self.chain.competition.round
        if copy_of is None:
            digest, root, salt = (keccak256(self.randomness(32)) for _ in range(3))
            model = Model(digest, root, salt, score)
        else:
            original = copy_of.models[round_number]
            model = Model(
                original.model_hash, keccak256(b"root"), keccak256(b"salt"), original.score
            )
        is_first = self.chain.commitment_of(round_number, node.account).order == 0
        node.models[round_number] = model
        transaction = self.model_transaction(node)
        return actions.CommitModel(
            transaction.commitment(self.model_chain, round_number, model.salt),
            keccak256(b"sealed" + model.model_hash),
            self.parameters.model_bond if is_first else 0,
        )

    def model_transaction(self, node: Node, claimed: int | None = None) -> ModelTransaction:
        """What the node reveals in the round in competition."""
        round_number = self.chain.competition.round
        model = node.models[round_number]
        return ModelTransaction(
            node.account,
            model.model_hash,
            model.training_root,
            model.score if claimed is None else claimed,
            self.data_set(round_number).root(self.model_chain),
            self.chain.block_hashes[-1],
        )

    def reveal(self, node: Node, claimed: int | None = None) -> actions.RevealModel:
        """The reveal of the node's commitment."""
        salt = node.models[self.chain.competition.round].salt
        return actions.RevealModel(self.model_transaction(node, claimed), salt)

    def scores(self, baseline: int) -> Scores:
        """The honest table of the round in competition."""
        round_number = self.chain.competition.round
        data = self.data_set(round_number)
        missing = self.history.round(round_number).missing_models
        true_scores = {
            node.account: node.models[round_number].score
            for node in self.nodes
            if round_number in node.models
        }
        table = tuple(
            0 if reveal.index in missing else true_scores[reveal.account]
            for reveal in self.history.round(round_number).reveals
        )
        return Scores(
            data.root(self.model_chain),
            data.training_items,
            data.test_items,
            data.test_samples,
            baseline,
            table,
        )

    def salt(self, node: Node) -> bytes:
        """The node's attestation salt of the round in competition."""
        return keccak256(b"salt %d %d" % (node.index, self.chain.competition.round))

    def attestation(self, node: Node, scores: Scores) -> actions.CommitAttestation:
        """The commitment to a table."""
        round_number = self.chain.competition.round
        statement = scores.statement(self.model_chain, round_number)
        return actions.CommitAttestation(
            attestation_commitment(
                self.model_chain, round_number, node.account, statement, self.salt(node)
            )
        )

    def opening(self, node: Node, scores: Scores) -> actions.RevealAttestation:
        """The opening of that commitment."""
        statement = scores.statement(self.model_chain, self.chain.competition.round)
        return actions.RevealAttestation(statement, self.salt(node))

    def finalization(self, scores: Scores) -> actions.Finalize:
        """The finalization that the rules allow."""
        current = self.chain.competition
        reveals = self.history.round(current.round).reveals
        outcome = judge(
            self.parameters,
            self.model_chain,
            current.round,
            self.chain.block_hashes[-1],
            current.voids_in_a_row,
            [RevealedModel(reveal.transaction, reveal.order) for reveal in reveals],
            scores,
        )
        return actions.Finalize(
            scores, tuple(reveal.transaction for reveal in reveals), outcome.ranking
        )
