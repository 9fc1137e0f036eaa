"""A store that takes its time, or never answers, holds nobody up, and is asked in moderation."""

from __future__ import annotations

import hashlib
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from offchain.errors import ContentMissingError, StoreUnreachableError
from offchain.ports import ContentStore
from offchain.storage import fetching
from offchain.storage.fetching import ContentPendingError, FetchingStore, NoAnswerError
from tests.support.waiting import wait_until

FILES = [b"file %d" % number for number in range(40)]
DIGESTS = [hashlib.sha256(content).digest() for content in FILES]


@dataclass
class SlowStore(ContentStore):
    """Answers once its gate is open; some files hang for good."""

    gate: threading.Event = field(default_factory=threading.Event)
    files: dict[bytes, bytes] = field(default_factory=dict)
    hangs: set[bytes] = field(default_factory=set)
    asked: list[bytes] = field(default_factory=list)

    def put(self, content: bytes) -> bytes:
        digest = hashlib.sha256(content).digest()
        self._wait(digest)
        self.files[digest] = content
        return digest

    def get(self, digest: bytes) -> bytes:
        self._wait(digest)
        if digest not in self.files:
            raise ContentMissingError(digest)
        return self.files[digest]

    def has(self, digest: bytes) -> bool:
        self._wait(digest)
        return digest in self.files

    def _wait(self, digest: bytes) -> None:
        self.asked.append(digest)
        (threading.Event() if digest in self.hangs else self.gate).wait()


def pending(ask: Callable[[], object]) -> bool:
    try:
        ask()
    except ContentPendingError:
        return True
    return False


def in_time(ask: Callable[[], object]) -> None:
    wait_until(lambda: not pending(ask), "no answer")


@pytest.fixture
def slow() -> SlowStore:
    store = SlowStore()
    yield store
    store.gate.set()


def test_what_answers_at_once_is_given_at_once(slow: SlowStore):
    slow.gate.set()
    store = FetchingStore(slow)
    assert store.put(FILES[0]) == DIGESTS[0]
    assert store.get(DIGESTS[0]) == FILES[0]
    assert (store.has(DIGESTS[0]), store.has(DIGESTS[1])) == (True, False)


def test_many_files_that_do_not_come_take_one_moment_together(slow: SlowStore):
    store, began = FetchingStore(slow), time.monotonic()
    for _ in range(5):
        assert all(pending(lambda d=digest: store.get(d)) for digest in DIGESTS)
    assert pending(lambda: store.put(b"own"))
    assert time.monotonic() - began < 10 * fetching.MOMENT_SECONDS
    # Each is asked for once, by a few threads.
    wait_until(lambda: len(slow.asked) == fetching.THREADS, "the store is not asked")
    assert set(slow.asked) == set(DIGESTS[: fetching.THREADS])
    slow.files = dict(zip(DIGESTS, FILES, strict=True))
    slow.gate.set()
    for digest, content in zip(DIGESTS, FILES, strict=True):
        in_time(lambda d=digest: store.get(d))
        assert store.get(digest) == content
    in_time(lambda: store.put(b"own"))
    assert sorted(slow.asked[: len(DIGESTS)]) == sorted(DIGESTS)


def test_a_missing_file_is_asked_for_ever_more_rarely_and_found_when_it_comes(slow: SlowStore):
    now = [0.0]
    slow.gate.set()
    store = FetchingStore(slow, clock=lambda: now[0])
    asked: list[float] = []
    for tick in range(400):
        now[0] = tick / 2
        before = len(slow.asked)
        with pytest.raises(ContentMissingError):
            in_time(lambda: store.get(DIGESTS[0]))
        if len(slow.asked) > before:
            asked.append(now[0])
    assert asked[:6] == [0.0, 0.5, 1.5, 3.5, 7.5, 15.5]
    assert asked[6:] == [31.5, 63.5, 123.5, 183.5]
    slow.files[DIGESTS[0]] = FILES[0]
    now[0] += fetching.LAST_REST_SECONDS
    in_time(lambda: store.get(DIGESTS[0]))
    assert store.get(DIGESTS[0]) == FILES[0]


def test_what_nobody_asks_for_any_more_is_not_held(slow: SlowStore):
    now = [0.0]
    slow.gate.set()
    slow.files = dict(zip(DIGESTS, FILES, strict=True))
    store = FetchingStore(slow, clock=lambda: now[0])
    for wanted in DIGESTS[:2]:
        in_time(lambda d=wanted: store.get(d))
    now[0] = fetching.CACHE_SECONDS
    assert store.get(DIGESTS[0]) == FILES[0]
    assert slow.asked == DIGESTS[:2]
    now[0] += 1
    in_time(lambda: store.get(DIGESTS[1]))
    assert store.get(DIGESTS[0]) == FILES[0]
    assert slow.asked == [*DIGESTS[:2], DIGESTS[1]]


def test_an_error_that_is_said_again_holds_nobody_who_heard_it_before(slow: SlowStore):
    slow.gate.set()
    store = FetchingStore(slow, clock=lambda: 0.0)
    depths = []
    for _ in range(9):
        with pytest.raises(ContentMissingError) as said:
            in_time(lambda: store.get(DIGESTS[0]))
        depths.append(len(traceback.extract_tb(said.value.__traceback__)))
    assert max(depths[1:]) == depths[1]
    assert len(slow.asked) == 1


def test_who_may_wait_waits_for_what_comes(slow: SlowStore):
    slow.files[DIGESTS[0]] = FILES[0]
    threading.Timer(2 * fetching.MOMENT_SECONDS, slow.gate.set).start()
    assert FetchingStore(slow, waits=lambda: True).get(DIGESTS[0]) == FILES[0]


def test_files_that_hang_for_good_keep_no_others_from_coming(slow: SlowStore, monkeypatch):
    monkeypatch.setattr(fetching, "SILENCE_SECONDS", 0.2)
    slow.gate.set()
    slow.hangs = set(DIGESTS[: 2 * fetching.THREADS])
    slow.files = dict(zip(DIGESTS, FILES, strict=True))
    store = FetchingStore(slow)

    def came(digest: bytes) -> bool:
        try:
            return store.get(digest) is not None
        except StoreUnreachableError:
            return False

    others = DIGESTS[2 * fetching.THREADS :]
    wait_until(lambda: [came(d) for d in DIGESTS][-len(others) :] == [True] * len(others), "lost")
    with pytest.raises(NoAnswerError):
        FetchingStore(slow, waits=lambda: True).get(DIGESTS[0])


def test_what_the_store_says_is_no_word_of_a_file_that_it_never_answered_for(slow: SlowStore):
    """Who takes silence for absence would report what others have."""
    with pytest.raises(StoreUnreachableError):
        FetchingStore(slow).get(DIGESTS[0])
