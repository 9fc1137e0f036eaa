"""Follows a chain: its status now, and everything that its records ever told."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final

from offchain.crypto.hashing import Domain
from offchain.errors import (
    ChainError,
    ProtocolError,
    RpcError,
    StaleDeploymentError,
    WrongChainError,
)
from offchain.ports import BlockPoint, Chain
from offchain.protocol.history.entries import HistoryError
from offchain.protocol.history.fold import History
from offchain.protocol.words.records import Record
from offchain.protocol.words.status import ChainStatus, Phase

FOREIGN_CHAIN: Final = (WrongChainError, StaleDeploymentError)
"""What trying again does not mend: the chain is another one, or was begun anew."""

ATTEMPTS: Final = 5
"""Readings of the chain after which it is taken to be unreadable for now."""

OVERLAP: Final = 8
"""Blocks that are read once more with what follows them: a node that was behind by less than that
gave their records incompletely."""

_POINTS: Final = 64
"""Blocks that are remembered as places to go back to."""


class InconsistentReadingError(ChainError):
    """The EVM node's views and its events are not of one block, or of one chain."""

    def __init__(self, block: int, attempts: int, reason: str) -> None:
        super().__init__(
            f"views and events of EVM block {block} do not agree after {attempts} readings "
            f"({reason}): the node is behind a balancer, or mines faster than it answers"
        )
        self.block = block
        self.reason = reason


class _Unfit(Exception):
    """Inside: what was read is not of one block and chain; reading again may help."""


class _Behind(_Unfit):
    """... because the node answers from before what was read: it is late, or blocks were undone."""


class ChainFollower:
    """Reads a chain once and then keeps up with it.

    ``status`` and ``history`` are of the same EVM block after each `refresh`, and equal what a new
    reader would find. That is not what a node gives: it answers for its latest block from the one
    after it (anvil does while it mines), another one behind the same address is some blocks
    behind, and blocks are taken back. So what was read is bound to the hashes of the blocks that
    it was read up to; the newest blocks are read once more; views and events are compared. Where
    something differs the history goes back to a block that still stands, or to the start.

    Each time it goes back, ``history`` becomes another object: what others remember about the old
    one by number no longer holds.

    Args:
        chain: the contracts.
        domain: what their hashes belong to.
        first_block: EVM block of the deployment: no record is older.
    """

    def __init__(self, chain: Chain, domain: Domain, first_block: int) -> None:
        self._chain = chain
        self._domain = domain
        self._first_block = first_block
        self._points: deque[BlockPoint] = deque(maxlen=_POINTS)
        self._through = first_block - 1
        self._records: list[Record] = []
        self._told = 0
        self.history = self._empty_history()
        self.status = chain.status()
        self._follow(self.status)

    @property
    def records(self) -> Sequence[Record]:
        """All records that ``history`` is made of, in order."""
        return self._records

    def refresh(self) -> list[Record]:
        """Catch up with the chain; returns the records since the last time, or since a fork.

        Raises:
            WrongChainError, StaleDeploymentError: it is another chain now, or was begun anew.
            ChainError: the chain cannot be read, or not be understood; the next time it is read
                from the start.
        """
        try:
            return self._catch_up()
        except (ChainError, ProtocolError) as error:
            # A chain that was begun anew has other answers for everything.
            if not isinstance(error, RpcError):
                self._check_chain()
            raise

    def _catch_up(self) -> list[Record]:
        latest = self._chain.latest()
        known = self._points[-1] if self._points else None
        if (
            known is not None
            and latest.number == known.number == self.status.block_number
            and _same(latest.hash, known.hash)
        ):
            return []
        return self._follow(self._chain.status())

    def _follow(self, status: ChainStatus) -> list[Record]:
        reason = ""
        for attempt in range(1, ATTEMPTS + 1):
            if attempt > 1:
                status = self._chain.status()
            try:
                self._read(status)
                if not agrees(status, self.history):
                    raise _Unfit("the views tell of other things than the events")
            except HistoryError as error:
                reason = str(error)
                self._go_back(self._first_block - 1)
            except _Unfit as error:
                reason = str(error)
                if attempt == ATTEMPTS - 1:
                    # It is not only late. Events may have been missed long ago.
                    behind = isinstance(error, _Behind)
                    back = self._standing(status) if behind else self._first_block - 1
                    if back < self._first_block:
                        self._check_chain()
                    self._go_back(back)
            else:
                self.status = status
                news, self._told = self._records[self._told :], len(self._records)
                return news
        self._go_back(self._first_block - 1)
        raise InconsistentReadingError(status.block_number, ATTEMPTS, reason)

    def _read(self, status: ChainStatus) -> None:
        """Read up to a status's block, with the newest blocks of before once more.

        Raises:
            HistoryError: the records do not fit together.
            _Unfit: they are not of one chain, or a node gave them that is behind.
        """
        if status.block_number < self._through:
            raise _Behind("the chain is shorter than before")
        first = max(self._first_block, self._through + 1 - OVERLAP)
        reading = self._chain.reading(first, status.block_number)
        self._check_blocks(status, reading.blocks)
        found = reading.records
        held = self._tail(first)
        again = [record for record in found if record.block_number <= self._through]
        if again != held:
            gone = [record for record in held if record not in again]
            if len(gone) + len(again) == len(held):
                raise _Behind("the node has not all the events that were there before")
            # They came late; or the chain changed, and the adapter knows no hashes.
            self._go_back(self._first_block - 1 if gone else first - 1)
            if gone:
                raise _Unfit("the chain has other events than before")
        for record in found:
            if record.block_number > self._through:
                self.history.apply(record)
                self._records.append(record)
        self._through = status.block_number
        self._points.append(BlockPoint(status.block_number, status.block_hash))

    def _check_blocks(self, status: ChainStatus, told: Sequence[BlockPoint]) -> None:
        """Whether one chain has the blocks that were read up to, before and now, and the events'.

        Asked after the events, and of one node: one that names a block's hash knows the block.

        Args:
            status: the views.
            told: the blocks that events say to be of.

        Raises:
            _Unfit: it has not; the history was put back to a block that it has.
        """
        known = list(self._points)[-1:]
        points = [*known, *told, BlockPoint(status.block_number, status.block_hash)]
        hashes = self._chain.block_hashes([point.number for point in points])
        stands = [_same(found, p.hash) for found, p in zip(hashes, points, strict=True)]
        if not stands[-1]:
            raise _Unfit("the block that the views are of is not on the chain any more")
        if known and not stands[0]:
            standing = self._standing(status)
            if standing < self._first_block:
                self._check_chain()
            self._go_back(standing)
            raise _Unfit("a block that was read is not on the chain any more")
        if not all(stands):
            raise _Unfit("events are of blocks that are not on the chain")

    def _standing(self, status: ChainStatus) -> int:
        """The last remembered block that is still on the chain; before the first if none is."""
        points = [point for point in self._points if point.number <= status.block_number]
        hashes = self._chain.block_hashes([point.number for point in points])
        standing = [
            point.number
            for point, found in zip(points, hashes, strict=True)
            if found is not None and found == point.hash
        ]
        return max(standing, default=self._first_block - 1)

    def _check_chain(self) -> None:
        """End where it is another chain now; where that cannot be said nothing is."""
        try:
            self._chain.check()
        except FOREIGN_CHAIN:
            raise
        except ChainError:
            return

    def _go_back(self, block: int) -> None:
        """Forget what was read after a block; another history is made of what is left."""
        while self._points and self._points[-1].number > block:
            self._points.pop()
        self._through = min(self._through, block)
        del self._records[len(self._records) - len(self._tail(block + 1)) :]
        self._told = min(self._told, len(self._records))
        self.history = self._empty_history()
        self.history.apply_all(self._records)

    def _tail(self, first: int) -> list[Record]:
        """Records from a block on."""
        start = len(self._records)
        while start and self._records[start - 1].block_number >= first:
            start -= 1
        return self._records[start:]

    def _empty_history(self) -> History:
        return History(self._chain.parameters, self._domain)


def _same(found: bytes | None, expected: bytes | None) -> bool:
    """Whether two hashes of one block agree, as far as both are known."""
    return found is None or expected is None or found == expected


def agrees(status: ChainStatus, history: History) -> bool:
    """Whether views and events tell of the same rounds, members, data, phase, models and head."""
    collecting, competing = history.collecting, history.competing
    collection, competition = status.collection, status.competition
    following = history.epoch(collection.epoch + 1)
    warm = sum(applied.warm for applied in following.applications.values())
    return (
        collection.round == (collecting.number if collecting else 0)
        and status.collected.shared == (len(collecting.data) if collecting else 0)
        and status.collected.partitioned == (collecting.partitioned if collecting else 0)
        and status.next_epoch.warm == warm
        and status.next_epoch.cold == len(following.applications) - warm
        and status.next_epoch.frozen == (following.frozen is not None)
        and status.next_epoch.seeded == (following.seeded is not None)
        and status.next_epoch.written == bool(following.members)
        and competition.round == (competing.number if competing else 0)
        and competition.phase == (competing.phase if competing else Phase.NONE)
        and competition.attesters == (competing.attesters if competing else 0)
        and status.commitments == (len(competing.commitments) if competing else 0)
        and status.reveals == (len(competing.reveals) if competing else 0)
        and status.own.stake.amount == history.stakes.get(status.own.account, 0)
        and status.head.hash == history.block_hashes[-1]
    )
