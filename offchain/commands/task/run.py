"""What ``modelchain task`` does."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import click

from offchain.commands.own_data.trust import NO_JUDGE, trust_with
from offchain.errors import ConfigurationError
from offchain.learning.own_data.labels import named
from offchain.learning.own_data.rows import in_decimals
from offchain.learning.proposing.propose import propose_task
from offchain.learning.task_file.toml import write_task_file
from offchain.learning.task_file.words import (
    CategoryColumn,
    ClassTarget,
    ImageSamples,
    NumberColumn,
    NumberTarget,
    SampleWords,
    TableSamples,
    TaskFile,
    TextSamples,
)
from offchain.learning.tasks.known import make_learner, task_named
from offchain.ports import Learner
from offchain.storage.cid import cid_of
from offchain.whole_files import UnwritableFile, write_whole

_STANDARD_OUTPUT = Path("-")
_LABEL_WIDTH = 18


def propose(
    *,
    path: Path,
    name: str | None,
    kind: str | None,
    target: str | None,
    samples_per_part: int | None,
    output: Path,
    force: bool,
) -> None:
    """Write a task file that takes the data at a path.

    Raises:
        DataError: no task could take them.
        ConfigurationError: the file is there, or cannot be written.
    """
    to_file = output != _STANDARD_OUTPUT
    if to_file and output.exists() and not force:
        raise ConfigurationError(
            f"{output} is there: name another file with --output, or write over it with --force"
        )
    task = propose_task(path, name, kind, target, samples_per_part)
    learner = make_learner(task)
    text = write_task_file(task)
    if not to_file:
        click.echo(text, nl=False)
        return
    try:
        write_whole(output, text.encode(), mode=0o644)
    except UnwritableFile as error:
        raise ConfigurationError(f"the task file {error}") from error
    _show(task, learner)
    for one, other in _alike(task.samples):
        click.echo(f"{one} and {other} differ in capitals alone: are they two, in all the data?")
    click.echo(
        f"{output} is a proposal: look at names, ranges and numbers, since nobody can change them "
        "once a chain has them"
    )


def check_file(file: str) -> None:
    """Say that a chain can be deployed with a task file; raises `ConfigurationError` if not."""
    task = task_named(file)
    digest = hashlib.sha256(make_learner(task).description).hexdigest()
    click.echo(f"{file}: the task {task.name} of {task.kind}, 0x{digest}")
    click.echo(trust_with(task.model.judge))


def show_task(task: str, *, as_json: bool) -> None:
    """Show a task in words, or the description that is hashed."""
    found = task_named(task)
    learner = make_learner(found)
    if as_json:
        click.echo(learner.description.decode("ascii"))
    else:
        _show(found, learner)


def _show(task: TaskFile, learner: Learner) -> None:
    digest = learner.task_hash
    lines = [
        ("Task", f"{task.name} ({task.kind})"),
        *_samples(task.samples),
        ("Samples in a part", str(task.samples_per_part)),
        ("A part", f"{learner.payload_bytes} bytes before it is sealed"),
        ("A model", f"at most {task.model.maximum_bytes} bytes"),
        ("Judge on chain", task.model.judge or NO_JUDGE),
        ("Task hash", f"0x{digest.hex()}"),
        ("In the store", cid_of(digest)),
    ]
    for label, text in lines:
        click.echo(f"{label:<{_LABEL_WIDTH}} {text}")


def _alike(samples: SampleWords) -> Iterator[tuple[str, str]]:
    """Pairs of names that stand for different things, and are the same in small letters."""
    lists: list[tuple[str, ...]] = []
    if isinstance(samples, ImageSamples | TextSamples):
        lists.append(samples.labels)
    elif isinstance(samples, TableSamples):
        lists += [one.categories for one in samples.columns if isinstance(one, CategoryColumn)]
        if isinstance(samples.target, ClassTarget):
            lists.append(samples.target.classes)
    for names in lists:
        ordered = sorted(names, key=lambda name: (name.casefold(), name))
        yield from (
            pair for pair in pairwise(ordered) if len({one.casefold() for one in pair}) == 1
        )


def _samples(samples: SampleWords) -> Iterator[tuple[str, str]]:
    if isinstance(samples, ImageSamples):
        colours = "grey" if samples.channels == 1 else "in colours"
        yield "Images", f"{samples.height} x {samples.width} pixels, {colours}"
        yield f"{len(samples.labels)} labels", named(samples.labels)
    elif isinstance(samples, TextSamples):
        yield "Texts", f"at most {samples.maximum_bytes} bytes of UTF-8"
        yield f"{len(samples.labels)} labels", named(samples.labels)
    elif isinstance(samples, TableSamples):
        for column in samples.columns:
            if isinstance(column, NumberColumn):
                yield "Column", f"{column.name}: {_numbers(column)}"
            else:
                yield "Column", f"{column.name}: {named(column.categories)}"
        target = samples.target
        if isinstance(target, ClassTarget):
            yield "To be told", f"{target.name}: {named(target.classes)}"
        else:
            tolerance = in_decimals(target.tolerance, target)
            yield "To be told", f"{target.name}: {_numbers(target)}, tolerance {tolerance}"


def _numbers(scale: NumberColumn | NumberTarget) -> str:
    unit = f" {scale.unit}" if scale.unit else ""
    lowest, highest = (in_decimals(end, scale) for end in (scale.lowest, scale.highest))
    return f"{lowest} to {highest}{unit}"
