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
from offchain.node.relayer.order_wire import decode_order, encode_order
from offchain.node.relayer.wire import (
    decode_reveal,
    decode_transaction,
    encode_reveal,
    encode_transaction,
)
from offchain.node.relayer.wire_fields import WireError
from offchain.protocol.words.orders import SignedOrder
from offchain.protocol.words.transactions import DataTransaction, KeyReveal
from offchain.refusals import AnyCode, OtherCode

log = structlog.get_logger()

DAMAGED: Final = OtherCode("damaged")
"""Why an entry is dropped that cannot be read back from disk."""

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
        self._entries: OrderedDict[str, tuple[float, Entry]] = OrderedDict()
        for name, content in database.entries(form.kind):
            try:
                entry = form.decode(json.loads(content))
            except (ValueError, TypeError, RecursionError, WireError) as error:
                log.error("an entry of the queue is damaged", kind=form.kind, reason=str(error))
                database.delete(form.kind, [name])
                database.count_dropped(form.kind, DAMAGED)
                continue
            # Accepted before this process began: as old as can be, so due at once.
            self._entries[form.key(entry)] = (-math.inf, entry)

    @property
    def kind(self) -> str:
        """The word for what it holds."""
        return self._form.kind

    def put(self, entry: Entry, now: float) -> bool:
        """Take an entry in unless it is there already; False if the lane is full.

        Raises:
            StoreError: it cannot be written to disk, and is not taken in.
        """
        key = self._form.key(entry)
        with self._lock:
            if key in self._entries:
                return True
            if len(self._entries) >= self.maximum:
                return False
            self._database.insert(self._form.kind, key, json.dumps(self._form.encode(entry)))
            self._entries[key] = (now, entry)
            return True

    def like(self, entry: Entry) -> Entry | None:
        """The entry that waits with the key of this one, if there is one."""
        with self._lock:
            found = self._entries.get(self._form.key(entry))
        return found[1] if found else None

    def first(self, count: int) -> tuple[Entry, ...]:
        """The ``count`` oldest entries; they stay in."""
        with self._lock:
            return tuple(entry for _, entry in list(self._entries.values())[:count])

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
            Form("transactions", _nullifier, encode_transaction, decode_transaction),
            database,
            maximum,
        )
        self.reveals = Lane(
            Form("keys", _nullifier, encode_reveal, decode_reveal), database, maximum
        )
        self.orders = Lane(Form("orders", _holder, encode_order, decode_order), database, maximum)


def _nullifier(entry: DataTransaction | KeyReveal) -> str:
    """Scope and the nullifier's x, by which a data transaction and its key are unique."""
    return f"{entry.item.scope}:{entry.item.nullifier_x}"


def _holder(signed: SignedOrder) -> str:
    """One order of a holder waits at a time: a second might take what the first is to pay."""
    return signed.order.holder
