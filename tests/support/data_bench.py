"""Data transactions with real sealed parts in a real store, and what opens them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from offchain.crypto.hashing import Domain
from offchain.crypto.ring import nullifier
from offchain.crypto.sealing import key_commitment, payload_associated_data, seal_part
from offchain.crypto.secp256k1 import ShareKey
from offchain.learning.formats.digits import DigitSamples, encode_payload
from offchain.learning.samples_root import part_root, samples_root
from offchain.learning.tasks.digits import DigitsLearner
from offchain.node.journal import Journal
from offchain.node.payloads import Payloads
from offchain.ports import ContentStore, Learner
from offchain.protocol.history.entries import SharedData
from offchain.protocol.words.records import DataShared
from offchain.protocol.words.transactions import DataTransaction
from offchain.storage.local import LocalStore

ADDRESS = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
DOMAIN = Domain(31_337, ADDRESS)
ROUND = 3
PARTS = 4
TEST_PART = 1
SAMPLES = 5
"""In a part."""


def samples(seed: int, count: int = SAMPLES) -> bytes:
    """A payload of digits, other ones for every seed."""
    random = np.random.default_rng(seed)
    return encode_payload(
        DigitSamples(
            random.integers(0, 256, (count, 28, 28), dtype=np.uint8),
            random.integers(0, 10, count, dtype=np.uint8),
        )
    )


class Clock:
    """Seconds that a test lets pass."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class DataBench:
    """A store and a journal in a folder, and data transactions made for them."""

    def __init__(self, folder: Path, learner: Learner | None = None) -> None:
        self.folder = folder
        self.store: ContentStore = LocalStore(folder / "store")
        self.learner = learner or DigitsLearner(SAMPLES, device="cpu")
        self.clock = Clock()
        self.journal = Journal(folder / "journal.sqlite")
        self.payloads = self.restart()

    def restart(self) -> Payloads:
        """A node's payloads that have opened nothing since they began."""
        self.payloads = Payloads(self.store, self.learner, DOMAIN, self.journal, self.clock)
        return self.payloads

    @staticmethod
    def key(index: int, part: int) -> bytes:
        """The key of a part."""
        return bytes([index, part]) * 16

    @staticmethod
    def plaintexts(index: int) -> list[bytes]:
        """What a sound data transaction shares."""
        return [samples(10 * index + part) for part in range(PARTS)]

    def data(
        self,
        index: int = 0,
        spoiled: Mapping[int, bytes] | None = None,
        kept: Sequence[int] = range(PARTS),
        files: Mapping[int, bytes] | None = None,
    ) -> SharedData:
        """A data transaction, in order of arrival, whose keys are all published.

        Args:
            index: its number, which all of it follows from.
            spoiled: other plaintexts by part, which the samples root does not know of.
            kept: parts that are put into the store.
            files: other sealed files by part.
        """
        point = nullifier(DOMAIN, ShareKey(index + 1), ROUND)
        sound = self.plaintexts(index)
        shared = {**dict(enumerate(sound)), **(spoiled or {})}
        sealed = [
            seal_part(
                shared[part],
                max(self.learner.payload_bytes, len(shared[part])),
                self.key(index, part),
                payload_associated_data(DOMAIN, ROUND, point, part),
            )
            for part in range(PARTS)
        ]
        for part, file in (files or {}).items():
            sealed[part] = file
        for part in kept:
            self.store.put(sealed[part])
        roots = [part_root(self.learner.sample_records(plaintext)) for plaintext in sound]
        transaction = DataTransaction(
            ROUND,
            tuple(hashlib.sha256(file).digest() for file in sealed),
            tuple(key_commitment(DOMAIN, self.key(index, part)) for part in range(PARTS)),
            samples_root(roots),
            0,
            ADDRESS,
            point.x,
            point.v,
        )
        return SharedData(
            DataShared(
                ROUND,
                index,
                transaction.identifier(DOMAIN),
                1,
                transaction.record,
                transaction.payload_hashes,
                block_number=1,
                log_index=index,
                timestamp=1,
            ),
            partition=0,
            test_parts=1 << TEST_PART,
            training_words=self.words(index),
            test_words=self.words(index),
        )

    def words(self, index: int) -> tuple[bytes, ...]:
        """All keys; what of them a publication does not give is never looked at."""
        return tuple(self.key(index, part) for part in range(PARTS))

    def close(self) -> None:
        """Close the journal."""
        self.journal.close()


def without_test_keys(data: SharedData) -> SharedData:
    """The data transaction before Unseal."""
    return replace(data, test_words=None)


def without_keys(data: SharedData) -> SharedData:
    """The data transaction before Open."""
    return replace(data, training_words=None, test_words=None)
