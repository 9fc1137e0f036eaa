"""A `World` with real content: sealed payloads of digits, networks that read them, exact scores.

It also writes down what happens as a `Recording`. That one comes from the reference contracts;
with a twin attached the real one is read from the EVM (see scripts/support/worlds/small_chain.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from offchain.bitcoin.rules import REGTEST
from offchain.chain.abi.interfaces import CONTRACTS
from offchain.chain.deployment.file import DeployedContract, Deployment
from offchain.chain.deployment.plan import created_address
from offchain.crypto.hashing import keccak256
from offchain.crypto.ring import Nullifier, nullifier
from offchain.crypto.sealing import key_commitment, payload_associated_data, seal
from offchain.crypto.secp256k1 import ShareKey
from offchain.errors import ContentMissingError, ModelError
from offchain.learning.tasks.learner import DigitsLearner
from offchain.ports import ContentStore
from offchain.protocol.rules import dataset
from offchain.protocol.rules.dataset import DataItem
from offchain.protocol.words import actions
from offchain.protocol.words import records as events
from offchain.protocol.words.parameters import DEMO_RELAY
from offchain.protocol.words.records import Record
from offchain.protocol.words.status import ZERO_ADDRESS
from offchain.protocol.words.transactions import KeyReveal, Scores
from offchain.toolchain.anvil import DEVELOPMENT_CHAIN_ID
from offchain.verification.full.content import ContentSetup
from offchain.verification.full.final_state import computed_state
from offchain.verification.full.replay import Replay
from offchain.verification.recording.values import (
    ContractCall,
    Recording,
    TokensMoved,
    Transaction,
)
from scripts.support.worlds import square_digits
from scripts.support.worlds.steps import SMALL, Model, Node, address, payload_key
from scripts.support.worlds.world import World

PARAMETERS = replace(SMALL, lease_rounds=1, standing_rounds=1, maximum_samples=64)
"""Short leases and bonds, so that all of them end within a few rounds."""

SAMPLES = 40
"""Samples in a sound item."""


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
    return DigitsLearner(PARAMETERS.maximum_samples, device="cpu")


class ContentWorld(World):
    """``spoiled`` says how the next items are sealed: "sound", "sealed wrong" or "malformed"."""

    def __init__(self, accounts: Sequence[str] | None = None) -> None:
        super().__init__(PARAMETERS, accounts)
        self.store = MemoryStore()
        self.learner = make_learner()
        self.transactions: list[Transaction] = []
        self.spoiled: list[str] = []
        self._drawn = 0
        self._payload_keys: dict[bytes, bytes] = {}
        self._used_keys: dict[int, set[int]] = {}
        self._plaintexts: dict[bytes, bytes | None] = {}
        self._codes = 0

    # ---- recording -------------------------------------------------------------------------------

    @property
    def deployment(self) -> Deployment:
        """The reference contracts as if they had been deployed."""
        places = {name: address(2_000 + number) for number, name in enumerate(CONTRACTS)}
        places["ModelChain"] = self.model_chain.contract
        places["KeyRegistry"] = self.key_registry.contract
        places["DataRegistry"] = self.data_registry.contract
        return Deployment(
            chain_id=DEVELOPMENT_CHAIN_ID,
            genesis_hash=bytes(32),
            block_number=1,
            deployer=address(3_000),
            compiler="none",
            contracts={name: DeployedContract(at, bytes(32)) for name, at in places.items()},
            parameters=self.parameters,
            relay=DEMO_RELAY,
            rules=REGTEST,
            checkpoint=self.bitcoin.checkpoint,
            token_cap=self.parameters.token_cap,
            genesis_accounts=tuple(self.chain.genesis_accounts),
        )

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

    def recording(self) -> Recording:
        """What happened so far."""
        replay = Replay(self.deployment)
        for transaction in self.transactions:
            replay.apply(transaction)
        last = self.transactions[-1].block_number
        return Recording(
            1, last, keccak256(b"%d" % last), tuple(self.transactions), computed_state(replay)
        )

    @property
    def content(self) -> ContentSetup:
        """How to get at this world's content within this process."""
        return ContentSetup(
            lambda: self.store,
            lambda: self.learner,
            self.data_registry,
            self.parameters.maximum_samples,
        )

    def _write_down(self, action: actions.Action, sender: str, records: list[Record]) -> None:
        block = len(self.transactions) + 1
        written: list[Record] = []
        for record in records:
            if isinstance(record, events.KeysRegistered | events.PageWritten):
                self._codes += 1
            if isinstance(record, events.PageWritten):
                code = created_address(self.key_registry.contract, self._codes)
                record = replace(record, code=code)
            written.append(record)
        where = {"block_number": 0, "log_index": 0, "timestamp": self.now}
        for record in records:
            match record:
                case events.ModelRewarded() | events.AttesterRewarded():
                    paid = record.account
                case events.DataRewarded():
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

    def payload_hash(self, key: ShareKey, scope: int) -> bytes:
        """The hash of a sealed payload that is put into the store."""
        secret = payload_key(key, scope)
        self._payload_keys[key_commitment(self.data_registry, secret)] = secret
        self._used_keys.setdefault(scope, set()).add(key.x)
        return self._put_payload(secret, scope, nullifier(self.data_registry, key, scope))

    def _put_payload(self, secret: bytes, scope: int, own: Nullifier) -> bytes:
        self._drawn += 1
        kind = self.spoiled.pop(0) if self.spoiled else "sound"
        plaintext = (
            b"no digits" if kind == "malformed" else square_digits.payload(self._drawn, SAMPLES)
        )
        sealing = keccak256(secret) if kind == "sealed wrong" else secret
        data = payload_associated_data(self.data_registry, scope, own)
        digest = self.store.put(seal(plaintext, sealing, data, self.randomness))
        self._plaintexts[digest] = plaintext if kind == "sound" else None
        return digest

    def key_reveal(self, number: int) -> KeyReveal:
        item = self.history.items[number].item
        return KeyReveal(item, self._payload_keys[item.key_commitment])

    def used_keys(self, scope: int) -> set[int]:
        return self._used_keys.get(scope, set())

    def payload(self, item: DataItem) -> bytes | None:
        """An item's plaintext; None if it is not sound."""
        return self._plaintexts[item.item.payload_hash]

    def data_set(self, round_number: int) -> dataset.DataSet:
        def samples(item: DataItem) -> int | None:
            plaintext = self.payload(item)
            return None if plaintext is None else self.learner.sample_count(plaintext)

        return dataset.assemble(round_number, self.history.candidates(round_number), samples)

    # ---- models ----------------------------------------------------------------------------------

    def commit_file(self, node: Node, file: bytes) -> actions.CommitModel:
        """A commitment to a model file; what it scores is found when it is revealed."""
        round_number = self.chain.competition.round
        is_first = self.chain.commitment_of(round_number, node.account).order == 0
        digest = self.store.put(file)
        root, salt = (keccak256(self.randomness(32)) for _ in range(2))
        model = Model(digest, root, salt, 0)
        node.models[round_number] = model
        commitment = self.model_transaction(node).commitment(
            self.model_chain, round_number, model.salt
        )
        bond = self.parameters.model_bond if is_first else 0
        return actions.CommitModel(commitment, keccak256(b"sealed" + digest), bond)

    def judge(self) -> None:
        """Let every node know what its model of the round in competition really scores."""
        round_number = self.chain.competition.round
        for node in self.nodes:
            if round_number in node.models:
                node.models[round_number].score = self.evaluate(
                    node.models[round_number].model_hash
                )

    def evaluate(self, model_hash: bytes) -> int:
        """A model's score on the test set of the round in competition."""
        data = self.data_set(self.chain.competition.round)
        payloads = [self.payload(item) for item in data.test]
        try:
            return self.learner.evaluate(
                self.store.get(model_hash), [part for part in payloads if part is not None]
            )
        except ModelError:
            return 0

    @property
    def baseline(self) -> int:
        """What the head's model scores in the round in competition."""
        head = self.chain.head_model
        return 0 if head == bytes(32) else self.evaluate(head)

    def table(self) -> Scores:
        """The honest table of the round in competition."""
        return self.scores(self.baseline)
