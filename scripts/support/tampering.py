"""Copies of recorded values with one thing changed: how a lying node, or a bad disk, may look.

Every change is drawn from a seeded generator and can be made again.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from enum import IntEnum
from typing import Any

from eth_utils.address import to_checksum_address

from offchain.protocol.words import actions
from offchain.protocol.words.records import DataShared, Record
from offchain.verification.recording.differences import RecordPlace
from offchain.verification.recording.values import FinalState, Recording, Transaction

Path = tuple[str | int, ...]
"""Where a value lies within another: names of fields, positions in tuples, keys of mappings."""

UNMARKED = {"log_index"}
"""Fields that order records and say nothing more: other numbers in the same order are the same."""


@dataclass(frozen=True)
class Change:
    """One change: what it is, and the copy that has it."""

    description: str
    recording: Recording


# ---- values --------------------------------------------------------------------------------------


def leaves(value: object, path: Path = ()) -> Iterator[tuple[Path, object]]:
    """Every integer, string of bytes, address and truth value in a value, with its path."""
    if is_dataclass(value) and not isinstance(value, type):
        for item in fields(value):
            if item.name not in UNMARKED:
                yield from leaves(getattr(value, item.name), (*path, item.name))
    elif isinstance(value, Mapping):
        for key, element in value.items():
            yield from leaves(element, (*path, key))
    elif isinstance(value, tuple):
        for index, element in enumerate(value):
            yield from leaves(element, (*path, index))
    elif isinstance(value, int | str) or (isinstance(value, bytes) and value):
        yield path, value


def with_value(whole: Any, path: Path, value: object) -> Any:
    """A copy of a value with another one at a path."""
    if not path:
        return value
    first, rest = path[0], path[1:]
    if isinstance(whole, Mapping):
        return {**whole, first: with_value(whole[first], rest, value)}
    if isinstance(whole, tuple):
        assert isinstance(first, int)
        return (*whole[:first], with_value(whole[first], rest, value), *whole[first + 1 :])
    return replace(whole, **{str(first): with_value(getattr(whole, str(first)), rest, value)})


def another(value: object, chance: random.Random) -> object:
    """A value of the same type that is not the same: a bit flipped, a number one off."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, IntEnum):
        return chance.choice([member for member in type(value) if member != value])
    if isinstance(value, int):
        flipped = value ^ (1 << chance.randrange(max(1, value.bit_length())))
        return chance.choice([value + 1, abs(value - 1), flipped])
    if isinstance(value, bytes):
        return with_flipped_bit(value, chance)
    assert isinstance(value, str)
    return str(to_checksum_address(with_flipped_bit(bytes.fromhex(value[2:]), chance)))


def with_flipped_bit(content: bytes, chance: random.Random) -> bytes:
    """Bytes with one bit flipped."""
    place = chance.randrange(len(content))
    return (
        content[:place] + bytes([content[place] ^ 1 << chance.randrange(8)]) + content[place + 1 :]
    )


# ---- records and calls ---------------------------------------------------------------------------


def kinds(recording: Recording) -> list[type[Record]]:
    """Every kind of record that there is, by name."""
    return sorted({type(record) for record in recording.records}, key=lambda kind: kind.__name__)


def action_kinds(recording: Recording) -> list[type]:
    """Every kind of call that there is, by name."""
    found = {type(call.action) for entry in recording.transactions for call in entry.calls}
    return sorted(found, key=lambda kind: kind.__name__)


def change_record(recording: Recording, kind: type[Record], chance: random.Random) -> Change:
    """A field of a record of a kind."""
    at, index = chance.choice(_record_places(recording, kind))
    return _changed(recording, at, ("records", index), chance)


def _record_places(recording: Recording, kind: type[Record]) -> list[tuple[int, int]]:
    """Where records of a kind are: the transaction's position, and the record's within it."""
    return [
        (at, index)
        for at, entry in enumerate(recording.transactions)
        for index, record in enumerate(entry.records)
        if type(record) is kind
    ]


def change_call(recording: Recording, kind: type, chance: random.Random) -> Change:
    """A value in a call of a kind."""
    at, index = chance.choice(list(_calls(recording, kind)))
    return _changed(recording, at, ("calls", index, "action"), chance)


def has_values(recording: Recording, kind: type) -> bool:
    """Whether calls of a kind say anything beyond their kind."""
    return any(_calls(recording, kind))


def _calls(recording: Recording, kind: type) -> Iterator[tuple[int, int]]:
    """Where calls of a kind are that say anything: the transaction's position, and the call's."""
    return (
        (at, index)
        for at, entry in enumerate(recording.transactions)
        for index, call in enumerate(entry.calls)
        if type(call.action) is kind and any(_held(call.action))
    )


def _held(whole: object) -> Iterator[tuple[Path, object]]:
    """The values that a replay holds: ring signatures are checked apart, see `forge_signature`."""
    for path, value in leaves(whole):
        if not (isinstance(whole, actions.Share) and path[0] in ("challenge", "responses")):
            yield path, value


def _changed(recording: Recording, at: int, path: Path, chance: random.Random) -> Change:
    entry = recording.transactions[at]
    whole = _value(entry, path)
    inner, value = chance.choice(list(_held(whole)))
    changed = another(value, chance)
    transactions = list(recording.transactions)
    transactions[at] = with_value(entry, (*path, *inner), changed)
    name = ".".join(str(part) for part in inner)
    description = f"{type(whole).__name__}.{name}: {_shown(value)} to {_shown(changed)}"
    return Change(description, replace(recording, transactions=tuple(transactions)))


def _value(whole: Any, path: Path) -> Any:
    for part in path:
        whole = getattr(whole, str(part)) if is_dataclass(whole) else whole[part]
    return whole


def forge_signature(recording: Recording, part: str, chance: random.Random) -> tuple[Change, str]:
    """Another ring signature in a call; and the name of the record that it stands behind.

    ``part`` is "challenge" or "responses". The contracts would have refused it; only who checks
    the signature again can tell.
    """
    at, index = chance.choice(list(_calls(recording, actions.Share)))
    entry = recording.transactions[at]
    share = entry.calls[index].action
    assert isinstance(share, actions.Share)
    inner, value = chance.choice(list(leaves(getattr(share, part))))
    path = ("calls", index, "action", part, *inner)
    changed = with_value(entry, path, another(value, chance))
    transactions = (*recording.transactions[:at], changed, *recording.transactions[at + 1 :])
    [shared] = [record for record in entry.records if isinstance(record, DataShared)]
    name = RecordPlace.of(shared).name
    return Change(
        f"{part} of the signature behind {name}", replace(recording, transactions=transactions)
    ), name


# ---- order ---------------------------------------------------------------------------------------


def leave_out_record(recording: Recording, kind: type[Record], chance: random.Random) -> Change:
    """A record of a kind is not there, while its transaction is."""

    def without(entry: Transaction, index: int) -> Transaction:
        return replace(entry, records=entry.records[:index] + entry.records[index + 1 :])

    return _restructured(recording, kind, chance, "left out", without)


def repeat_record(recording: Recording, kind: type[Record], chance: random.Random) -> Change:
    """A record of a kind is there twice, at the next index."""

    def twice(entry: Transaction, index: int) -> Transaction:
        again = replace(entry.records[index], log_index=entry.records[-1].log_index + 1)
        return replace(entry, records=(*entry.records, again))

    return _restructured(recording, kind, chance, "repeated", twice)


def leave_out_transaction(
    recording: Recording, kind: type[Record], chance: random.Random
) -> Change:
    """A transaction that logged a record of a kind is not there."""
    places = [
        at
        for at, entry in enumerate(recording.transactions)
        if any(type(record) is kind for record in entry.records)
    ]
    at = chance.choice(places)
    kept = recording.transactions[:at] + recording.transactions[at + 1 :]
    return Change(f"{kind.__name__}'s transaction left out", replace(recording, transactions=kept))


def swap_transactions(recording: Recording, chance: random.Random) -> Change:
    """Two neighbouring transactions in the other order."""
    at = chance.randrange(len(recording.transactions) - 1)
    transactions = list(recording.transactions)
    transactions[at], transactions[at + 1] = transactions[at + 1], transactions[at]
    return Change(
        f"transactions {at} and {at + 1} swapped",
        replace(recording, transactions=tuple(transactions)),
    )


def _restructured(
    recording: Recording,
    kind: type[Record],
    chance: random.Random,
    what: str,
    restructure: Callable[[Transaction, int], Transaction],
) -> Change:
    at, index = chance.choice(_record_places(recording, kind))
    transactions = list(recording.transactions)
    transactions[at] = restructure(transactions[at], index)
    return Change(f"{kind.__name__} {what}", replace(recording, transactions=tuple(transactions)))


# ---- views ---------------------------------------------------------------------------------------


def change_view(recording: Recording, name: str, chance: random.Random) -> Change | None:
    """A value of a view at the end; None if the view says nothing yet."""
    found = list(leaves(getattr(recording.state, name)))
    if not found:
        return None
    path, value = chance.choice(found)
    # More ether than is due is allowed: burned stakes stay, and anybody can force it on a contract.
    least = recording_stakes(recording)
    changed = least - 1 if name == "stakes" else another(value, chance)
    state: FinalState = with_value(recording.state, (name, *path), changed)
    where = ".".join(str(part) for part in (name, *path))
    description = f"view {where}: {_shown(value)} to {_shown(changed)}"
    return Change(description, replace(recording, state=state))


def recording_stakes(recording: Recording) -> int:
    """Wei that the accounts have at stake at the end."""
    return sum(account.stake.amount for account in recording.state.accounts.values())


def _shown(value: object) -> str:
    text = "0x" + value.hex() if isinstance(value, bytes) else str(value)
    return text if len(text) <= 20 else text[:17] + "..."
