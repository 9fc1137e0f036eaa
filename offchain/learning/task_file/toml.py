"""Task files as people write them: TOML 1.0, numbers with their decimals."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

from offchain.learning.task_file.reading import SectionReaders, read_task_file
from offchain.learning.task_file.section import Section
from offchain.learning.task_file.words import TaskFile, TaskFileError

LARGEST_FILE: Final = 1 << 18
"""Bytes of a task file."""

_HEADER: Final = re.compile(r"\s*(\[\[?)\s*([A-Za-z0-9_.-]+)\s*\]\]?")
_KEY: Final = re.compile(r"""\s*["']?([A-Za-z0-9_-]+)["']?\s*=""")


def load_task_file(path: Path, readers: SectionReaders) -> TaskFile:
    """Return what a task file says.

    Raises:
        TaskFileError: there is none, it cannot be read, or says what cannot be.
    """
    try:
        with path.open("rb") as stream:
            content = stream.read(LARGEST_FILE + 1)
    except OSError as error:
        raise TaskFileError(f"the task file {path} cannot be read: {error.strerror}") from error
    if len(content) > LARGEST_FILE:
        raise TaskFileError(f"{path} is larger than {LARGEST_FILE} bytes: it is no task file")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise TaskFileError(f"{path} is no UTF-8 at byte {error.start}: no task file") from error
    try:
        return parse_task_file(text, readers)
    except TaskFileError as error:
        raise TaskFileError(f"{path}: {error}") from error


def parse_task_file(text: str, readers: SectionReaders) -> TaskFile:
    """Return what the text of a task file says; raises as `load_task_file`."""
    try:
        loaded = tomllib.loads(text, parse_float=_decimal)
    except (ValueError, RecursionError) as error:  # no TOML, or a number of 4,301 digits
        raise TaskFileError(f"it is no TOML: {str(error)[:200]}") from error
    lines = dict(reversed(list(_lines(text))))
    return read_task_file(Section(loaded, line_of=lines.get), readers)


def write_task_file(task: TaskFile) -> str:
    """Return the text of a task file that says the same, for people to change."""
    facts = task.facts()
    head = {key: facts[key] for key in ("name", "kind", "samples_per_part")}
    return "".join(
        [
            *_entries(head, 0),
            *_table(task.kind, facts[task.kind]),
            *_table("model", {key: one for key, one in facts["model"].items() if one is not None}),
        ]
    )


def _decimal(text: str) -> Decimal:
    try:
        number = Decimal(text.replace("_", ""))
    except InvalidOperation as error:
        raise tomllib.TOMLDecodeError(f"{text[:40]} is no number") from error
    return number


def _lines(text: str) -> Iterator[tuple[str, int]]:
    """The paths of tables and keys, as far as they stand alone in a line, with their lines."""
    table = ""
    counts: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        header, key = _HEADER.match(line), _KEY.match(line)
        if header is not None:
            table = header[2]
            if header[1] == "[[":
                counts[table] = counts.get(table, -1) + 1
                table = f"{table}[{counts[table]}]"
            yield table, number
        elif key is not None:
            yield (f"{table}.{key[1]}" if table else key[1]), number


def _table(path: str, facts: Mapping[str, object]) -> Iterator[str]:
    """A table with those in it behind its own keys."""
    decimals = facts.get("decimals", 0)
    plain = {key: value for key, value in facts.items() if not _is_tables(value)}
    if plain:
        yield f"\n[{path}]\n"
        yield from _entries(plain, decimals if isinstance(decimals, int) else 0)
    for key, value in facts.items():
        if isinstance(value, Mapping):
            yield from _table(f"{path}.{key}", value)
        elif _is_tables(value):
            for one in _sequence(value):
                text = "".join(_table(f"{path}.{key}", one))
                yield text.replace(f"[{path}.{key}]", f"[[{path}.{key}]]", 1)


def _entries(facts: Mapping[str, object], decimals: int) -> Iterator[str]:
    for key, value in facts.items():
        if key in ("lowest", "highest", "tolerance") and isinstance(value, int):
            yield f"{key} = {Decimal(value).scaleb(-decimals):f}\n"
        elif value != "":
            yield f"{key} = {_value(value)}\n"


def _value(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_value, value))}]"
    # JSON's texts are TOML's: the same escapes, and DEL is none of a name's characters.
    return json.dumps(value, ensure_ascii=False)


def _is_tables(value: object) -> bool:
    return isinstance(value, Mapping) or bool(_sequence(value))


def _sequence(value: object) -> Sequence[Mapping[str, object]]:
    is_list = isinstance(value, (list, tuple)) and value and isinstance(value[0], Mapping)
    return value if is_list else ()  # type: ignore[return-value]
