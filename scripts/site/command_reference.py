"""The reference of the command line, made from click's own descriptions."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Sequence

import click

from offchain.cli import modelchain
from offchain.feeder import feeder
from offchain.relayer import relayer
from offchain.worker import worker

PROGRAMS = (
    ("python offchain/worker.py", worker),
    ("python offchain/relayer.py", relayer),
    ("python offchain/feeder.py", feeder),
)


def command_reference() -> str:
    """A page with every command of `modelchain` and every program, with all options."""
    introduction = (
        "# Commands\n\nMade from what `--help` says. What the commands are for: "
        "[the command line](../CommandLine.md).\n"
    )
    parts = [introduction, *_described(["modelchain"], modelchain)]
    for name, program in PROGRAMS:
        parts += _described([name], program)
    return "\n".join(parts)


def _described(names: Sequence[str], command: click.Command) -> Iterator[str]:
    called = " ".join(names)
    context = click.Context(command, info_name=called)
    yield f"## {called}\n"
    yield f"```text\n{called} {' '.join(command.collect_usage_pieces(context))}\n```\n"
    text = inspect.cleandoc(command.help or "").replace("\b\n", "")
    yield f"{_plain(text)}\n"
    rows = [_row(context, parameter) for parameter in command.get_params(context)]
    rows = [row for row in rows if row]
    if rows:
        yield "| option | |\n|---|---|\n" + "\n".join(rows) + "\n"
    if command.epilog:
        text = inspect.cleandoc(command.epilog.replace("\b\n", ""))
        heading, _, examples = text.partition("\n")
        is_examples = heading == "Examples:"
        yield f"```sh\n{inspect.cleandoc(examples)}\n```\n" if is_examples else f"{_plain(text)}\n"
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            if found is not None:
                yield from _described([*names, name], found)


def _row(context: click.Context, parameter: click.Parameter) -> str:
    record = parameter.get_help_record(context)
    if record is None or "--help" in record[0]:
        return ""
    option, text = record
    return f"| `{_cell(option)}` | {_plain(_cell(text))} |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _plain(text: str) -> str:
    """Text in which nothing is taken for an HTML tag or emphasis."""
    return re.sub(r"([*_\[\]])", r"\\\1", text).replace("<", "&lt;")
