"""A relayer: takes data transactions, keys and orders from anybody and brings them on chain.

It pays the gas and keeps the payloads, so that sharers show neither their accounts nor their
addresses to the chain. It is trusted with nothing: what it could do at worst is to leave something
out, and then its sender finds another way.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import structlog

from offchain.chain.follower import FOREIGN_CHAIN, ChainFollower
from offchain.crypto.hashing import Domain
from offchain.crypto.sealing import MAX_FILE, OVERHEAD
from offchain.errors import ModelChainError
from offchain.node.flights import Flights
from offchain.node.monitoring.watch import Watch
from offchain.node.relayer.admission import Admission, verify_signature
from offchain.node.relayer.health import WorkLog
from offchain.node.relayer.mixing import Mixer, Timing
from offchain.node.relayer.orders import OrderDesk
from offchain.node.relayer.queue import RelayerQueue
from offchain.node.relayer.refused import Refused, Verdict
from offchain.node.relayer.sending import Sending
from offchain.node.relayer.wire import Publication
from offchain.ports import Chain, ContentStore
from offchain.protocol.words.actions import Share
from offchain.protocol.words.chain_status import ChainStatus
from offchain.protocol.words.orders import SignedOrder
from offchain.refusals import RefusalCode

log = structlog.get_logger()

EARLY = frozenset(
    {
        RefusalCode.UNKNOWN_DATA,
        RefusalCode.NULLIFIER_USED,
        RefusalCode.ROUND,
        RefusalCode.TOO_EARLY,
    }
)
"""Refusals that another block may turn into acceptance."""

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a data transaction, and the hashes of the files that are still to come."""

    verdict: Verdict
    missing: tuple[bytes, ...] = ()


class RelayerService:
    """Checks, keeps and sends. Its methods may be called from several threads.

    Args:
        chain: sends with the relayer's own account.
        store: where payloads go with their data transaction.
        follower: of the same chain.
        domain: what the deployment's hashes belong to.
        queue: what is accepted and not sent.
        timing: when what is accepted is sent.
        mixer: in which order.
        orders: takes orders; None: the relayer takes none.
        confirmations: EVM blocks after which what is on chain is forgotten.
        flights: how much is on its way at once; None: one after the other.
    """

    def __init__(
        self,
        chain: Chain,
        store: ContentStore,
        follower: ChainFollower,
        domain: Domain,
        queue: RelayerQueue,
        timing: Timing,
        mixer: Mixer,
        orders: OrderDesk | None = None,
        confirmations: int = 0,
        flights: Flights | None = None,
    ) -> None:
        self._chain = chain
        self._follower = follower
        self._domain = domain
        self._queue = queue
        self._orders = orders
        # The history must not grow while a message is checked against it.
        self._lock = threading.Lock()
        self.work_log = WorkLog(timing.clock)
        self._sending = Sending(
            chain,
            store,
            follower,
            self._admission,
            queue,
            timing,
            mixer,
            orders,
            self._lock,
            confirmations,
            flights or Flights(),
        )

    def submit(self, share: Share) -> Taken:
        """Take a data transaction in; its files come after it, see `add_file`.

        Only who can sign as a member gets anything kept. The same bytes again are known.

        Raises:
            Refused: it breaks a rule, or something else waits, or is on chain, under its nullifier.
            ChainError: the chain cannot be asked.
            StoreError: it cannot be kept.
        """
        waits = self._queue.shares.like(share)
        if waits == share:
            return Taken(Verdict.KNOWN, self._queue.missing(share))
        verdict, ring = self._judge(
            lambda rules: (rules.check_share(share.transaction), rules.ring)
        )
        if verdict is Verdict.KNOWN:
            return Taken(Verdict.KNOWN)
        if waits is None:
            # Without the lock: it takes some milliseconds, and others' messages must not hold up
            # what is to be sent.
            verify_signature(self._domain, share, ring)
            waits = self._queue.shares.put(share)
        if waits is None:
            raise self._queue.shares.refusal()
        if waits != share:
            raise Refused(RefusalCode.NULLIFIER_USED, "another transaction of its nullifier waits")
        return Taken(Verdict.NEW, self._queue.missing(share))

    def expect_file(self, digest: bytes) -> None:
        """Refuse a file that no data transaction names: nobody else's fill the disk."""
        if not self._queue.expects(digest):
            raise Refused(RefusalCode.UNKNOWN_FILE, f"no transaction names the file {digest.hex()}")

    def add_file(self, digest: bytes, content: bytes) -> Verdict:
        """Take a sealed file of a data transaction that waits; `Refused` if it is not the one.

        Raises:
            StoreError: it cannot be kept.
        """
        self.expect_file(digest)
        if self._queue.files.has(digest):
            return Verdict.KNOWN
        if not OVERHEAD < len(content) <= MAX_FILE:
            raise Refused(
                RefusalCode.FILE_SIZE,
                f"the file has {len(content)} bytes, allowed are {OVERHEAD + 1} to {MAX_FILE}",
            )
        found = hashlib.sha256(content).digest()
        if found != digest:
            raise Refused(
                RefusalCode.FILE_HASH,
                f"the file's sha2-256 is {found.hex()}, the transaction says {digest.hex()}",
            )
        self._queue.files.put(content)
        return Verdict.NEW

    def publish(self, keys: Publication) -> Verdict:
        """Take keys in, or raise `Refused`; ``StoreError`` if they cannot be kept."""
        verdict = self._judge(lambda rules: rules.check_keys(keys))
        if verdict is Verdict.KNOWN or self._queue.keys.like(keys) is not None:
            return Verdict.KNOWN
        if self._queue.keys.put(keys) is None:
            raise self._queue.keys.refusal()
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
        status = self.status
        return {
            "chainId": status.chain_id,
            "modelChain": self._domain.contract,
            "account": self._chain.account,
            "block": status.block_number,
            "collecting": status.collection.round,
            "competing": status.competition.round,
            "phase": status.competition.phase.name,
            "queuedTransactions": len(self._queue.shares),
            "queuedKeys": len(self._queue.keys),
            "queuedOrders": len(self._queue.orders),
            "dropped": self.dropped(),
        }

    @property
    def status(self) -> ChainStatus:
        """The chain as it was seen last."""
        with self._lock:
            return self._follower.status

    def dropped(self) -> Mapping[str, Mapping[str, int]]:
        """How many entries were dropped, by kind and the reason's word."""
        return self._queue.database.dropped()

    def depth(self) -> Mapping[str, tuple[int, int]]:
        """How many entries of each kind wait, and how many may."""
        lanes = (self._queue.shares, self._queue.keys, self._queue.orders)
        return {lane.kind: (len(lane), lane.maximum) for lane in lanes}

    def work(self) -> bool:
        """Catch up with the chain and send what is due; False if nothing was sent.

        Raises:
            ChainError: the chain cannot be used; nothing is lost.
            StoreError: the queue cannot be written.
        """
        try:
            sent = self._sending.work()
        except ModelChainError as error:
            self.work_log.failed(error)
            raise
        self.work_log.succeeded()
        return sent

    def _judge(self, check: Callable[[Admission], Found]) -> Found:
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
            self._chain.parameters, self._domain, self._follower.status, self._follower.history
        )


def keep_working(
    service: RelayerService,
    stopped: threading.Event,
    pause_seconds: float = 0.1,
    watch: Watch | None = None,
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
                if watch is not None:
                    watch.looked(service.status)
            except FOREIGN_CHAIN as error:
                service.work_log.foreign = error
                return
            except ModelChainError as error:
                pause = min(5.0, 2 * pause)
                if watch is not None:
                    watch.failed(error)
                log.warning("could not send, trying again", reason=str(error))
            stopped.wait(pause)
    except BaseException:
        service.work_log.broken = True
        raise
    finally:
        stopped.set()
