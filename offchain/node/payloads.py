"""Opens shared parts: fetched by hash, decrypted with the published key, checked by the task.

What comes out is the same for every node that holds the bytes; what cannot be fetched is tried
again and again, ever more rarely. A part that was checked is known by the root of its samples; all
of a data transaction's make the samples root that its sharer signed.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum

import structlog

from offchain.crypto.hashing import HASH_BYTES, Domain
from offchain.errors import PayloadError, StoreError, StoreUnreachableError
from offchain.learning.samples_root import part_root, samples_root
from offchain.node.journal import Journal
from offchain.ports import ContentStore, Learner
from offchain.protocol.deciding.retention import EARLIER_ROUNDS
from offchain.protocol.history.entries import SharedData
from offchain.storage.fetching import ContentPendingError
from offchain.storage.opened import OWN_TROUBLE, open_part, read_records

log = structlog.get_logger()

_FIRST_RETRY_SECONDS = 0.5
_LAST_RETRY_SECONDS = 60.0

_MOST_RESTS = 32_768
"""Files that could not be fetched, of which it is remembered when they are asked for again."""

_UNUSABLE = b""
"""Stands for the root of a part that does not decrypt or does not pass the task's check."""


class DataState(Enum):
    """How far some of a data transaction's parts are: all training parts, or all parts."""

    SEALED = "sealed"  # their keys are not published
    WAITING = "not checked yet"  # a file cannot be fetched, or was not looked at
    UNUSABLE = "not usable"  # one is not canonical, or the samples root is another
    OPEN = "open"


@dataclass(slots=True)
class _Found:
    """What was found of a data transaction: the roots of its parts, by part.

    Attributes:
        round: in which it was shared.
        roots: of the parts that were looked at.
        trains: whether all training parts are known to be open.
        sound: whether all parts together are what was signed; None: that is not known yet.
    """

    round: int
    roots: dict[int, bytes]
    trains: bool = False
    sound: bool | None = None


@dataclass(slots=True)
class _Retry:
    """When a file that could not be fetched is asked for again."""

    at: float
    pause: float


class PayloadNotOpen(StoreError):
    """A part is needed and cannot be had."""

    def __init__(self, data: SharedData, part: int, reason: str) -> None:
        super().__init__(
            f"part {part} of data transaction {data.shared.index} of round {data.shared.round} "
            f"cannot be used: {reason}"
        )
        self.data = data
        self.part = part


class Payloads:
    """Payload plaintexts by data transaction and part.

    Plaintexts are kept in memory up to ``cache_bytes`` and fetched again beyond that. What is older
    than training looks back is let go of; who asks for it nevertheless waits for store and journal.

    Args:
        store: where sealed parts are.
        learner: the task that checks payloads.
        domain: the deployment's.
        journal: remembers what was found.
        clock: seconds, for retries.
    """

    def __init__(
        self,
        store: ContentStore,
        learner: Learner,
        domain: Domain,
        journal: Journal,
        clock: Callable[[], float],
        cache_bytes: int = 256 << 20,
    ) -> None:
        self._store = store
        self._learner = learner
        self._domain = domain
        self._journal = journal
        self._clock = clock
        self._cache_bytes = cache_bytes
        self._cached: OrderedDict[tuple[int, bytes, int], bytes] = OrderedDict()
        self._cached_size = 0
        self._oldest = 0
        self._found: dict[bytes, _Found] = {}
        self._retries: dict[bytes, _Retry] = {}
        self._is_cut_off = False
        # Evaluation fetches plaintexts in a thread of its own.
        self._lock = threading.Lock()

    @property
    def is_cut_off(self) -> bool:
        """Whether the node's own store does not answer, which says nothing about what it holds."""
        return self._is_cut_off

    def training_state(self, data: SharedData) -> DataState:
        """How far the training parts are, as far as `open_some` has come."""
        if data.training_words is None:
            return DataState.SEALED
        found = self._known(data)
        if found.trains:
            return DataState.OPEN
        training = [part for part in range(len(data.training_words)) if not data.is_test(part)]
        state = _state(found, training)
        found.trains = state is DataState.OPEN
        return state

    def state(self, data: SharedData) -> DataState:
        """How far all parts are; `UNUSABLE` also where their samples root is not the signed one."""
        if data.training_words is None or data.test_words is None:
            return DataState.SEALED
        found = self._known(data)
        if found.sound is None:
            parts = range(len(data.training_words))
            state = _state(found, parts)
            if state is not DataState.OPEN:
                return state
            root = samples_root([found.roots[part] for part in parts])
            found.sound = root == data.record.samples_root
        return DataState.OPEN if found.sound else DataState.UNUSABLE

    def part_roots(self, data: SharedData) -> list[bytes]:
        """The roots of all parts of a data transaction that is open."""
        roots = self._known(data).roots
        return [roots[part] for part in range(len(data.shared.payload_hashes))]

    def plaintext(self, data: SharedData, part: int) -> bytes:
        """A part's payload.

        Raises:
            PayloadNotOpen: it is sealed, or not usable, or its file cannot be fetched.
        """
        place = (data.shared.round, data.id, part)
        with self._lock:
            cached = self._cached.get(place)
            if cached is not None:
                self._cached.move_to_end(place)
                return cached
        key = data.key(part)
        if key is None:
            raise PayloadNotOpen(data, part, "its key is not published")
        try:
            return self._decrypt(data, part, key)
        except (PayloadError, StoreError) as error:
            raise PayloadNotOpen(data, part, str(error)) from error

    def open_some(self, transactions: Iterable[SharedData], limit: int) -> None:
        """Open up to ``limit`` parts whose keys are published and that are not open yet."""
        done = 0
        for data in transactions:
            known = self._known(data).roots
            if len(known) >= data.keys_out:
                continue
            for part, digest in enumerate(data.shared.payload_hashes):
                key = data.key(part)
                if key is None or part in known or not self._is_due(digest):
                    continue
                if done >= limit:
                    return
                done += self._open(data, part, key)

    def _known(self, data: SharedData) -> _Found:
        """What was found of a data transaction, which may be nothing yet."""
        self._forget_before(data.shared.round - EARLIER_ROUNDS)
        found = self._found.get(data.id)
        if found is None:
            # The journal is asked once: it knows nothing that did not go through here since.
            kept = self._journal.part_roots(data.id)
            roots = {part: root for part, root in kept.items() if len(root) in (0, HASH_BYTES)}
            found = self._found[data.id] = _Found(data.shared.round, roots)
        return found

    def _forget_before(self, oldest: int) -> None:
        """Drop what is of rounds before this one, once the chain has come so far."""
        if oldest <= self._oldest:
            return
        self._oldest = oldest
        # Training gathers its parts in a thread of its own.
        for data_id, found in list(self._found.items()):
            if found.round < oldest:
                del self._found[data_id]
        with self._lock:
            for place in [place for place in self._cached if place[0] < oldest]:
                self._cached_size -= len(self._cached.pop(place))
        if len(self._retries) > _MOST_RESTS:
            now = self._clock()
            self._retries = {k: retry for k, retry in self._retries.items() if retry.at > now}

    def _is_due(self, digest: bytes) -> bool:
        retry = self._retries.get(digest)
        return retry is None or self._clock() >= retry.at

    def _open(self, data: SharedData, part: int, key: bytes) -> bool:
        """Open a part, as far as its file is there; False while the store has not answered."""
        digest = data.shared.payload_hashes[part]
        try:
            plaintext = self._decrypt(data, part, key)
            root = part_root(read_records(plaintext, digest, self._learner))
            self._cache(data, part, plaintext)
        except PayloadError as error:
            self._tell("a part cannot be used", data, part, error)
            root = _UNUSABLE
        except ContentPendingError:
            return False
        except OWN_TROUBLE as error:
            self._rest(digest)
            if not isinstance(error, StoreError):
                self._tell("a part cannot be opened now", data, part, error)
            return True
        self._known(data).roots[part] = root
        self._journal.keep_part_root(data.id, part, root)
        return True

    def _tell(self, what: str, data: SharedData, part: int, error: Exception) -> None:
        log.warning(
            what,
            round=data.shared.round,
            data=data.shared.index,
            part=part,
            reason=str(error) or type(error).__name__,
        )

    def _decrypt(self, data: SharedData, part: int, key: bytes) -> bytes:
        """The plaintext; `PayloadError` if the bytes do not decrypt, `StoreError` without them."""
        digest = data.shared.payload_hashes[part]
        length = self._learner.payload_bytes
        return open_part(self._fetch(digest), digest, data.record, part, key, self._domain, length)

    def _fetch(self, digest: bytes) -> bytes:
        try:
            content = self._store.get(digest)
        except StoreError as error:
            self._is_cut_off = isinstance(error, StoreUnreachableError)
            raise
        self._is_cut_off = False
        self._retries.pop(digest, None)
        return content

    def _rest(self, digest: bytes) -> None:
        """Leave a file alone for a while, twice as long as the last time."""
        retry = self._retries.get(digest)
        pause = _FIRST_RETRY_SECONDS if retry is None else 2 * retry.pause
        pause = min(_LAST_RETRY_SECONDS, pause)
        self._retries[digest] = _Retry(self._clock() + pause, pause)

    def _cache(self, data: SharedData, part: int, plaintext: bytes) -> None:
        with self._lock:
            self._cached[data.shared.round, data.id, part] = plaintext
            self._cached_size += len(plaintext)
            while self._cached_size > self._cache_bytes:
                _, dropped = self._cached.popitem(last=False)
                self._cached_size -= len(dropped)


def _state(found: _Found, parts: Iterable[int]) -> DataState:
    """How far some parts of a data transaction are."""
    roots = [found.roots.get(part) for part in parts]
    if _UNUSABLE in roots:
        return DataState.UNUSABLE
    return DataState.WAITING if None in roots else DataState.OPEN
