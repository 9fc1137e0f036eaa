"""Parties that share data and reveal models that nobody can use, by the contracts' rules."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from offchain.crypto.hashing import keccak256
from offchain.crypto.ring import nullifier, sign_ring
from offchain.crypto.sealing import MAX_FILE, key_commitment, payload_associated_data, seal_part
from offchain.errors import RevertedError
from offchain.protocol.history.entries import RoundHistory
from offchain.protocol.rules.sharing import claimed_timestamp
from offchain.protocol.words.actions import (
    Action,
    CommitModel,
    PublishTestKeys,
    PublishTrainingKeys,
    RevealModel,
    Share,
)
from offchain.protocol.words.status import Phase
from offchain.protocol.words.transactions import (
    DataTransaction,
    ModelTransaction,
    model_commitment,
)
from offchain.storage.local import LocalStore
from tests.support.chains.node_chain import EasyDigits, NodeChain
from tests.support.tampering.poisonous import poisonous_model, poisonous_payload, sound_model

ROUND = 1
SALT = b"\x05" * 32
FAULTY_PAYLOAD = b"a payload for which a decoder has a fault"
FAULTY_MODEL = b"a model for which a decoder has a fault"

NOT_CANONICAL = "parts that are not canonical"
NOWHERE = "a part that nobody can fetch"
LATE = "training keys too late"
WITHHELD = "test keys withheld"
KINDS = (NOT_CANONICAL, NOWHERE, LATE, WITHHELD)


@dataclass
class Hostile:
    """Members that share one kind of bad data each, and reveal one kind of bad model each.

    Attributes:
        chain: the deployment.
        store: the folder that all nodes keep their files in; it is written to past every check.
        nodes: the members, by kind of data.
        victim: whose sealed part one of them copies.
        models: hashes of the models by node.
        numbers: of the data transactions, by kind.
        refused: what the contracts said to what they must not take.
    """

    chain: NodeChain
    store: Path
    nodes: Mapping[str, int]
    victim: int
    models: dict[int, bytes] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)

    def act(self) -> None:
        """Do in time whatever makes data and models count, but for what is to be late."""
        self.chain.refresh()
        history = self.chain.view.history
        if history.collecting is not None and history.collecting.number == ROUND:
            self._share(history.round(ROUND))
        if history.competing is None or history.competing.number != ROUND:
            return
        entry = history.competing
        match entry.phase:
            case Phase.OPEN:
                self._publish(entry, test=False, kinds=(NOT_CANONICAL, NOWHERE, WITHHELD))
            case Phase.COMMIT:
                self._commit(entry)
            case Phase.UNSEAL:
                self._publish(entry, test=True, kinds=(NOT_CANONICAL, NOWHERE))
            case Phase.REVEAL:
                self._reveal(entry)
            case _:
                return

    # ---- data ----------------------------------------------------------------------------------

    def _share(self, entry: RoundHistory) -> None:
        own = self._nullifier(self.victim)
        victims = entry.nullifiers.get(own)
        if self.numbers or victims is None:
            return
        copied = entry.data[victims].shared.payload_hashes[0]
        for kind, node in self.nodes.items():
            action = self._share_of(kind, node, copied)
            self.chain.chains[node].execute(action)
            self.chain.refresh()
            self.numbers[kind] = entry.nullifiers[action.transaction.nullifier_x]

    def _share_of(self, kind: str, node: int, copied: bytes) -> Share:
        """A data transaction of a kind, signed as it should be."""
        chain, secrets = self.chain, self.chain.secrets(node)
        parts = chain.parameters.parts
        plaintexts = EasyDigits(99 + node).draw(ROUND, parts)
        if kind is NOT_CANONICAL:
            plaintexts[0] = b"no samples at all"
            plaintexts[1] = plaintexts[1][:-1]
            plaintexts[2] = sound_model()
            plaintexts[3] = poisonous_payload()
            plaintexts[4] = FAULTY_PAYLOAD
        point = nullifier(chain.domain, secrets.share_key(1), ROUND)
        sealed = [
            seal_part(
                plaintext,
                max(len(plaintext), chain.learner.payload_bytes),
                secrets.part_key(ROUND, part),
                payload_associated_data(chain.domain, ROUND, point, part),
            )
            for part, plaintext in enumerate(plaintexts)
        ]
        hashes = [self._put(file) for file in sealed]
        if kind is NOT_CANONICAL:
            hashes[5] = copied
            hashes[6] = self._put(bytes(5))
        if kind is NOWHERE:
            hashes[0] = hashlib.sha256(b"nowhere").digest()
            hashes[1] = self._put(os.urandom(MAX_FILE + 1))
            hashes[2] = self._put(sealed[2], kept=sealed[2] + b"\x00")
        transaction = DataTransaction(
            ROUND,
            tuple(hashes),
            tuple(key_commitment(chain.domain, key) for key in self._keys(node)),
            keccak256(kind.encode()),
            claimed_timestamp(chain.view.status.timestamp, chain.parameters.timestamp_step),
            chain.chains[node].account,
            point.x,
            point.v,
        )
        signature = sign_ring(
            chain.domain,
            ROUND,
            transaction.identifier(chain.domain),
            chain.view.history.ring(ROUND),
            secrets.share_key(1),
        )
        return Share(transaction, signature.challenge, signature.responses)

    def _put(self, content: bytes, kept: bytes | None = None) -> bytes:
        """Keep a file under the name that is right for ``content``, whatever is in it."""
        digest = hashlib.sha256(content).digest()
        place = LocalStore(self.store).place(digest)
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(content if kept is None else kept)
        return digest

    def _nullifier(self, node: int) -> int:
        return nullifier(self.chain.domain, self.chain.secrets(node).share_key(1), ROUND).x

    def _keys(self, node: int) -> list[bytes]:
        secrets = self.chain.secrets(node)
        return [secrets.part_key(ROUND, part) for part in range(self.chain.parameters.parts)]

    def _publish(self, entry: RoundHistory, test: bool, kinds: tuple[str, ...]) -> None:
        for kind in kinds:
            data = entry.data[self.numbers[kind]]
            if (data.test_words if test else data.training_words) is None:
                self._send(self.nodes[kind], self._publication(entry, kind, test))

    def _publication(
        self, entry: RoundHistory, kind: str, test: bool
    ) -> PublishTrainingKeys | PublishTestKeys:
        data, keys = entry.data[self.numbers[kind]], self._keys(self.nodes[kind])
        assert data.partition is not None
        if test:
            tested = tuple(key for part, key in enumerate(keys) if data.is_test(part))
            return PublishTestKeys(ROUND, data.shared.index, tested)
        words = tuple(
            key_commitment(self.chain.domain, key) if data.is_test(part) else key
            for part, key in enumerate(keys)
        )
        return PublishTrainingKeys(data.record, data.shared.index, data.partition, words)

    # ---- models --------------------------------------------------------------------------------

    def make_models(self) -> None:
        """One model of every kind that earns nothing."""
        kinds = [
            self._put(sound_model(), sound_model()[:-1]),
            self._put(EasyDigits(98).draw(ROUND, 1)[0]),
            self._put(poisonous_model()),
            self._put(FAULTY_MODEL),
        ]
        self.models = dict(zip(self.nodes.values(), kinds, strict=True))

    def _commit(self, entry: RoundHistory) -> None:
        if entry.commitments.keys() & {self._account(node) for node in self.models}:
            return
        late = self._publication(entry, LATE, test=False)
        self.refused["training keys after Open"] = self._refusal(self.nodes[LATE], late)
        for node in self.models:
            self._send(node, CommitModel(self._commitment(node), bytes(32)))

    def _reveal(self, entry: RoundHistory) -> None:
        revealed = {reveal.account for reveal in entry.reveals}
        if self._account(next(iter(self.models))) in revealed:
            return
        withheld = self._publication(entry, WITHHELD, test=True)
        self.refused["test keys after Unseal"] = self._refusal(self.nodes[WITHHELD], withheld)
        late = CommitModel(keccak256(b"late"), bytes(32))
        self.refused["a commitment after Commit"] = self._refusal(self.nodes[LATE], late)
        for node, digest in self.models.items():
            account = self._account(node)
            transaction = ModelTransaction(account, digest, bytes(32), 50, bytes(32), bytes(32))
            self._send(node, RevealModel(transaction, SALT))

    def _account(self, node: int) -> str:
        return self.chain.chains[node].account

    def _commitment(self, node: int) -> bytes:
        return model_commitment(
            self.chain.domain, ROUND, self._account(node), self.models[node], bytes(32), SALT
        )

    def _send(self, node: int, action: Action) -> None:
        self.chain.chains[node].execute(action)

    def _refusal(self, node: int, action: Action) -> str:
        """The error's name that an action is refused with."""
        with pytest.raises(RevertedError) as reverted:
            self._send(node, action)
        return reverted.value.name
