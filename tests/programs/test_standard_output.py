"""A full disk, a reader that left, a stream that was closed and a small character set end nothing.

The programs here are processes of their own: what is tested is what is behind their output.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from offchain.programs.running import CLOSED_PIPE
from offchain.storage.cid import cid_of
from offchain.storage.local import LocalStore
from scripts.support.chains.evm import ROOT

WORKER = """
import sys
import click, structlog
from offchain.programs.logs import LogSettings, configure_logs
from offchain.programs.running import run_program, stop_on_signals

@click.command()
@click.argument("result", type=click.File("w"))
def program(result):
    configure_logs(LogSettings())
    stopped = stop_on_signals()
    for step in range(3000):
        structlog.get_logger().info("a step", step=step, said="{text}")
    result.write("done" if not stopped.is_set() else "stopped")

sys.exit(run_program(program, "program"))
"""
"""Works, and logs as the worker, the relayer and the feeder do."""

FOREIGN = r"\u00e9 \u6f22 \u2713 \ud800 \x1b"
"""Letters of others, one that no encoding has, and a control character."""

SMALL_CHARACTER_SETS = {
    "ascii": {"PYTHONIOENCODING": "ascii"},
    "latin-1": {"PYTHONIOENCODING": "latin-1"},
    "POSIX": {"LC_ALL": "POSIX", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "utf-8": {"PYTHONIOENCODING": "utf-8"},
}


def environment(changes: Mapping[str, str]) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in ("PYTHONUNBUFFERED", "PYTHONIOENCODING") and "MODELCHAIN" not in name
    }
    return {**kept, "PYTHONPATH": str(ROOT), **changes}


def python(
    arguments: Sequence[object], redirected: str = "", changes: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run Python with arguments, its output redirected by a piece of shell; until it ends."""
    command = " ".join(['"$0" "$@"', redirected])
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", command, sys.executable, *map(str, arguments)],
        capture_output=True,
        env=environment(changes or {}),
        cwd=ROOT,
        check=False,
    )


def modelchain(*arguments: object, redirected: str = "", **changes: str):
    return python(["-m", "offchain.cli", *arguments], redirected, changes)


# ---- programs that work until they are stopped ---------------------------------------------------


@pytest.mark.parametrize(
    ("redirected", "buffering"),
    [
        (">/dev/full", ""),
        (">/dev/full", "1"),
        (">/dev/full 2>/dev/full", ""),
        ("| true", ""),
        ("| head -3 >/dev/null", ""),
        ("| head -3 >/dev/null", "1"),
        (">&-", ""),
        (">&- 2>&-", "1"),
    ],
)
def test_no_output_that_fails_ends_a_program_that_works(
    tmp_path: Path, redirected: str, buffering: str
):
    result = tmp_path / "result"
    changes = {"PYTHONUNBUFFERED": buffering}
    done = python(["-c", WORKER.replace("{text}", "x" * 99), result], redirected, changes)
    assert result.read_text() == "done"
    assert done.returncode == 0
    assert done.stderr == b""


@pytest.mark.parametrize("character_set", SMALL_CHARACTER_SETS)
def test_foreign_text_is_logged_on_every_terminal(tmp_path: Path, character_set: str):
    result = tmp_path / "result"
    changes = SMALL_CHARACTER_SETS[character_set]
    done = python(["-c", WORKER.replace("{text}", FOREIGN), result], "", changes)
    assert (done.returncode, done.stderr, result.read_text()) == (0, b"", "done")
    lines = done.stdout.splitlines()
    assert len(lines) == 3000
    assert b"ud800" in lines[0]
    if character_set == "ascii":
        assert rb"\xe9 \u6f22 \u2713" in lines[0].replace(rb"\\", b"\\")


# ---- commands ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> LocalStore:
    """A store of more names than a pipe holds."""
    store = LocalStore(tmp_path_factory.mktemp("store"))
    content = store.place(store.put(b"content"))
    for number in range(2000):
        (store.folder / cid_of(number.to_bytes(32))).hardlink_to(content)
    return store


def test_a_command_whose_reader_leaves_ends_without_a_word(store: LocalStore):
    done = modelchain("store", "ls", "--long", "--store", store.folder, redirected="| head -1")
    assert done.returncode == CLOSED_PIPE == 128 + 13
    assert done.stdout.count(b"\n") == 1
    assert done.stderr == b""


@pytest.mark.parametrize(
    ("arguments", "buffering"),
    [("--help", ""), ("store ls", ""), ("store ls", "1"), ("store get", "")],
)
def test_a_command_whose_output_cannot_be_written_says_so_in_a_line(
    store: LocalStore, arguments: str, buffering: str
):
    given = arguments.split()
    if arguments == "store get":
        given.append(cid_of(store.put(b"content")))
    if arguments.startswith("store"):
        given += ["--store", str(store.folder)]
    done = modelchain(*given, redirected=">/dev/full", PYTHONUNBUFFERED=buffering)
    line = b"modelchain: the output cannot be written: No space left on device\n"
    assert (done.returncode, done.stderr) == (1, line)


TABLE = r"""
import sys
import click
from rich.console import Console
from rich.table import Table
from offchain.programs.running import run_program

@click.command()
def table():
    table = Table("column", "\N{CHECK MARK}")
    for number in range(5000):
        table.add_row(str(number), "x" * 500)
    Console().print(table)

sys.exit(run_program(table, "table"))
"""


def test_a_table_whose_output_fails_ends_as_any_command_does():
    left = python(["-c", TABLE], redirected="| head -1")
    assert (left.returncode, left.stderr) == (CLOSED_PIPE, b"")
    full = python(["-c", TABLE], redirected=">/dev/full")
    line = b"table: the output cannot be written: No space left on device\n"
    assert (full.returncode, full.stderr) == (1, line)


@pytest.mark.parametrize("character_set", ["ascii", "POSIX"])
def test_tables_are_shown_on_every_terminal(character_set: str):
    done = python(["-c", TABLE], "", SMALL_CHARACTER_SETS[character_set])
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.isascii()
    assert rb"\u2713" in done.stdout


def test_a_command_that_fails_with_nobody_to_tell_has_its_status():
    for redirected in (">&- 2>&-", "2>/dev/full", "2>&-"):
        assert modelchain("store", "get", "nonsense", redirected=redirected).returncode == 2


def test_a_closed_standard_input_is_said_to_be_closed(store: LocalStore):
    done = modelchain("store", "put", "-", "--store", store.folder, redirected="<&-")
    assert done.returncode == 2
    assert done.stderr == b"modelchain: standard input cannot be read: it is closed\n"


EVERY_HELP = """
import io, sys
import click
from offchain.cli import modelchain
from scripts.reproduce_paper import reproduce_paper
from offchain.feeder import feeder
from offchain.programs.running import run_program
from offchain.relayer import relayer
from offchain.worker import worker

def paths(command, context):
    yield []
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            yield from ([name, *path] for path in paths(inner, click.Context(inner)))

commands = [
    (program, path)
    for program in (modelchain, worker, relayer, feeder, reproduce_paper)
    for path in paths(program, click.Context(program))
]
for encoding in ("ascii", "latin-1", "cp1252", "koi8-r", "utf-8"):
    for program, path in commands:
        shown = io.BytesIO()
        sys.stdout = io.TextIOWrapper(shown, encoding=encoding)
        status = run_program(program, program.name, [*path, "--help"])
        assert status == 0 and b"--help" in shown.getvalue(), (encoding, program.name, path)
print(len(commands), file=sys.stderr)
"""


def test_every_command_shows_its_help_on_every_terminal():
    done = python(["-c", EVERY_HELP], "", SMALL_CHARACTER_SETS["POSIX"])
    assert done.returncode == 0, done.stderr.decode()
    assert int(done.stderr) >= 18


@pytest.mark.parametrize("character_set", SMALL_CHARACTER_SETS)
def test_errors_are_told_on_every_terminal(tmp_path: Path, character_set: str):
    missing = str(tmp_path / "caf\N{LATIN SMALL LETTER E WITH ACUTE} \N{CHECK MARK}")
    changes = SMALL_CHARACTER_SETS[character_set]
    done = modelchain("store", "put", missing, "--store", tmp_path / "store", **changes)
    assert done.returncode == 2
    assert done.stderr.count(b"\n") == 1
    assert b"cannot be read" in done.stderr
