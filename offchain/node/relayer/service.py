"""A relayer: takes data transactions, keys and orders from anybody and brings them on chain.

It pays the gas and keeps the payloads, so that sharers show neither their accounts nor their
addresses to the chain. It is trusted with nothing: what it could do at worst is to leave something
out, and then its sender finds another way.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

import structlog

from offchain.chain.domains import Domains
from offchain.chain.follower import ChainFollower
from offchain.errors import ModelChainError
from offchain.node.relayer.admission import Admission
from offchain.node.relayer.batches import Batches, BatchSettings
from offchain.node.relayer.health import WorkLog
from offchain.node.relayer.lane import Entry, Lane
from offchain.node.relayer.orders import OrderDesk
from offchain.node.relayer.queue import RelayerQueue
from offchain.node.relayer.refused import Refused, Verdict
from offchain.ports import Chain, ContentStore
from offchain.protocol.words.orders import SignedOrder
from offchain.protocol.words.transactions import DataTransaction, KeyReveal
from offchain.refusals import RefusalCode

log = structlog.get_logger()

EARLY = frozenset(
    {
        RefusalCode.UNKNOWN_ITEM,
        RefusalCode.NULLIFIER_USED,
        RefusalCode.SCOPE,
        RefusalCode.PAGES,
        RefusalCode.TOO_EARLY,
    }
)
"""Refusals that another block may turn into acceptance."""


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
        orders: takes orders; None: the relayer takes none.
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
        orders: OrderDesk | None = None,
    ) -> None:
        self._chain = chain
        self._store = store
        self._follower = follower
        self._domains = domains
        self._queue = queue
        self._clock = clock
        self._settings = settings or BatchSettings()
        self._orders = orders
        # The history must not grow while a message is checked against it.
        self._lock = threading.Lock()
        self.work_log = WorkLog(clock)
        self._batches = Batches(
            chain, follower, domains, queue, clock, self._settings, orders, self._lock
        )

    def submit(self, transaction: DataTransaction, payload: bytes) -> Verdict:
        """Take a data transaction in, or raise `Refused`; ``StoreError`` if it cannot be kept."""
        verdict = self._judge(lambda rules: rules.check_transaction(transaction, payload))
        if verdict is Verdict.KNOWN:
            return verdict
        waiting = self._queue.transactions.like(transaction)
        if waiting is not None:
            if waiting.item != transaction.item:
                raise Refused(RefusalCode.NULLIFIER_USED, "another item of this nullifier waits")
            return Verdict.KNOWN
        # Before the payload is kept: what is not taken in must not fill the store.
        if self._queue.transactions.is_full():
            raise self._queue.transactions.refusal(self._settings.transactions)
        self._store.put(payload)
        self._keep(self._queue.transactions, transaction, self._settings.transactions)
        return verdict

    def reveal(self, reveal: KeyReveal) -> Verdict:
        """Take a payload key in, or raise `Refused`; ``StoreError`` if it cannot be kept."""
        verdict = self._judge(lambda rules: rules.check_reveal(reveal))
        if verdict is Verdict.KNOWN or self._queue.reveals.like(reveal) is not None:
            return Verdict.KNOWN
        self._keep(self._queue.reveals, reveal, self._settings.reveals)
        return verdict

    def pay(self, signed: SignedOrder) -> Verdict:
        """Take a signed order in, or raise `Refused`; raises as `OrderDesk.take`."""
        return self._desk().take(signed, self._was_rewarded)

    def order_terms(self) -> dict[str, object]:
        """What is asked for an order; `Refused` if none is taken."""
        return self._desk().terms()

    def _desk(self) -> OrderDesk:
        if self._orders is None:
            raise Refused(RefusalCode.NOT_OFFERED, RefusalCode.NOT_OFFERED.meaning)
        return self._orders

    def _was_rewarded(self, account: str) -> bool:
        """Whether the chain's records tell of a reward, those of this moment if need be."""
        with self._lock:
            if account not in self._follower.history.rewards:
                self._follower.refresh()
            return account in self._follower.history.rewards

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
            "queuedOrders": len(self._queue.orders),
            "batch": self._settings.transactions,
            "dropped": self._queue.database.dropped(),
        }

    def depth(self) -> Mapping[str, tuple[int, int]]:
        """How many entries of each kind wait, and how many may."""
        lanes = (self._queue.transactions, self._queue.reveals, self._queue.orders)
        return {lane.kind: (len(lane), lane.maximum) for lane in lanes}

    def work(self) -> bool:
        """Catch up with the chain and send what is due; False if nothing was sent.

        Raises:
            ChainError: the chain cannot be used; nothing is lost.
            StoreError: the queue cannot be written.
        """
        try:
            sent = self._batches.work()
        except ModelChainError as error:
            self.work_log.failed(error)
            raise
        self.work_log.succeeded()
        return sent

    def _keep(self, lane: Lane[Entry], entry: Entry, batch: int) -> None:
        if not lane.put(entry, self._clock()):
            raise lane.refusal(batch)

    def _judge(self, check: Callable[[Admission], Verdict]) -> Verdict:
        """Check a message; once more with the chain of this moment if it seems to come early.

        A worker may have seen a block that this process has not.
        """
        with self._lock:
            seen = self._follower.status
            try:
                return check(self._admission())
            except Refused as refused:
                if refused.code not in EARLY:
                    raise
                self._follower.refresh()
                if self._follower.status is seen:
                    raise
            return check(self._admission())

    def _admission(self) -> Admission:
        return Admission(
            self._chain.parameters, self._domains, self._follower.status, self._follower.history
        )


def keep_working(
    service: RelayerService, stopped: threading.Event, pause_seconds: float = 0.1
) -> None:
    """Send what is accepted until ``stopped``; what fails is tried again.

    An error that is not one of this project's ends the program by setting ``stopped``: a relayer
    that takes in and sends nothing would be worse than none.
    """
    pause = pause_seconds
    try:
        while not stopped.is_set():
            try:
                service.work()
                pause = pause_seconds
            except ModelChainError as error:
                pause = min(5.0, 2 * pause)
                log.warning("could not send, trying again", reason=str(error))
            stopped.wait(pause)
    except BaseException:
        service.work_log.broken = True
        raise
    finally:
        stopped.set()
