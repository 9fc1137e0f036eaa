"""What a relayer has accepted and not yet brought on chain."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from typing import Generic, TypeVar

from offchain.protocol.transactions import DataTransaction, KeyReveal

ItemKey = tuple[int, int]
"""Scope and the nullifier's x: what a data transaction and its key are unique by."""

Entry = TypeVar("Entry", DataTransaction, KeyReveal)


def key_of(entry: DataTransaction | KeyReveal) -> ItemKey:
    """What an entry is unique by among its kind."""
    return entry.item.scope, entry.item.nullifier_x


class Lane(Generic[Entry]):
    """Entries of one kind in order of arrival, each once; threads may share it.

    An entry leaves only when it is removed: what is being sent stays in, so that nothing is taken
    in twice and nothing is lost when sending fails.
    """

    def __init__(self, maximum: int) -> None:
        self._maximum = maximum
        self._lock = threading.Lock()
        self._entries: OrderedDict[ItemKey, tuple[float, Entry]] = OrderedDict()

    def put(self, entry: Entry, now: float) -> bool:
        """Take an entry in unless it is there already; False if the lane is full."""
        key = key_of(entry)
        with self._lock:
            if key in self._entries:
                return True
            if len(self._entries) >= self._maximum:
                return False
            self._entries[key] = (now, entry)
            return True

    def get(self, key: ItemKey) -> Entry | None:
        """The entry of a nullifier, if it waits."""
        with self._lock:
            found = self._entries.get(key)
        return found[1] if found else None

    def first(self, count: int) -> tuple[Entry, ...]:
        """The ``count`` oldest entries; they stay in."""
        with self._lock:
            return tuple(entry for _, entry in list(self._entries.values())[:count])

    def remove(self, entries: Iterable[Entry]) -> None:
        """Forget entries that are on chain or can never be."""
        with self._lock:
            for entry in entries:
                self._entries.pop(key_of(entry), None)

    def oldest(self) -> float | None:
        """When the oldest entry was put in, None if there is none."""
        with self._lock:
            return next(iter(self._entries.values()))[0] if self._entries else None

    def __len__(self) -> int:
        return len(self._entries)


class RelayerQueue:
    """Data transactions and key reveals that wait for the chain, ``maximum`` of each at most."""

    def __init__(self, maximum: int = 4_096) -> None:
        self.transactions: Lane[DataTransaction] = Lane(maximum)
        self.reveals: Lane[KeyReveal] = Lane(maximum)
