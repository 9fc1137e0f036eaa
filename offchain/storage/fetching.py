"""A content store that answers at once: what takes long goes on beside, and is asked for again.

A program's loop must not wait for files of strangers: a daemon searches for each one that nobody
has for ten seconds, and one that hangs says nothing at all.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from offchain.errors import StoreError, StoreUnreachableError
from offchain.ports import ContentStore

MOMENT_SECONDS: Final = 0.25
"""How long a caller waits: a store on this machine answers within it. Nobody waits while something
else is waited for longer than that."""

THREADS: Final = 4
WAITING: Final = 64
"""Requests that wait for a thread at most; further ones are made when they are asked for again."""

SILENCE_SECONDS: Final = 60.0
"""After so long a request counts as not answered, whatever becomes of it."""

FIRST_REST_SECONDS: Final = 0.5
LAST_REST_SECONDS: Final = 60.0
"""A file that could not be had is asked for again after so long, twice as long every time."""

IDLE_SECONDS: Final = 5.0
"""A thread without work ends after so long."""

CACHE_BYTES: Final = 32 << 20
CACHE_SECONDS: Final = 120.0
"""Files are held for who asks again soon: so many bytes, and none that nobody asked for so long."""

_REMEMBERED: Final = 4_096
"""Answers that nobody took, and files that could not be had, which are remembered."""


class ContentPendingError(StoreUnreachableError):
    """A store has not answered yet: what it holds is not known. Asking again does no harm."""

    def __init__(self) -> None:
        StoreError.__init__(self, "the store has not answered yet")
        self.store = "the store"


class NoAnswerError(StoreUnreachableError):
    """A store did not answer a request in `SILENCE_SECONDS`."""

    def __init__(self) -> None:
        super().__init__("the store", f"nothing in {SILENCE_SECONDS:g} s")


@dataclass(slots=True)
class _Request:
    """Something asked of the store, what came of it, and since when a thread is at it."""

    ask: Callable[[], bytes]
    done: threading.Event = field(default_factory=threading.Event)
    began: float | None = None
    came_to: bytes | Exception = b""


@dataclass(slots=True)
class _Rest:
    """Why a file could not be had, and when it is asked for again."""

    error: Exception
    until: float
    seconds: float


@dataclass(slots=True)
class _Held:
    """A file, and when it was last asked for."""

    content: bytes
    asked: float


class FetchingStore(ContentStore):
    """Another store, asked by threads of its own. May be used by several threads.

    A method that can't answer within a moment raises `ContentPendingError`. A store that does not
    have a file is asked for it ever more rarely; in between what it said is said again.

    Args:
        store: the other one, which several threads may use.
        waits: whether the calling thread may wait for the answer, up to `SILENCE_SECONDS`.
        clock: seconds, for rests.
    """

    def __init__(
        self,
        store: ContentStore,
        waits: Callable[[], bool] = lambda: False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._waits = waits
        self._clock = clock
        self._lock = threading.Lock()
        self._work = threading.Condition(self._lock)
        self._queue: deque[_Request] = deque()
        self._requests: dict[tuple[str, bytes], _Request] = {}
        self._rests: dict[tuple[str, bytes], _Rest] = {}
        self._cache: OrderedDict[bytes, _Held] = OrderedDict()
        self._cached = 0
        self._threads = 0
        self._running: list[_Request] = []
        self._lost = 0

    def put(self, content: bytes) -> bytes:
        """Keep a file; `ContentPendingError` until it is kept, and raises as the store does."""
        digest = hashlib.sha256(content).digest()
        return self._answer(("put", digest), lambda: self._store.put(content))

    def get(self, digest: bytes) -> bytes:
        """Fetch a file; `ContentPendingError` until it is there, and raises as the store does."""
        with self._lock:
            self._drop()
            held = self._cache.get(digest)
            if held is not None:
                held.asked = self._clock()
                self._cache.move_to_end(digest)
                return held.content
        return self._answer(("get", digest), lambda: self._store.get(digest))

    def has(self, digest: bytes) -> bool:
        """Whether a file can be fetched; `ContentPendingError` until that is known."""
        found = self._answer(("has", digest), lambda: bytes([self._store.has(digest)]))
        return bool(found[0])

    # ---- asking ------------------------------------------------------------------------------

    def _answer(self, key: tuple[str, bytes], ask: Callable[[], bytes]) -> bytes:
        """What a request comes to, once it came to something.

        Raises:
            ContentPendingError: not yet.
            Exception: whatever the store raised.
        """
        with self._lock:
            request = self._requests.get(key)
            if request is None:
                rest = self._rests.get(key)
                if rest is not None and self._clock() < rest.until:
                    # Said again and again, an error would gather the frames of all who heard it.
                    raise rest.error.with_traceback(None)
                request = self._begin(key, ask)
            seconds = self._patience()
        if not request.done.wait(seconds) and self._waits():
            with self._lock:
                self._give_up(request)
        if not request.done.is_set():
            raise ContentPendingError
        return self._take(key, request)

    def _patience(self) -> float:
        """Seconds that the caller waits for an answer; with the lock held."""
        if self._waits():
            return SILENCE_SECONDS
        now = time.monotonic()
        for request in list(self._running):
            if request.began is not None and now - request.began >= SILENCE_SECONDS:
                self._give_up(request)
        late = any(r.began is None or now - r.began > MOMENT_SECONDS for r in self._running)
        return 0.0 if late or len(self._queue) > THREADS else MOMENT_SECONDS

    def _begin(self, key: tuple[str, bytes], ask: Callable[[], bytes]) -> _Request:
        """Ask, beside; with the lock held.

        Raises:
            ContentPendingError: too much waits already.
        """
        if len(self._queue) >= WAITING and not self._waits():
            raise ContentPendingError
        self._forget()
        request = self._requests[key] = _Request(ask)
        self._queue.append(request)
        # A thread that hangs is lost: others take its place, so many and no more.
        if self._threads < min(THREADS + self._lost, 4 * THREADS):
            self._threads += 1
            threading.Thread(target=self._serve, name="store", daemon=True).start()
        self._work.notify()
        return request

    def _take(self, key: tuple[str, bytes], request: _Request) -> bytes:
        """The end of a request: the answer, or the error, after which the file rests."""
        found = request.came_to
        with self._lock:
            if self._requests.get(key) is request:
                del self._requests[key]
            if isinstance(found, bytes):
                self._rests.pop(key, None)
                if key[0] == "get":
                    self._remember(key[1], found)
            else:
                self._rest(key, found)
        if isinstance(found, Exception):
            raise found
        return found

    def _rest(self, key: tuple[str, bytes], error: Exception) -> None:
        before = self._rests.get(key)
        seconds = FIRST_REST_SECONDS if before is None else 2 * before.seconds
        if isinstance(error, StoreUnreachableError):
            # It says nothing of the file.
            seconds = FIRST_REST_SECONDS
        seconds = min(LAST_REST_SECONDS, seconds)
        self._rests[key] = _Rest(error, self._clock() + seconds, seconds)

    def _remember(self, digest: bytes, content: bytes) -> None:
        if digest in self._cache:
            return
        self._cache[digest] = _Held(content, self._clock())
        self._cached += len(content)
        self._drop()

    def _drop(self) -> None:
        """Let go of what nobody asked for in a while, and of what is too much; with the lock held.

        The file asked for last stays, however large it is.
        """
        oldest = self._clock() - CACHE_SECONDS
        while self._cache:
            first = next(iter(self._cache.values()))
            too_much = self._cached > CACHE_BYTES and len(self._cache) > 1
            if first.asked >= oldest and not too_much:
                return
            self._cache.popitem(last=False)
            self._cached -= len(first.content)

    def _forget(self) -> None:
        """Drop what nobody asked for again, once there is much of it; with the lock held."""
        if len(self._requests) > _REMEMBERED:
            self._requests = {k: r for k, r in self._requests.items() if not r.done.is_set()}
        if len(self._rests) > _REMEMBERED:
            now = self._clock()
            self._rests = {k: rest for k, rest in self._rests.items() if now < rest.until}

    # ---- beside ------------------------------------------------------------------------------

    def _serve(self) -> None:
        while True:
            with self._work:
                while not self._queue:
                    if not self._work.wait(IDLE_SECONDS) and not self._queue:
                        self._threads -= 1
                        return
                request = self._queue.popleft()
                request.began = time.monotonic()
                self._running.append(request)
            came_to: bytes | Exception
            try:
                came_to = request.ask()
            except Exception as error:  # noqa: BLE001  (raised where it was asked for)
                came_to = error
            with self._lock:
                if request.done.is_set():
                    # Its place was taken while it hung.
                    self._threads -= 1
                    self._lost -= 1
                    return
                self._running.remove(request)
                request.came_to = came_to
                request.done.set()

    def _give_up(self, request: _Request) -> None:
        """Let a request count as not answered; with the lock held."""
        if request.done.is_set():
            return
        if request in self._running:
            self._running.remove(request)
            self._lost += 1
        else:
            self._queue.remove(request)
        request.came_to = NoAnswerError()
        request.done.set()
