"""Brings what a relayer accepted on chain, mixed, each thing once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import structlog

from offchain.chain.follower import ChainFollower
from offchain.errors import ModelChainError, RevertedError, StoreError
from offchain.node.flights import Flights
from offchain.node.kept_files import KeptFiles
from offchain.node.relayer.admission import Admission
from offchain.node.relayer.mixing import Mixer, Place, Timing
from offchain.node.relayer.orders import OrderDesk
from offchain.node.relayer.queue import RelayerQueue, keys_name, share_name
from offchain.node.relayer.refused import Refused, Verdict
from offchain.node.relayer.wire import Publication
from offchain.ports import Chain, ContentStore, Receipt
from offchain.protocol.words.actions import Share
from offchain.protocol.words.chain_status import ChainStatus
from offchain.protocol.words.contract_errors import ContractError
from offchain.refusals import RefusalCode, revert_code

log = structlog.get_logger()

AT_ONCE: Final = 16
"""Entries that are sent before orders have their turn, and that are on their way at once: as many
transactions of one account as every node keeps."""

LOST_RACES: Final = frozenset(
    {
        RefusalCode.NULLIFIER_USED,
        ContractError.NULLIFIER_USED,
        ContractError.ALREADY_PUBLISHED,
    }
)
"""What rules and contract say where another relayer, or the sharer itself, was first."""

Entry = Share | Publication


def entry_name(entry: Entry) -> str:
    """What an entry is called among all."""
    return share_name(entry) if isinstance(entry, Share) else keys_name(entry)


@dataclass(slots=True)
class Sending:
    """Sends what waits in a queue, several entries at once. One thread works at a time.

    Attributes:
        chain: sends with the relayer's own account.
        store: where sealed files go with their data transaction.
        follower: of the same chain.
        admission: the rules at the follower's block.
        queue: what is accepted and not sent.
        timing: in which windows it is sent.
        mixer: at which moments, in which order.
        orders: carries orders out; None if the relayer takes none.
        lock: held while the follower's history is read or grows.
        confirmations: EVM blocks after which what is on chain is forgotten, and what came too late
            dropped: until then blocks may be taken back, and it is sent again.
        flights: what is on its way, by the entries' names.
    """

    chain: Chain
    store: ContentStore
    follower: ChainFollower
    admission: Callable[[], Admission]
    queue: RelayerQueue
    timing: Timing
    mixer: Mixer
    orders: OrderDesk | None
    lock: threading.Lock
    confirmations: int = 0
    flights: Flights = field(default_factory=Flights)
    _sent: dict[str, Entry] = field(default_factory=dict, init=False)
    _swept: ChainStatus | None = field(default=None, init=False)
    _over: dict[str, int] = field(default_factory=dict, init=False)

    def work(self) -> bool:
        """Catch up with the chain and send what is due; False if nothing was sent.

        Raises:
            ChainError: the chain cannot be used; nothing is lost.
            StoreError: queue or store cannot be written.
        """
        # First what is on its way since before a restart: only then is it known what is left to
        # send.
        self.chain.settle()
        self._refresh()
        if isinstance(self.store, KeptFiles):
            self.store.look(self.follower.status)
        landed = self._land()
        if self._swept is not self.follower.status:
            self._sweep()
        sent = self._send_due() or landed
        if self.orders is not None:
            sent = self.orders.send() or sent
        return sent

    def _refresh(self) -> None:
        with self.lock:
            self.follower.refresh()

    # ---- what need not wait any more ---------------------------------------------------------

    def _sweep(self) -> None:
        """Forget what is on chain, and drop what came too late, with the reason."""
        with self.lock:
            status = self.follower.status
            found = [(entry, self._verdict(entry)) for entry in self._waiting()]
        over: dict[str, int] = {}
        for entry, verdict in found:
            is_early = isinstance(verdict, Refused) and verdict.code is RefusalCode.TOO_EARLY
            if verdict is Verdict.NEW or is_early:
                continue
            block = status.block_number
            since = min(block, self._over.get(entry_name(entry), block))
            if block - since < self.confirmations:
                over[entry_name(entry)] = since
            elif isinstance(verdict, Refused):
                self._drop(entry, verdict)
            else:
                self._remove(entry)
        self._over = over
        self.queue.forget_files()
        self._swept = status

    def _waiting(self) -> list[Entry]:
        """What waits and is not on its way."""
        waiting: tuple[Entry, ...] = (*self.queue.shares.all(), *self.queue.keys.all())
        return [entry for entry in waiting if entry_name(entry) not in self.flights]

    def _verdict(self, entry: Entry) -> Verdict | Refused:
        """What the rules say of an entry now; with the lock held."""
        try:
            return self.admission().check_waiting(entry)
        except Refused as refused:
            return refused

    def _remove(self, entry: Entry) -> None:
        if isinstance(entry, Share):
            self.queue.shares.remove([entry])
        else:
            self.queue.keys.remove([entry])

    def _drop(self, entry: Entry, refused: Refused) -> None:
        if refused.code in LOST_RACES:
            self._remove(entry)
        elif isinstance(entry, Share):
            self.queue.shares.drop(entry, refused.code, str(refused))
        else:
            self.queue.keys.drop(entry, refused.code, str(refused))

    # ---- what is due -------------------------------------------------------------------------

    def _send_due(self) -> bool:
        entries, places = self._ready()
        sent = False
        failed: StoreError | None = None
        for name in self.mixer.due(places)[:AT_ONCE]:
            if not self.flights.free:
                break
            try:
                sent = self._send(entries[name]) or sent
            except StoreError as error:
                # Keys need no store, and must not be late for it.
                failed = error
        if failed is not None:
            raise failed
        return sent

    def _land(self) -> bool:
        """Take what became of the entries that were on their way; whether one is on chain.

        Raises:
            ModelChainError: one was not brought; it waits on.
        """
        mined: list[tuple[Entry, Receipt]] = []
        failed: ModelChainError | None = None
        for one in self.flights.landed():
            entry = self._sent.pop(one.name)
            try:
                mined.append((entry, one.receipt()))
            except RevertedError as error:
                self._drop(entry, Refused(revert_code(error.name), str(error)))
            except ModelChainError as error:
                failed = error
        if mined:
            # The history must know it before the queue forgets it, or what is handed in again in
            # between would be taken for new.
            self._refresh()
        for entry, receipt in mined:
            log.info("sent", what=type(entry).__name__, gas=receipt.gas_used)
            if self.confirmations:
                self._over[entry_name(entry)] = receipt.block_number
            else:
                self._remove(entry)
        if failed is not None:
            raise failed
        return bool(mined)

    def _ready(self) -> tuple[dict[str, Entry], dict[str, Place]]:
        """What could go on chain now, by name, and where the chain is for each."""
        entries: dict[str, Entry] = {}
        places: dict[str, Place] = {}
        status = self.follower.status
        for share in self.queue.shares.all():
            name = share_name(share)
            if name in self.flights:
                continue
            if name not in self._over and not self.queue.missing(share):
                entries[name], places[name] = share, self.timing.shares(status)
        with self.lock:
            timely = [
                keys
                for keys in self.queue.keys.all()
                if keys_name(keys) not in self.flights and self._verdict(keys) is Verdict.NEW
            ]
        for keys in timely:
            name = keys_name(keys)
            entries[name], places[name] = keys, self.timing.keys(status)
        return entries, places

    def _send(self, entry: Entry) -> bool:
        """Send one entry, if it is still to be sent."""
        with self.lock:
            verdict = self._verdict(entry)
        if verdict is not Verdict.NEW:
            self._swept = None
            return False
        name = entry_name(entry)

        def bring() -> Receipt:
            if isinstance(entry, Share):
                self._publish_files(entry)
            return self.chain.execute(entry)

        self._sent[name] = entry
        self.flights.begin(name, bring)
        return self._land() if self.flights.are_waited_for else True

    def _publish_files(self, share: Share) -> None:
        """Put the sealed files where everybody finds them."""
        for digest in share.transaction.payload_hashes:
            self.store.put(self.queue.files.get(digest))
