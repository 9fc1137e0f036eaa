"""Follows a chain: its status now, and everything that its records ever told."""

from __future__ import annotations

from offchain.node.domains import Domains
from offchain.ports import Chain
from offchain.protocol.history import History
from offchain.protocol.records import Record
from offchain.protocol.status import ChainStatus


class ChainFollower:
    """Reads a chain once and then keeps up with it.

    ``status`` and ``history`` are of the same EVM block after each `refresh`. Where the chain is
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
        self.status = self._read(chain.status())

    def refresh(self) -> list[Record]:
        """Catch up with the chain; returns the records that are new.

        Raises:
            ChainError: the chain cannot be read.
            ProtocolError: its records do not fit together.
        """
        if self._chain.latest_block() == self.status.block_number:
            return []
        status = self._chain.status()
        if status.block_number < self._next_block - 1:
            self._next_block = self._first_block
            self.history = self._empty_history()
        return self._follow(status)

    def _read(self, status: ChainStatus) -> ChainStatus:
        self._follow(status)
        return status

    def _follow(self, status: ChainStatus) -> list[Record]:
        records = list(self._chain.records(self._next_block, status.block_number))
        self.history.apply_all(records)
        self._next_block = status.block_number + 1
        self.status = status
        return records

    def _empty_history(self) -> History:
        return History(
            self._chain.parameters, self._domains.model_chain, self._domains.data_registry
        )
