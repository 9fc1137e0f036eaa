"""Reads a chronicle from a deployment and keeps up with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from offchain.chain.reading.contracts import DeployedContracts
from offchain.chronicle.chronicle import Chronicle
from offchain.protocol.history.entries import HistoryError

BLOCKS_AT_ONCE: Final = 2_000
"""EVM blocks that are read between two words of progress."""


class ChronicleReader:
    """Keeps a chronicle at the chain's latest block; it is another object after a fork.

    Args:
        contracts: the deployment.
        points_per_sample: see `Chronicle`.
        progress: told how many of how many EVM blocks were read, again and again.
    """

    def __init__(
        self,
        contracts: DeployedContracts,
        points_per_sample: int = 1,
        progress: Callable[[int, int], None] = lambda _done, _total: None,
    ) -> None:
        self._contracts = contracts
        self._points = points_per_sample
        self._progress = progress
        self.timestamp = 0
        self._begin()

    def refresh(self) -> bool:
        """Read what is new; returns whether there was a new EVM block.

        Raises:
            ChainError: the chain cannot be read.
            HistoryError: its records do not fit together.
        """
        ethereum = self._contracts.ethereum
        latest = ethereum.block()
        if latest.number == self._through and latest.hash == self._hash:
            return False
        if self._hash is not None and not self._stands(latest.number):
            # Blocks were taken back: what was made of them is not to be told.
            self._begin()
        first = self._through + 1
        try:
            for start in range(first, latest.number + 1, BLOCKS_AT_ONCE):
                end = min(latest.number, start + BLOCKS_AT_ONCE - 1)
                self._read(start, end)
                self._progress(end - first + 1, latest.number - first + 1)
        except HistoryError:
            self._begin()
            raise
        self.timestamp = latest.timestamp
        return True

    def _begin(self) -> None:
        deployment = self._contracts.deployment
        self.chronicle = Chronicle(
            deployment.parameters,
            deployment.domain(),
            deployment.genesis_accounts,
            has_judge=deployment.judge is not None,
            points_per_sample=self._points,
        )
        self._through = deployment.block_number - 1
        self._hash: bytes | None = None

    def _read(self, first: int, last: int) -> None:
        """Take the records of some EVM blocks in: all of them, or none where they cannot be had."""
        records = list(self._contracts.records(first, last))
        [reached] = self._contracts.ethereum.block_hashes([last])
        self.chronicle.apply_all(records)
        self._through, self._hash = last, reached

    def _stands(self, latest: int) -> bool:
        if latest < self._through:
            return False
        [found] = self._contracts.ethereum.block_hashes([self._through])
        return found == self._hash


def read_chronicle(
    contracts: DeployedContracts,
    points_per_sample: int = 1,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> ChronicleReader:
    """Read the whole chain once; raises as `ChronicleReader.refresh`."""
    reader = ChronicleReader(contracts, points_per_sample, progress)
    reader.refresh()
    return reader
