"""Follows a chain: its status now, and everything that its records ever told."""

from __future__ import annotations

from offchain.chain.domains import Domains
from offchain.errors import ChainError
from offchain.ports import Chain
from offchain.protocol.history.fold import History
from offchain.protocol.words.records import Record
from offchain.protocol.words.status import ChainStatus, Phase

ATTEMPTS = 5
"""Readings of the chain's status after which it is taken to be unreadable for now."""


class InconsistentReadingError(ChainError):
    """The EVM node's views and its events are not of one block."""

    def __init__(self, block: int, attempts: int) -> None:
        super().__init__(
            f"views and events of EVM block {block} do not agree after {attempts} readings: the "
            "node is behind a balancer, or mines faster than it answers"
        )
        self.block = block
        self.attempts = attempts


class ChainFollower:
    """Reads a chain once and then keeps up with it.

    ``status`` and ``history`` are of the same EVM block after each `refresh`: a node may answer a
    call for its latest block from the one after it (anvil does while it mines), so the two are
    compared, and the status read again where they differ. Where the chain is
    shorter than before (a node was reset), everything is read again from the start.

    Args:
        chain: the contracts.
        domains: their hash domains.
        first_block: EVM block of the deployment: no record is older.
    """

    def __init__(self, chain: Chain, domains: Domains, first_block: int) -> None:
        self._chain = chain
        self._domains = domains
        self._first_block = first_block
        self._next_block = first_block
        self.history = self._empty_history()
        self.status = chain.status()
        self._follow(self.status)

    def refresh(self) -> list[Record]:
        """Catch up with the chain; returns the records that are new.

        Raises:
            ChainError: the chain cannot be read.
            ProtocolError: its records do not fit together.
        """
        latest = self._chain.latest_block()
        if latest == self.status.block_number == self._next_block - 1:
            return []
        status = self._chain.status()
        if status.block_number < self._next_block - 1:
            self._forget()
        return self._follow(status)

    def _follow(self, status: ChainStatus) -> list[Record]:
        news: list[Record] = []
        for _ in range(ATTEMPTS):
            records = list(self._chain.records(self._next_block, status.block_number))
            self.history.apply_all(records)
            self._next_block = max(self._next_block, status.block_number + 1)
            news += records
            if agrees(status, self.history):
                self.status = status
                return news
            status = self._chain.status()
        # Events may have been missed, not only been late: next time they are read from the start.
        self._forget()
        raise InconsistentReadingError(status.block_number, ATTEMPTS)

    def _forget(self) -> None:
        self._next_block = self._first_block
        self.history = self._empty_history()

    def _empty_history(self) -> History:
        return History(
            self._chain.parameters, self._domains.model_chain, self._domains.data_registry
        )


def agrees(status: ChainStatus, history: History) -> bool:
    """Whether views and events tell of the same rounds, phase, items and head."""
    collecting, competing = history.collecting, history.competing
    return (
        status.collection.round == (collecting.number if collecting else 0)
        and status.competition.round == (competing.number if competing else 0)
        and status.competition.phase == (competing.phase if competing else Phase.NONE)
        and status.totals.items == len(history.items)
        and status.head.hash == history.block_hashes[-1]
    )
