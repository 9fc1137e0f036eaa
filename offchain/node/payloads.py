"""Opens shared payloads: fetched by hash, decrypted with the published key, checked by the task.

What comes out is the same for every node that holds the bytes; what cannot be fetched is tried
again and again, ever more rarely.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum

import structlog

from offchain.chain.domains import Domains
from offchain.errors import PayloadError, StoreError, StoreUnreachableError
from offchain.node.journal import Journal
from offchain.ports import ContentStore, Learner
from offchain.protocol.rules.dataset import DataItem
from offchain.storage.opened import OWN_TROUBLE, count_samples, open_payload

log = structlog.get_logger()

_FIRST_RETRY_SECONDS = 0.5
_LAST_RETRY_SECONDS = 60.0


class PayloadState(Enum):
    """How far an item's payload is."""

    SEALED = "sealed"  # its key is not published
    MISSING = "missing"  # its bytes cannot be fetched
    UNSOUND = "unsound"  # its bytes do not decrypt or do not pass the task's check
    OPEN = "open"


@dataclass(slots=True)
class _Retry:
    """When a payload that could not be fetched is asked for again, and whether it is missing."""

    at: float
    pause: float
    missing: bool


class PayloadNotOpen(StoreError):
    """A payload is needed and cannot be had."""

    def __init__(self, number: int, state: PayloadState) -> None:
        super().__init__(f"item {number} is {state.value}: its payload cannot be used")
        self.number = number
        self.state = state


class Payloads:
    """Payload plaintexts by item.

    Plaintexts are kept in memory up to ``cache_bytes`` and fetched again beyond that.

    Args:
        store: where payloads are.
        learner: the task that checks them.
        domains: the deployment's hash domains.
        journal: remembers what was found.
        maximum_samples: samples that one item may have.
        clock: seconds, for retries.
    """

    def __init__(
        self,
        store: ContentStore,
        learner: Learner,
        domains: Domains,
        journal: Journal,
        maximum_samples: int,
        clock: Callable[[], float],
        cache_bytes: int = 256 << 20,
    ) -> None:
        self._store = store
        self._learner = learner
        self._domains = domains
        self._journal = journal
        self._maximum_samples = maximum_samples
        self._clock = clock
        self._cache_bytes = cache_bytes
        self._cached: OrderedDict[bytes, bytes] = OrderedDict()
        self._cached_size = 0
        self._samples: dict[bytes, int | None] = {}
        self._unopened: set[bytes] = set()
        self._retries: dict[bytes, _Retry] = {}
        self._fetched: set[bytes] = set()
        # Evaluation fetches plaintexts in a thread of its own.
        self._lock = threading.Lock()

    def state(self, item: DataItem) -> PayloadState:
        """How far an item's payload is, as far as `open_some` has come."""
        known, samples = self._known(item)
        if known:
            return PayloadState.UNSOUND if samples is None else PayloadState.OPEN
        retry = self._retries.get(item.item.payload_hash)
        if retry is not None and retry.missing:
            return PayloadState.MISSING
        return PayloadState.SEALED

    def samples(self, item: DataItem) -> int | None:
        """Samples of an item, None if its payload is unsound.

        Raises:
            PayloadNotOpen: it was not opened yet.
        """
        known, samples = self._known(item)
        if not known:
            raise PayloadNotOpen(item.number, self.state(item))
        return samples

    def plaintext(self, item: DataItem) -> bytes:
        """An item's payload.

        Raises:
            PayloadNotOpen: it is sealed or unsound.
            StoreError: it was there and cannot be fetched any more.
        """
        with self._lock:
            cached = self._cached.get(item.item_id)
            if cached is not None:
                self._cached.move_to_end(item.item_id)
                return cached
        if item.key is None:
            raise PayloadNotOpen(item.number, PayloadState.SEALED)
        if self.state(item) is PayloadState.UNSOUND:
            raise PayloadNotOpen(item.number, PayloadState.UNSOUND)
        plaintext = self._decrypt(item, item.key)
        if plaintext is None:
            raise PayloadNotOpen(item.number, PayloadState.UNSOUND)
        return plaintext

    def open_some(self, items: Iterable[DataItem], limit: int) -> int:
        """Open up to ``limit`` items that are not; returns how many there were to do."""
        done = 0
        for item in items:
            if done >= limit:
                break
            if item.key is None or self._known(item)[0] or not self._is_due(item):
                continue
            self._open(item, item.key)
            done += 1
        return done

    def look_for(self, items: Iterable[DataItem], limit: int) -> int:
        """Fetch the sealed files of up to ``limit`` items, each once, without opening them.

        A file of the right name that is damaged, cut or too large is missing as well, and must be
        reported before the item's key makes it too late.
        """
        done = 0
        for item in items:
            if done >= limit:
                break
            digest = item.item.payload_hash
            if self._known(item)[0] or digest in self._fetched or not self._is_due(item):
                continue
            self._fetch(digest)
            done += 1
        return done

    def missing(self, items: Iterable[DataItem]) -> tuple[int, ...]:
        """Numbers of the items whose bytes were asked for and cannot be fetched."""
        return tuple(item.number for item in items if self.state(item) is PayloadState.MISSING)

    def _known(self, item: DataItem) -> tuple[bool, int | None]:
        if item.item_id in self._samples:
            return True, self._samples[item.item_id]
        # The journal is asked once: it knows nothing that did not go through this object since.
        if item.item_id in self._unopened:
            return False, None
        known, samples = self._journal.samples(item.item_id)
        if known:
            self._samples[item.item_id] = samples
        else:
            self._unopened.add(item.item_id)
        return known, samples

    def _is_due(self, item: DataItem) -> bool:
        retry = self._retries.get(item.item.payload_hash)
        return retry is None or self._clock() >= retry.at

    def _open(self, item: DataItem, key: bytes) -> None:
        samples: int | None = None
        try:
            plaintext = self._decrypt(item, key)
            if plaintext is not None:
                samples = self._count(item, plaintext)
                if samples is not None:
                    self._cache(item.item_id, plaintext)
        except PayloadNotOpen:
            return
        except OWN_TROUBLE as error:
            self._rest(item.item.payload_hash, missing=False)
            log.warning(
                "a payload cannot be opened now",
                item=item.number,
                reason=str(error) or type(error).__name__,
            )
            return
        self._samples[item.item_id] = samples
        self._unopened.discard(item.item_id)
        self._journal.keep_samples(item.item_id, samples)

    def _decrypt(self, item: DataItem, key: bytes) -> bytes | None:
        """The plaintext, None if the bytes do not decrypt; ``PayloadNotOpen`` if there are none."""
        sealed = self._fetch(item.item.payload_hash)
        if sealed is None:
            raise PayloadNotOpen(item.number, PayloadState.MISSING)
        try:
            return open_payload(sealed, item, key, self._domains.data_registry)
        except PayloadError as error:
            log.info("a payload is not sound", item=item.number, reason=str(error))
            return None

    def _count(self, item: DataItem, plaintext: bytes) -> int | None:
        """Samples in a plaintext, None if the task refuses it or there are too many."""
        try:
            return count_samples(plaintext, item, self._learner, self._maximum_samples)
        except PayloadError as error:
            log.info("a payload is not sound", item=item.number, reason=str(error))
            return None

    def _fetch(self, digest: bytes) -> bytes | None:
        try:
            content = self._store.get(digest)
        except StoreError as error:
            # A store that is down tells nothing: its items must not be reported as missing.
            self._rest(digest, missing=not isinstance(error, StoreUnreachableError))
            self._fetched.discard(digest)
            log.debug("a payload cannot be fetched", digest=digest.hex(), reason=str(error))
            return None
        self._retries.pop(digest, None)
        self._fetched.add(digest)
        return content

    def _rest(self, digest: bytes, *, missing: bool) -> None:
        """Leave a file alone for a while, twice as long as the last time."""
        retry = self._retries.get(digest)
        pause = _FIRST_RETRY_SECONDS if retry is None else 2 * retry.pause
        pause = min(_LAST_RETRY_SECONDS, pause)
        self._retries[digest] = _Retry(self._clock() + pause, pause, missing)

    def _cache(self, item_id: bytes, plaintext: bytes) -> None:
        with self._lock:
            self._cached[item_id] = plaintext
            self._cached_size += len(plaintext)
            while self._cached_size > self._cache_bytes:
                _, dropped = self._cached.popitem(last=False)
                self._cached_size -= len(dropped)
