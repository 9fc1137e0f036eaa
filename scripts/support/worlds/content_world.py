"""A `World` with real content: sealed parts of digits, networks that read them, exact points.

It also writes down what happens as a `Recording`. That one comes from the reference contracts;
with a twin attached the real one is read from the EVM (see scripts/support/worlds/small_chain.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from offchain.bitcoin.header_chain import HeaderChain
from offchain.bitcoin.rules import REGTEST
from offchain.chain.abi.interfaces import CONTRACTS
from offchain.chain.deployment.file import DeployedContract, DeployedTask, Deployment
from offchain.chain.deployment.plan import created_address
from offchain.crypto.hashing import keccak256
from offchain.crypto.ring import nullifier
from offchain.crypto.sealing import payload_associated_data, seal_part
from offchain.errors import ContentMissingError, ModelError
from offchain.learning.kinds.images.digits_judge import DigitsJudge
from offchain.learning.samples_root import SamplePath, part_root, sample_path, samples_root
from offchain.learning.tasks.digits import DigitsLearner
from offchain.ports import ContentStore
from offchain.protocol.rules.answers import sample_place
from offchain.protocol.rules.reports import positions
from offchain.protocol.rules.statements import Points
from offchain.protocol.words import actions, reward_records
from offchain.protocol.words import records as events
from offchain.protocol.words.parameters import DEMO_RELAY
from offchain.protocol.words.records import Record
from offchain.protocol.words.status import ZERO_ADDRESS, Phase
from offchain.protocol.words.transactions import ModelTransaction
from offchain.toolchain.anvil import DEVELOPMENT_CHAIN_ID
from offchain.verification.full.content import ContentSetup
from offchain.verification.full.final_state import computed_state
from offchain.verification.full.replay import Replay
from offchain.verification.recording.values import ContractCall, Recording, TokensMoved, Transaction
from scripts.support.worlds import square_digits
from scripts.support.worlds.disputing import Disputes
from scripts.support.worlds.models import Model
from scripts.support.worlds.steps import SMALL, Node, address

PARAMETERS = replace(SMALL, samples_per_part=20)

RELAY = replace(DEMO_RELAY, ring_size=64, maximum_batch=50)
"""A relay that forgets headers within a few rounds."""


class MemoryStore(ContentStore):
    """A content store in memory; what it returns is not hashed again."""

    def __init__(self, files: dict[bytes, bytes] | None = None) -> None:
        self.files = files if files is not None else {}

    def put(self, content: bytes) -> bytes:
        digest = hashlib.sha256(content).digest()
        self.files[digest] = content
        return digest

    def get(self, digest: bytes) -> bytes:
        if digest not in self.files:
            raise ContentMissingError(digest)
        return self.files[digest]

    def has(self, digest: bytes) -> bool:
        return digest in self.files


def make_learner() -> DigitsLearner:
    """The task of this world, on the CPU."""
    return DigitsLearner(PARAMETERS.samples_per_part, device="cpu")


def task() -> DeployedTask:
    """The same as a deployment binds it."""
    return DeployedTask("digits", make_learner().description, "ImageJudge")


class ContentWorld(Disputes):
    """``spoiled`` says how the last part of what a node shares next is not as it should be.

    It is "sealed wrong", "malformed", or "other samples" than those that are signed, by the node's
    index.
    """

    judge = DigitsJudge()

    def __init__(self, accounts: Sequence[str] | None = None) -> None:
        super().__init__(PARAMETERS, accounts)
        self.relay = HeaderChain(REGTEST, RELAY, self.bitcoin.checkpoint)
        self._begin(self.domain, self.now)
        self.store = MemoryStore()
        self.learner = make_learner()
        self.transactions: list[Transaction] = []
        self.spoiled: dict[int, str] = {}
        self._plaintexts: dict[bytes, bytes] = {}
        self._roots: list[bytes] = []

    # ---- recording -------------------------------------------------------------------------------

    @property
    def deployment(self) -> Deployment:
        """The reference contracts as if they had been deployed."""
        places = {name: address(2_000 + number) for number, name in enumerate(CONTRACTS)}
        places["ModelChain"] = self.domain.contract
        places[str(task().judge)] = address(2_900)
        return Deployment(
            chain_id=DEVELOPMENT_CHAIN_ID,
            genesis_hash=bytes(32),
            block_number=1,
            deployer=address(3_000),
            compiler="none",
            contracts={name: DeployedContract(at, bytes(32)) for name, at in places.items()},
            parameters=self.parameters,
            relay=RELAY,
            rules=REGTEST,
            checkpoint=self.bitcoin.checkpoint,
            token_cap=self.parameters.token_cap,
            genesis_accounts=self.reference.membership.genesis_accounts,
            task=task(),
        )

    @property
    def deployed_at(self) -> int:
        """EVM time of the deployment."""
        return self.reference.environment.deployed_at

    def execute(self, action: actions.Action, sender: Node | None = None) -> list[Record]:
        records = super().execute(action, sender)
        self._write_down(action, (sender or self.nodes[0]).account, records)
        return records

    def submit(self, raw: bytes) -> None:
        """Submit raw headers as a transaction."""
        where = {"block_number": 0, "log_index": 0, "timestamp": self.now}
        accepted = self.relay.submit(raw, self.now)
        if self.twin is not None:
            self.twin.execute(actions.SubmitHeaders(raw), self.nodes[0].account, self.now)
        if accepted is None:
            return
        first, last = accepted.first_height, accepted.last_height
        records: list[Record] = []
        if accepted.replaced_height is not None:
            records.append(events.Reorganised(first - 1, accepted.replaced_height, last, **where))
        records.append(events.HeadersAccepted(first, last, accepted.last_hash, **where))
        self._write_down(actions.SubmitHeaders(raw), self.nodes[0].account, records)

    def mine(self, count: int = 1, seconds: int = 600) -> None:
        height = self.bitcoin.best_height + 1
        last = max(self.bitcoin.headers[-1].time, self.now)
        self.bitcoin.extend(last + seconds * (step + 1) for step in range(count))
        self.now = max(self.now + 1, self.bitcoin.headers[-1].time)
        self.submit(self.bitcoin.raw(height, count))

    def reorganise(self) -> None:
        """Replace the last header by two others."""
        height, time = self.bitcoin.best_height, self.bitcoin.headers[-1].time
        self.bitcoin = self.bitcoin.fork(height - 1, salt=height)
        self.bitcoin.extend([time + 1, time + 2])
        self.now = max(self.now + 1, time)
        self.submit(self.bitcoin.raw(height))

    def replay(self) -> Replay:
        """What verification begins with."""
        return Replay(self.deployment, self.deployed_at, self.judge)

    def recording(self) -> Recording:
        """What happened so far."""
        replay = self.replay()
        for transaction in self.transactions:
            replay.apply(transaction)
        last = self.transactions[-1].block_number
        return Recording(
            1, last, keccak256(b"%d" % last), tuple(self.transactions), computed_state(replay)
        )

    @property
    def content(self) -> ContentSetup:
        """How to get at this world's content within this process."""
        return ContentSetup(lambda: self.store, lambda: self.learner, self.domain)

    def _write_down(self, action: actions.Action, sender: str, records: list[Record]) -> None:
        block = len(self.transactions) + 1
        where = {"block_number": 0, "log_index": 0, "timestamp": self.now}
        written: list[Record] = []
        for record in records:
            if isinstance(record, events.MembersWritten):
                creator = self.deployment.address("Membership")
                record = replace(record, code=created_address(creator, record.epoch))
            written.append(record)
        for record in records:
            match record:
                case (
                    reward_records.BestRewarded()
                    | reward_records.VoiceRewarded()
                    | reward_records.AttesterRewarded()
                ):
                    paid = record.account
                case reward_records.DataRewarded():
                    paid = record.reward_address
                case _:
                    continue
            written.append(TokensMoved(ZERO_ADDRESS, paid, record.amount, **where))
        placed = tuple(
            replace(record, block_number=block, log_index=index, timestamp=self.now)
            for index, record in enumerate(written)
        )
        digest = keccak256(b"transaction %d" % block)
        call = ContractCall(sender, action)
        self.transactions.append(Transaction(digest, block, self.now, (call,), placed))

    # ---- data ------------------------------------------------------------------------------------

    def payload_hash(self, node: Node, part: int) -> bytes:
        """The hash of a sealed part that is put into the store."""
        round_number, is_last = self.collecting, part == self.parameters.parts - 1
        spoiled = self.spoiled.pop(node.index, None) if is_last else None
        seed = int.from_bytes(node.secret("samples", round_number, part)[:4], "big")
        plaintext = square_digits.payload(seed, self.parameters.samples_per_part)
        if part == 0:
            self._roots = []
        self._roots.append(part_root(self.learner.sample_records(plaintext)))
        key = self.part_key(node, round_number, part)
        sealed = plaintext
        if spoiled == "malformed":
            # Attesters that lie about it need samples to lie about.
            sealed = b"no digits"
        elif spoiled == "other samples":
            sealed = plaintext = square_digits.payload(seed + 1, self.parameters.samples_per_part)
        elif spoiled == "sealed wrong":
            key = keccak256(key)
        own = nullifier(
            self.domain, self.share_key(node, self.rounds.collection.epoch), round_number
        )
        data = payload_associated_data(self.domain, round_number, own, part)
        digest = self.store.put(seal_part(sealed, self.learner.payload_bytes, key, data))
        self._plaintexts[digest] = plaintext
        return digest

    def samples_root(self, node: Node) -> bytes:
        """The root of the samples whose parts were sealed just now."""
        del node
        return samples_root(self._roots)

    def test_sample(self, place: int, sample: int) -> tuple[int, bytes, SamplePath]:
        index = positions(self.rounds.closed_round(self.competing).data_set)[place]
        test_parts = self.reference.data_registry.test_parts(self.competing, index)
        at = sample_place(test_parts, sample, self.parameters.samples_per_part)
        parts = [
            self.learner.sample_records(self._plaintexts[payload])
            for payload in self.data_at(self.competing, index).transaction.payload_hashes
        ]
        records = parts[at.part]
        path = sample_path(records, at.index, [part_root(part) for part in parts], at.part)
        return index, records[at.index], path

    # ---- models ----------------------------------------------------------------------------------

    def commit(
        self, node: Node, skill: int, *, copy_of: Node | None = None, is_malformed: bool = False
    ) -> actions.CommitModel:
        """A commitment to a network that knows as many of the ten digits as its skill's tenth."""
        if is_malformed:
            return self.commit_file(node, b"no model %d" % node.index)
        if copy_of is not None:
            return self.commit_file(node, copy_of.models[self.competing].file)
        return self.commit_file(node, square_digits.model(range(max(1, skill // 10))))

    def commit_file(self, node: Node, file: bytes) -> actions.CommitModel:
        """A commitment to a model's file, which is put into the store."""
        model = Model(file, self.randomness(), self.randomness(), 0, b"", self._is_malformed(file))
        node.models[self.competing] = self.models[self.store.put(file)] = model
        commitment = self.model_transaction(node).commitment(
            self.domain, self.competing, model.salt
        )
        return actions.CommitModel(commitment, keccak256(b"sealed" + model.model_hash))

    def _is_malformed(self, file: bytes) -> bool:
        try:
            self.learner.check_model(file)
        except ModelError:
            return True
        return False

    def model_transaction(self, node: Node) -> ModelTransaction:
        """What the node reveals, once the data set is fixed with its true evaluation."""
        transaction = super().model_transaction(node)
        if self.phase < Phase.REVEAL:
            return transaction
        ids = self.reference.data_registry.data[self.competing].ids
        data_set = self.rounds.closed_round(self.competing).data_set
        points = self.points(
            node.models[self.competing], [ids[index] for index in positions(data_set)]
        )
        return replace(transaction, evaluation=0 if points is None else int(points.sum()))

    def points(self, model: Model, data_ids: list[bytes]) -> Points | None:
        """What a model earns on the test parts of some data of the round in competition."""
        if model.is_malformed:
            return None
        registry = self.reference.data_registry
        numbers = [registry.data[self.competing].ids.index(data_id) for data_id in data_ids]
        payloads = [
            self._plaintexts[self.data_at(self.competing, number).transaction.payload_hashes[part]]
            for number in numbers
            for part in positions(registry.test_parts(self.competing, number))
        ]
        points = self.learner.points(model.file, payloads)
        assert points.dtype == np.uint8
        return points
