"""Brings what a relayer accepted on chain, in batches, each thing once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from offchain.chain.domains import Domains
from offchain.chain.follower import ChainFollower
from offchain.errors import RevertedError
from offchain.node.relayer.admission import Admission
from offchain.node.relayer.lane import Lane
from offchain.node.relayer.orders import OrderDesk
from offchain.node.relayer.queue import RelayerQueue
from offchain.node.relayer.refused import Refused, Verdict
from offchain.ports import Chain
from offchain.protocol.words.actions import PublishKeys, Share
from offchain.protocol.words.transactions import DataTransaction, KeyReveal
from offchain.refusals import RefusalCode, revert_code

log = structlog.get_logger()

NOT_YET = frozenset({RefusalCode.PAGES, RefusalCode.TOO_EARLY})
"""Refusals that time turns into acceptance: what waits goes on waiting."""


@dataclass(frozen=True, slots=True)
class BatchSettings:
    """When a batch is sent: as soon as it is full, or ``flush_seconds`` after its first entry."""

    transactions: int = 8
    reveals: int = 32
    flush_seconds: float = 0.5


@dataclass(frozen=True, slots=True)
class Batches:
    """Sends what waits in a queue. One thread works at a time.

    Attributes:
        chain: sends with the relayer's own account.
        follower: of the same chain.
        domains: the deployment's hash domains.
        queue: what is accepted and not sent.
        clock: seconds, for the age of batches.
        settings: how batches are formed.
        orders: carries orders out; None if the relayer takes none.
        lock: held while the follower's history is read or grows.
    """

    chain: Chain
    follower: ChainFollower
    domains: Domains
    queue: RelayerQueue
    clock: Callable[[], float]
    settings: BatchSettings
    orders: OrderDesk | None
    lock: threading.Lock

    def work(self) -> bool:
        """Catch up with the chain and send what is due; False if nothing was sent.

        Raises:
            ChainError: the chain cannot be used; nothing is lost.
            StoreError: the queue cannot be written.
        """
        # First what is on its way, perhaps since before a restart: only then is it known what is
        # left to send.
        self.chain.settle()
        self._refresh()
        sent = self._send_transactions()
        sent = self._send_reveals() or sent
        if self.orders is not None:
            sent = self.orders.send() or sent
        return sent

    def _refresh(self) -> None:
        with self.lock:
            self.follower.refresh()

    def _admission(self) -> Admission:
        return Admission(
            self.chain.parameters, self.domains, self.follower.status, self.follower.history
        )

    def _is_due(self, lane: Lane[DataTransaction] | Lane[KeyReveal], full: int) -> bool:
        oldest = lane.oldest()
        if oldest is None:
            return False
        return len(lane) >= full or self.clock() - oldest >= self.settings.flush_seconds

    # ---- data transactions -------------------------------------------------------------------

    def _send_transactions(self) -> bool:
        lane = self.queue.transactions
        if not self._is_due(lane, self.settings.transactions):
            return False
        fresh = self._still_open(lane)
        if fresh:
            self._share(fresh)
            # The history must know them before the queue forgets them, or one that is handed in
            # again in between would be taken for new.
            self._refresh()
            lane.remove(fresh)
        return bool(fresh)

    def _still_open(self, lane: Lane[DataTransaction]) -> tuple[DataTransaction, ...]:
        """The next batch: known ones leave the queue, late ones are dropped with the reason."""
        fresh: list[DataTransaction] = []
        known: list[DataTransaction] = []
        late: list[tuple[DataTransaction, Refused]] = []
        with self.lock:
            admission = self._admission()
            for entry in lane.first(lane.maximum):
                if len(fresh) == self.settings.transactions:
                    break
                try:
                    verdict = admission.check_waiting(entry)
                except Refused as refused:
                    if refused.code not in NOT_YET:
                        late.append((entry, refused))
                    continue
                (known if verdict is Verdict.KNOWN else fresh).append(entry)
        lane.remove(known)
        for entry, reason in late:
            lane.drop(entry, reason.code, str(reason))
        return tuple(fresh)

    def _share(self, batch: tuple[DataTransaction, ...]) -> None:
        """Send a batch; if it reverts, each alone, so that one bad entry harms no other."""
        try:
            receipt = self.chain.execute(Share(batch))
        except RevertedError as error:
            if len(batch) == 1:
                self.queue.transactions.drop(batch[0], revert_code(error.name), str(error))
                return
            for entry in batch:
                self._share((entry,))
        else:
            log.info("shared", items=len(batch), gas=receipt.gas_used, block=receipt.block_number)

    # ---- payload keys ------------------------------------------------------------------------

    def _send_reveals(self) -> bool:
        lane = self.queue.reveals
        if not self._is_due(lane, self.settings.reveals):
            return False
        batch = lane.first(self.settings.reveals)
        due: list[KeyReveal] = []
        late: list[tuple[KeyReveal, Refused]] = []
        with self.lock:
            admission = self._admission()
            for reveal in batch:
                # Time passes in the queue: a key whose time is over would only cost gas.
                try:
                    if admission.check_reveal(reveal) is Verdict.NEW:
                        due.append(reveal)
                except Refused as refused:
                    late.append((reveal, refused))
        for reveal, reason in late:
            lane.drop(reveal, reason.code, str(reason))
        if due:
            self._publish(tuple(due))
            self._refresh()
        lane.remove(batch)
        return bool(due)

    def _publish(self, batch: tuple[KeyReveal, ...]) -> None:
        try:
            receipt = self.chain.execute(PublishKeys(batch))
        except RevertedError as error:
            if len(batch) == 1:
                self.queue.reveals.drop(batch[0], revert_code(error.name), str(error))
                return
            for entry in batch:
                self._publish((entry,))
        else:
            log.info("keys published", keys=len(batch), gas=receipt.gas_used)
