"""What a node keeps is its owner's alone, and one process's at a time."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from offchain.errors import ConfigurationError
from offchain.node.journal import Journal
from offchain.node.relayer.database import RelayerDatabase
from offchain.private_files import (
    WRITTEN_AHEAD_BYTES,
    WRITTEN_AHEAD_PAGES,
    held_alone,
    make_private,
)

HOLD = """
import sys, pathlib
from offchain.private_files import held_alone
with held_alone(pathlib.Path(sys.argv[1]), "it"):
    print("held", flush=True)
    sys.stdin.read()
"""


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_files_and_their_folder_are_their_owners_alone(tmp_path: Path):
    file = tmp_path / "state" / "file"
    make_private(file)
    assert (mode(file), mode(file.parent)) == (0o600, 0o700)
    # A file of an earlier version becomes private, and keeps what it holds.
    file.write_text("kept")
    file.chmod(0o644)
    make_private(file)
    assert (mode(file), file.read_text()) == (0o600, "kept")


@pytest.mark.parametrize("kind", [Journal, RelayerDatabase])
@pytest.mark.parametrize("content", [None, b"damaged" * 1000])
def test_all_files_of_a_database_are_private(tmp_path: Path, kind, content):
    file = tmp_path / "state" / "file.sqlite"
    if content is not None:
        file.parent.mkdir()
        file.write_bytes(content)
    with kind(file) as database:
        if isinstance(database, Journal):
            database.keep_sealed_copy(1, b"sealed")
        else:
            database.insert("kind", "name", "content")
        names = {path.name for path in file.parent.iterdir()}
        assert "file.sqlite-wal" in names
        assert {mode(p) for p in file.parent.iterdir() if not p.name.endswith("damaged")} == {0o600}


def test_what_is_written_ahead_of_a_database_stays_small(tmp_path: Path):
    """SQLite would leave 4 MB beside each, or as much as was ever written at once."""
    file = tmp_path / "file.sqlite"
    with Journal(file) as journal:
        journal.keep_sealed_copy(1, bytes(4 * WRITTEN_AHEAD_BYTES))
        for number in range(2 * WRITTEN_AHEAD_PAGES):
            journal.keep_part_root(bytes([number]), 0, bytes(32))
        ahead = file.with_name(file.name + "-wal")
        assert ahead.stat().st_size <= WRITTEN_AHEAD_BYTES
    with Journal(file) as journal:
        assert journal.sealed_copy(1) == bytes(4 * WRITTEN_AHEAD_BYTES)


def test_one_process_at_a_time_holds_a_file_and_a_killed_one_lets_go(tmp_path: Path):
    file = tmp_path / "account.lock"
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert other.stdout.readline() == "held\n"
        with (
            pytest.raises(ConfigurationError, match="a worker of it runs already"),
            held_alone(file, "a worker of it"),
        ):
            pass
    finally:
        other.kill()
        other.communicate()
    for _ in range(2):
        with held_alone(file, "a worker of it"):
            pass
