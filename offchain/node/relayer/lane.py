"""Entries of one kind that a relayer has accepted and not yet brought on chain, kept on disk."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

import structlog

from offchain.node.relayer.database import RelayerDatabase
from offchain.node.relayer.refused import Refused
from offchain.node.relayer.wire_fields import WireError
from offchain.refusals import AnyCode, OtherCode, RefusalCode

log = structlog.get_logger()

DAMAGED: Final = OtherCode("damaged")
"""Why an entry is dropped that cannot be read back from disk."""

LONGEST_RETRY_SECONDS: Final = 60
"""Nobody is asked to stay away for longer because a lane is full."""

ENTRIES_A_SECOND: Final = 8
"""Of a full lane; who is told to come again is told so by it."""

Entry = TypeVar("Entry")


@dataclass(frozen=True, slots=True)
class Form(Generic[Entry]):
    """How entries of a kind are kept.

    Attributes:
        kind: a word for it.
        key: what an entry is unique by among its kind.
        encode: to JSON.
        decode: ... and back; ``WireError`` if it is anything else.
    """

    kind: str
    key: Callable[[Entry], str]
    encode: Callable[[Entry], dict[str, object]]
    decode: Callable[[object], Entry]


class Lane(Generic[Entry]):
    """Entries of one kind in order of arrival, each once; threads may share it.

    An entry leaves only when it is removed: what is being sent stays in, so that nothing is taken
    in twice and nothing is lost when sending fails or the process is killed. Memory answers, disk
    remembers.

    Raises:
        StoreError: the database cannot be read.
    """

    def __init__(self, form: Form[Entry], database: RelayerDatabase, maximum: int) -> None:
        self._form = form
        self._database = database
        self.maximum = maximum
        self._lock = threading.Lock()
        self._entries: dict[str, Entry] = {}
        for name, content in database.entries(form.kind):
            try:
                entry = form.decode(json.loads(content))
            except (ValueError, TypeError, RecursionError, WireError) as error:
                log.error("an entry of the queue is damaged", kind=form.kind, reason=str(error))
                database.delete(form.kind, [name])
                database.count_dropped(form.kind, DAMAGED)
                continue
            self._entries[form.key(entry)] = entry

    @property
    def kind(self) -> str:
        """The word for what it holds."""
        return self._form.kind

    def put(self, entry: Entry) -> Entry | None:
        """Take an entry in unless one with its key waits.

        Returns:
            The one that waits now: this one, or the one before it; None if the lane is full.

        Raises:
            StoreError: it cannot be written to disk, and is not taken in.
        """
        key = self._form.key(entry)
        with self._lock:
            if key in self._entries:
                return self._entries[key]
            if self.is_full():
                return None
            self._database.insert(self._form.kind, key, json.dumps(self._form.encode(entry)))
            self._entries[key] = entry
            return entry

    def like(self, entry: Entry) -> Entry | None:
        """The entry that waits with the key of this one, if there is one."""
        with self._lock:
            return self._entries.get(self._form.key(entry))

    def all(self) -> tuple[Entry, ...]:
        """All entries, the oldest first; they stay in."""
        with self._lock:
            return tuple(self._entries.values())

    def remove(self, entries: Iterable[Entry]) -> None:
        """Forget entries that are on chain or can never be."""
        keys = [self._form.key(entry) for entry in entries]
        with self._lock:
            for key in keys:
                self._entries.pop(key, None)
            self._database.delete(self._form.kind, keys)

    def drop(self, entry: Entry, code: AnyCode, reason: str) -> None:
        """Forget an entry that will never be on chain, and say why."""
        log.warning("dropped from the queue", kind=self._form.kind, code=code, reason=reason)
        self._database.count_dropped(self._form.kind, code)
        self.remove([entry])

    def is_full(self) -> bool:
        """Whether nothing more is taken in."""
        return len(self._entries) >= self.maximum

    def refusal(self) -> Refused:
        """What is said when it is full."""
        seconds = min(LONGEST_RETRY_SECONDS, 1 + len(self) // ENTRIES_A_SECOND)
        return Refused(
            RefusalCode.QUEUE_FULL,
            f"{self.maximum} {self.kind} wait for the chain: try again in {seconds} s",
            retry_after=seconds,
        )

    def __len__(self) -> int:
        return len(self._entries)
