"""A round's data set as a node holds it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from offchain.crypto.hashing import HASH_BYTES, keccak256
from offchain.protocol.history.entries import SharedData


@dataclass(frozen=True)
class RoundData:
    """A round's data set D, open here, with its root."""

    round: int
    root: bytes
    transactions: tuple[SharedData, ...]

    @cached_property
    def judged_on(self) -> bytes:
        """What points are kept by: the data set, and which of its parts test.

        Where blocks are taken back, another Bitcoin block may have drawn other parts of the same
        data.
        """
        drawn = b"".join(item.test_parts.to_bytes(HASH_BYTES, "big") for item in self.transactions)
        return keccak256(self.root + drawn)

    @cached_property
    def test_parts(self) -> list[tuple[SharedData, int]]:
        """All test parts, by order of arrival and number: what models are evaluated on."""
        return [
            (data, part)
            for data in self.transactions
            for part in range(len(data.shared.payload_hashes))
            if data.is_test(part)
        ]
