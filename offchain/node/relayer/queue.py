"""What a relayer has accepted and not yet brought on chain, kept on disk."""

from __future__ import annotations

import json
import math
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

import structlog

from offchain.node.relayer.database import RelayerDatabase
from offchain.node.relayer.limits import MAXIMUM_QUEUE
from offchain.node.relayer.wire import (
    WireError,
    decode_forward,
    decode_reveal,
    decode_transaction,
    encode_forward,
    encode_reveal,
    encode_transaction,
)
from offchain.protocol.words.actions import ForwardReward
from offchain.protocol.words.transactions import DataTransaction, KeyReveal
from offchain.refusals import AnyCode, OtherCode

log = structlog.get_logger()

DAMAGED: Final = OtherCode("damaged")
"""Why an entry is dropped that cannot be read back from disk."""

Entry = TypeVar("Entry", bound=DataTransaction | KeyReveal | ForwardReward)

Key = tuple[int, int] | tuple[str, int]


def key_of(entry: DataTransaction | KeyReveal | ForwardReward) -> Key:
    """What an entry is unique by among its kind.

    Scope and the nullifier's x for a data transaction and its key, holder and nonce for an order.
    """
    if isinstance(entry, ForwardReward):
        return entry.order.holder, entry.order.nonce
    return entry.item.scope, entry.item.nullifier_x


@dataclass(frozen=True, slots=True)
class Form(Generic[Entry]):
    """How entries of a kind are kept: a word for the kind, and to JSON and back."""

    kind: str
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
        self._entries: OrderedDict[Key, tuple[float, Entry]] = OrderedDict()
        for name, content in database.entries(form.kind):
            try:
                entry = form.decode(json.loads(content))
            except (ValueError, TypeError, RecursionError, WireError) as error:
                log.error("an entry of the queue is damaged", kind=form.kind, reason=str(error))
                database.delete(form.kind, [name])
                database.count_dropped(form.kind, DAMAGED)
                continue
            # Accepted before this process began: as old as can be, so due at once.
            self._entries[key_of(entry)] = (-math.inf, entry)

    @property
    def kind(self) -> str:
        """The word for what it holds."""
        return self._form.kind

    def put(self, entry: Entry, now: float) -> bool:
        """Take an entry in unless it is there already; False if the lane is full.

        Raises:
            StoreError: it cannot be written to disk, and is not taken in.
        """
        key = key_of(entry)
        with self._lock:
            if key in self._entries:
                return True
            if len(self._entries) >= self.maximum:
                return False
            self._database.insert(self._form.kind, _name(key), json.dumps(self._form.encode(entry)))
            self._entries[key] = (now, entry)
            return True

    def get(self, key: Key) -> Entry | None:
        """The entry of a key, if it waits."""
        with self._lock:
            found = self._entries.get(key)
        return found[1] if found else None

    def first(self, count: int) -> tuple[Entry, ...]:
        """The ``count`` oldest entries; they stay in."""
        with self._lock:
            return tuple(entry for _, entry in list(self._entries.values())[:count])

    def remove(self, entries: Iterable[Entry]) -> None:
        """Forget entries that are on chain or can never be."""
        keys = [key_of(entry) for entry in entries]
        with self._lock:
            for key in keys:
                self._entries.pop(key, None)
            self._database.delete(self._form.kind, [_name(key) for key in keys])

    def drop(self, entry: Entry, code: AnyCode, reason: str) -> None:
        """Forget an entry that will never be on chain, and say why."""
        log.warning("dropped from the queue", kind=self._form.kind, code=code, reason=reason)
        self._database.count_dropped(self._form.kind, code)
        self.remove([entry])

    def oldest(self) -> float | None:
        """When the oldest entry was put in, None if there is none."""
        with self._lock:
            return next(iter(self._entries.values()))[0] if self._entries else None

    def is_full(self) -> bool:
        """Whether nothing more is taken in."""
        return len(self._entries) >= self.maximum

    def __len__(self) -> int:
        return len(self._entries)


class RelayerQueue:
    """Data transactions, key reveals and orders that wait for the chain.

    Args:
        database: where they are kept; what it holds waits on.
        maximum: of each kind.
    """

    def __init__(self, database: RelayerDatabase, maximum: int = MAXIMUM_QUEUE) -> None:
        self.database = database
        self.transactions = Lane(
            Form("transactions", encode_transaction, decode_transaction), database, maximum
        )
        self.reveals = Lane(Form("keys", encode_reveal, decode_reveal), database, maximum)
        self.orders = Lane(Form("orders", encode_forward, decode_forward), database, maximum)


def _name(key: Key) -> str:
    return f"{key[0]}:{key[1]}"
