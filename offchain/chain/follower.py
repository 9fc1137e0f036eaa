"""Follows a chain: its status now, and everything that its records ever told."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final

import structlog

from offchain.chain.agreement import agrees, same_hash
from offchain.chain.checkpoint import Checkpoint, Memory
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
from offchain.protocol.words.chain_status import ChainStatus
from offchain.protocol.words.records import Record, RoundOpened

log = structlog.get_logger()

FOREIGN_CHAIN: Final = (WrongChainError, StaleDeploymentError)
"""What trying again does not mend: the chain is another one, or was begun anew."""

ATTEMPTS: Final = 5
"""Readings of the chain after which it is taken to be unreadable for now."""

OVERLAP: Final = 8
"""Blocks that are read once more with what follows them: a node that was behind by less than that
gave their records incompletely."""

_POINTS: Final = 64
"""Blocks that are remembered as places to go back to."""

_VAIN: Final = 3
"""Readings in a row from a checkpoint that may fail before it is taken for wrong."""


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

    With a ``memory`` it forgets what nobody needs, and remembers a checkpoint in place of what lies
    deep: it goes back to that, and no record is read twice that is older.

    Args:
        chain: the contracts.
        domain: what their hashes belong to.
        first_block: EVM block of the deployment: no record is older.
        memory: how much is remembered; None: everything.
    """

    def __init__(
        self, chain: Chain, domain: Domain, first_block: int, memory: Memory | None = None
    ) -> None:
        self._chain = chain
        self._domain = domain
        self._first_block = first_block
        self._memory = memory
        self._points: deque[BlockPoint] = deque(maxlen=_POINTS)
        self._through = first_block - 1
        self._records: list[Record] = []
        self._told = 0
        self._base: Checkpoint | None = None
        self._next_base: Checkpoint | None = None
        self._vain = 0
        self.history = self._empty_history()
        self._begin_at_checkpoint()
        self.status = chain.status()
        self._follow(self.status)

    @property
    def records(self) -> Sequence[Record]:
        """All records that ``history`` is made of, in order; with a memory the newest ones."""
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
            and same_hash(latest.hash, known.hash)
        ):
            return []
        return self._follow(self._chain.status())

    def _follow(self, status: ChainStatus) -> list[Record]:
        reason = ""
        for attempt in range(1, ATTEMPTS + 1):
            if attempt > 1:
                status = self._chain.status()
            try:
                self._read_deep(status)
                self._read(status)
                if not agrees(status, self.history):
                    raise _Unfit("the views tell of other things than the events")
            except HistoryError as error:
                reason = str(error)
                self._start_over()
            except _Unfit as error:
                reason = str(error)
                if attempt == ATTEMPTS - 1:
                    # It is not only late. Events may have been missed long ago.
                    back = self._standing(status) if isinstance(error, _Behind) else -1
                    if back < self._first_block:
                        self._check_chain()
                        self._start_over()
                    else:
                        self._go_back(back)
            else:
                self.status, self._vain = status, 0
                news, self._told = self._records[self._told :], len(self._records)
                self._settle(BlockPoint(status.block_number, status.block_hash))
                return news
        self._start_over()
        raise InconsistentReadingError(status.block_number, ATTEMPTS, reason)

    def _read(self, status: ChainStatus) -> None:
        """Read up to a status's block, with the newest blocks of before once more.

        Raises:
            HistoryError: the records do not fit together.
            _Unfit: they are not of one chain, or a node gave them that is behind.
        """
        if status.block_number < self._through:
            raise _Behind("the chain is shorter than before")
        first = max(self._floor + 1, self._through + 1 - OVERLAP)
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
            self._go_back(self._floor if gone else first - 1)
            if gone:
                raise _Unfit("the chain has other events than before")
        for record in found:
            if record.block_number > self._through:
                self._apply(record)
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
        known = self._known_points()[-1:]
        points = [*known, *told, BlockPoint(status.block_number, status.block_hash)]
        hashes = self._chain.block_hashes([point.number for point in points])
        stands = [same_hash(found, p.hash) for found, p in zip(hashes, points, strict=True)]
        if not stands[-1]:
            raise _Unfit("the block that the views are of is not on the chain any more")
        if known and not stands[0]:
            self._leave_branch(status)
        if not all(stands):
            raise _Unfit("events are of blocks that are not on the chain")

    def _leave_branch(self, status: ChainStatus) -> None:
        """Go back to a block that is on the chain, and raise ``_Unfit``."""
        standing = self._standing(status)
        if standing < self._first_block:
            self._check_chain()
            self._start_over()
        else:
            self._go_back(standing)
        raise _Unfit("a block that was read is not on the chain any more")

    def _standing(self, status: ChainStatus) -> int:
        """The last remembered block that is still on the chain; before the first if none is."""
        points = [p for p in self._known_points() if p.number <= status.block_number]
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

    def _known_points(self) -> list[BlockPoint]:
        """Blocks that were read up to, oldest first, the checkpoint's among them."""
        points = list(self._points)
        if self._base is not None and (not points or points[0].number > self._floor):
            points.insert(0, self._base.point)
        return points

    # ---- going back --------------------------------------------------------------------------

    @property
    def _floor(self) -> int:
        """The block that the records begin after."""
        return self._first_block - 1 if self._base is None else self._base.point.number

    def _start_over(self) -> None:
        """Go back to the checkpoint; to the start where that was done several times in vain."""
        self._vain += 1
        self._go_back(self._floor if self._vain <= _VAIN else -1)

    def _go_back(self, block: int) -> None:
        """Forget what was read after a block; another history is made of what is left."""
        if block < self._floor and self._base is not None:
            log.warning("the chain is read from the deployment's block", block=self._first_block)
            self._base = None
            self._records.clear()
            self._points.clear()
            self._through = self._floor
        if self._next_base is not None and self._next_base.point.number > block:
            self._next_base = None
        while self._points and self._points[-1].number > block:
            self._points.pop()
        self._through = max(self._floor, min(self._through, block))
        del self._records[len(self._records) - len(self._tail(block + 1)) :]
        self._told = min(self._told, len(self._records))
        self.history = self._empty_history() if self._base is None else self._base.history.copy()
        for record in self._records:
            self._apply(record)

    # ---- forgetting --------------------------------------------------------------------------

    def _apply(self, record: Record) -> None:
        self.history.apply(record)
        if self._memory is not None and isinstance(record, RoundOpened):
            self._memory.retention.apply(self.history)

    def _begin_at_checkpoint(self) -> None:
        """Take the history that is kept on disk, if its block is still on the chain."""
        file = None if self._memory is None else self._memory.file
        found = None if file is None else file.read(self._empty_history)
        if found is None:
            return
        [stands] = self._chain.block_hashes([found.point.number])
        if stands is None or stands != found.point.hash:
            log.warning("the checkpoint is not used: its block is not on the chain")
            return
        self._begin_at(found)

    def _begin_at(self, checkpoint: Checkpoint) -> None:
        self._base, self._next_base = checkpoint, None
        self._records.clear()
        self._points.clear()
        self._told, self._through = 0, checkpoint.point.number
        self.history = checkpoint.history.copy()

    def _read_deep(self, status: ChainStatus) -> None:
        """Read what lies so deep that its records need not be remembered, in pieces.

        Raises:
            HistoryError, _Unfit: as `_read`; what was read before stays.
        """
        if self._memory is None:
            return
        last = status.block_number - self._memory.depth
        if last - self._through < self._memory.depth:
            return
        log.info("reading the chain's past", first=self._through + 1, last=last)
        for point in self._known_points()[-1:]:
            [stands] = self._chain.block_hashes([point.number])
            if not same_hash(stands, point.hash):
                self._leave_branch(status)
            self._go_back(point.number)
        for first in range(self._through + 1, last + 1, self._memory.pieces):
            end = min(last, first + self._memory.pieces - 1)
            found = self._chain.reading(first, end)
            [known] = self._chain.block_hashes([end])
            if known == b"":
                raise _Unfit("the node does not have a block that lies deep")
            for record in found.records:
                self._apply(record)
            self._begin_at(Checkpoint(BlockPoint(end, known), self.history))
        if self._base is not None and self._memory.file is not None:
            self._memory.file.keep(self._base)

    def _settle(self, point: BlockPoint) -> None:
        """Let a checkpoint take the place of the records that lie deep enough."""
        if self._memory is None:
            return
        if self._next_base is None:
            self._next_base = Checkpoint(point, self.history.copy())
        if self._next_base.point.number > point.number - self._memory.depth:
            return
        self._base, self._next_base = self._next_base, None
        dropped = len(self._records) - len(self._tail(self._floor + 1))
        del self._records[:dropped]
        self._told -= dropped
        while self._points and self._points[0].number <= self._floor:
            self._points.popleft()
        if self._memory.file is not None:
            self._memory.file.keep(self._base)

    def _tail(self, first: int) -> list[Record]:
        """Records from a block on."""
        start = len(self._records)
        while start and self._records[start - 1].block_number >= first:
            start -= 1
        return self._records[start:]

    def _empty_history(self) -> History:
        return History(self._chain.parameters, self._domain)
