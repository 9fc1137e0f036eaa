"""A relayer: takes data transactions and keys from anybody and brings them on chain in batches.

It pays the gas and keeps the payloads, so that sharers show neither their accounts nor their
addresses to the chain. It is trusted with nothing: what it could do at worst is to leave something
out, and then its sender finds another way.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from offchain.errors import ModelChainError, RevertedError
from offchain.node.domains import Domains
from offchain.node.follower import ChainFollower
from offchain.node.relayer_admission import Admission, Refused, Verdict
from offchain.node.relayer_queue import RelayerQueue, key_of
from offchain.ports import Chain, ContentStore
from offchain.protocol.actions import PublishKeys, Share
from offchain.protocol.transactions import DataTransaction, KeyReveal

log = structlog.get_logger()

EARLY = frozenset({404, 409, 425})
"""Refusals that another block may turn into acceptance."""


@dataclass(frozen=True, slots=True)
class BatchSettings:
    """When a batch is sent: as soon as it is full, or ``flush_seconds`` after its first entry."""

    transactions: int = 8
    reveals: int = 32
    flush_seconds: float = 0.5


class RelayerService:
    """Checks, keeps and sends. Its methods may be called from several threads.

    Args:
        chain: sends with the relayer's own account.
        store: where payloads are pinned.
        follower: of the same chain.
        domains: the deployment's hash domains.
        queue: what is accepted and not sent.
        clock: seconds, for the age of batches.
        settings: how batches are formed.
    """

    def __init__(
        self,
        chain: Chain,
        store: ContentStore,
        follower: ChainFollower,
        domains: Domains,
        queue: RelayerQueue,
        clock: Callable[[], float],
        settings: BatchSettings | None = None,
    ) -> None:
        self._chain = chain
        self._store = store
        self._follower = follower
        self._domains = domains
        self._queue = queue
        self._clock = clock
        self._settings = settings or BatchSettings()
        # The history must not grow while a message is checked against it.
        self._lock = threading.Lock()

    def submit(self, transaction: DataTransaction, payload: bytes) -> Verdict:
        """Take a data transaction in, or raise `Refused`; ``StoreError`` if it cannot be kept."""
        verdict = self._judge(lambda rules: rules.check_transaction(transaction, payload))
        if verdict is Verdict.KNOWN:
            return verdict
        waiting = self._queue.transactions.get(key_of(transaction))
        if waiting is not None:
            if waiting.item != transaction.item:
                raise Refused(409, "nullifier-used", "another item of this nullifier waits")
            return Verdict.KNOWN
        self._store.put(payload)
        if not self._queue.transactions.put(transaction, self._clock()):
            raise Refused(503, "queue-full", "too much waits for the chain: try again later")
        return verdict

    def reveal(self, reveal: KeyReveal) -> Verdict:
        """Take a payload key in, or raise `Refused`."""
        verdict = self._judge(lambda rules: rules.check_reveal(reveal))
        if verdict is Verdict.KNOWN or self._queue.reveals.get(key_of(reveal)) is not None:
            return Verdict.KNOWN
        if not self._queue.reveals.put(reveal, self._clock()):
            raise Refused(503, "queue-full", "too much waits for the chain: try again later")
        return verdict

    def describe(self) -> dict[str, object]:
        """What ``GET /status`` says."""
        with self._lock:
            status = self._follower.status
            return {
                "chainId": status.chain_id,
                "modelChain": self._domains.model_chain.contract,
                "account": self._chain.account,
                "block": status.block_number,
                "collecting": status.collection.round,
                "competing": status.competition.round,
                "phase": status.competition.phase.name,
                "queuedTransactions": len(self._queue.transactions),
                "queuedKeys": len(self._queue.reveals),
                "batch": self._settings.transactions,
            }

    def work(self) -> bool:
        """Catch up with the chain and send what is due; False if nothing was sent.

        Raises:
            ChainError: the chain cannot be reached; nothing is lost.
        """
        with self._lock:
            self._follower.refresh()
        sent = self._send_transactions()
        return self._send_reveals() or sent

    def _judge(self, check: Callable[[Admission], Verdict]) -> Verdict:
        """Check a message; once more with the chain of this moment if it seems to come early.

        A worker may have seen a block that this process has not.
        """
        with self._lock:
            seen = self._follower.status
            try:
                return check(self._admission())
            except Refused as refused:
                if refused.status not in EARLY:
                    raise
                self._follower.refresh()
                if self._follower.status is seen:
                    raise
            return check(self._admission())

    def _admission(self) -> Admission:
        return Admission(
            self._chain.parameters, self._domains, self._follower.status, self._follower.history
        )

    def _is_due(self, waiting: int, full: int, oldest: float | None) -> bool:
        if oldest is None:
            return False
        return waiting >= full or self._clock() - oldest >= self._settings.flush_seconds

    def _send_transactions(self) -> bool:
        lane = self._queue.transactions
        if not self._is_due(len(lane), self._settings.transactions, lane.oldest()):
            return False
        batch = lane.first(self._settings.transactions)
        with self._lock:
            history = self._follower.history
            known = [entry for entry in batch if history.item_of(*key_of(entry)) is not None]
        lane.remove(known)
        fresh = tuple(entry for entry in batch if entry not in known)
        if fresh:
            self._share(fresh)
            lane.remove(fresh)
        return bool(fresh)

    def _share(self, batch: tuple[DataTransaction, ...]) -> None:
        """Send a batch; if it reverts, each alone, so that one bad entry harms no other."""
        try:
            receipt = self._chain.execute(Share(batch))
        except RevertedError as error:
            if len(batch) == 1:
                log.warning("a data transaction was refused by the chain", reason=str(error))
                return
            for entry in batch:
                self._share((entry,))
        else:
            log.info("shared", items=len(batch), gas=receipt.gas_used, block=receipt.block_number)

    def _send_reveals(self) -> bool:
        lane = self._queue.reveals
        if not self._is_due(len(lane), self._settings.reveals, lane.oldest()):
            return False
        batch = lane.first(self._settings.reveals)
        due: list[KeyReveal] = []
        with self._lock:
            admission = self._admission()
            for reveal in batch:
                # Time passes in the queue: a key whose time is over would only cost gas.
                try:
                    if admission.check_reveal(reveal) is Verdict.NEW:
                        due.append(reveal)
                except Refused as refused:
                    log.warning("a key is not published", reason=str(refused))
        if due:
            self._publish(tuple(due))
        lane.remove(batch)
        return bool(due)

    def _publish(self, batch: tuple[KeyReveal, ...]) -> None:
        try:
            receipt = self._chain.execute(PublishKeys(batch))
        except RevertedError as error:
            if len(batch) == 1:
                log.warning("a key was refused by the chain", reason=str(error))
                return
            for entry in batch:
                self._publish((entry,))
        else:
            log.info("keys published", keys=len(batch), gas=receipt.gas_used)


def keep_working(
    service: RelayerService, stopped: threading.Event, pause_seconds: float = 0.1
) -> None:
    """Send what is accepted until ``stopped``; a chain that cannot be reached is tried again."""
    pause = pause_seconds
    while not stopped.is_set():
        try:
            service.work()
            pause = pause_seconds
        except ModelChainError as error:
            pause = min(5.0, 2 * pause)
            log.warning("the chain cannot be used, trying again", reason=str(error))
        stopped.wait(pause)
