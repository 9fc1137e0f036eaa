"""A real chain that a test spoils on its way to who reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from offchain.ports import BlockPoint, Chain, Receipt
from offchain.protocol.words.actions import Action
from offchain.protocol.words.chain_status import ChainStatus
from offchain.protocol.words.parameters import Parameters
from offchain.protocol.words.records import Record


class Through(Chain):
    """A chain that a test looks at and changes on the way."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.readings: list[tuple[int, int]] = []
        self.behind: Callable[[], int] = lambda: 0
        self.before_records: Callable[[], None] = lambda: None
        self.knows_hashes = True

    @property
    def account(self) -> str:
        return self.chain.account

    @property
    def parameters(self) -> Parameters:
        return self.chain.parameters

    def status(self) -> ChainStatus:
        status = self.chain.status()
        return status if self.knows_hashes else replace(status, block_hash=None)

    def latest(self) -> BlockPoint:
        latest = self.chain.latest()
        return latest if self.knows_hashes else BlockPoint(latest.number, None)

    def block_hashes(self, numbers: Sequence[int]) -> list[bytes | None]:
        return self.chain.block_hashes(numbers) if self.knows_hashes else [None for _ in numbers]

    def records(self, from_block: int, to_block: int) -> Iterator[Record]:
        """Records up to `behind` blocks before the last one asked for."""
        self.readings.append((from_block, to_block))
        self.before_records()
        return self.chain.records(from_block, to_block - self.behind())

    def execute(self, action: Action) -> Receipt:
        return self.chain.execute(action)
