"""The form of a task that is hashed: compact ASCII JSON, keys in order, whole numbers only.

It has the task file's own words and under ``rules`` what the kind makes of them: names of formats,
bounds of the networks, what a sample is worth. So two versions that would not judge alike have two
descriptions, and the SHA-256 of one is the ``taskHash`` of the contracts and its name in the
content store.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from offchain.learning.task_file.reading import SectionReaders, read_task_file
from offchain.learning.task_file.section import Section
from offchain.learning.task_file.words import TaskFile, TaskFileError

LARGEST_DESCRIPTION: Final = 1 << 16
"""Bytes."""


def describe(task: TaskFile, rules: Mapping[str, object]) -> bytes:
    """Return the canonical form of a task file with the `rules` that its kind makes of it.

    Raises:
        TaskFileError: it is too long, with all its names.
    """
    facts = {**_without_none(task.facts()), "rules": dict(rules)}
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    if len(text) > LARGEST_DESCRIPTION:
        raise TaskFileError(
            f"the description of {task.name} takes {len(text)} bytes, {LARGEST_DESCRIPTION} are "
            "possible: fewer or shorter names"
        )
    return text.encode("ascii")


def read_description(description: bytes, readers: SectionReaders) -> TaskFile:
    """Return the task file that a description was made of; what comes from others may be anything.

    Its ``rules`` are not looked at: whoever makes a task of the file describes it again and
    compares all bytes.

    Raises:
        TaskFileError: it is none.
    """
    if len(description) > LARGEST_DESCRIPTION:
        raise TaskFileError(
            f"the description of a task has {len(description)} bytes, {LARGEST_DESCRIPTION} are "
            "possible"
        )
    try:
        loaded = json.loads(
            description.decode("ascii"), parse_float=_refused, parse_constant=_refused
        )
    except (ValueError, RecursionError) as error:
        raise TaskFileError("the description of a task is no JSON in ASCII") from error
    if not isinstance(loaded, dict) or not isinstance(loaded.pop("rules", None), dict):
        raise TaskFileError("the description of a task has no rules")
    return read_task_file(Section(loaded, whole_units=True), readers)


def _refused(number: str) -> None:
    raise ValueError(number[:20])


def _without_none(facts: dict[str, Any]) -> dict[str, Any]:
    model = {key: value for key, value in facts["model"].items() if value is not None}
    return {**facts, "model": model}
