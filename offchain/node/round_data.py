"""A round's data set as a node holds it."""

from __future__ import annotations

from dataclasses import dataclass

from offchain.protocol.history.entries import SharedData


@dataclass(frozen=True, slots=True)
class RoundData:
    """A round's data set D, open here, with its root."""

    round: int
    root: bytes
    transactions: tuple[SharedData, ...]

    @property
    def test_parts(self) -> list[tuple[SharedData, int]]:
        """All test parts, by order of arrival and number: what models are evaluated on."""
        return [
            (data, part)
            for data in self.transactions
            for part in range(len(data.shared.payload_hashes))
            if data.is_test(part)
        ]
