"""The journal remembers what a kill must not take; a damaged one does no harm."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from offchain.errors import ConfigurationError
from offchain.node.assembly import journal_file
from offchain.node.journal import Journal
from tests.support.tampering.hostile_files import altered_bytes

ROOT, OTHER_ROOT = b"\x01" * 32, b"\x02" * 32
MODEL, DATA = b"\x03" * 32, b"\x04" * 32


CALL, SEALED = b"the call", [b"part 0", b"part 1"]


def test_what_is_kept_is_there_after_a_restart(tmp_path):
    file = tmp_path / "new" / "journal.sqlite"
    with Journal(file) as journal:
        journal.keep_share(4, CALL, SEALED)
        journal.keep_sealed_copy(4, MODEL)
        journal.keep_points(ROOT, MODEL, b"\x01\x00\x01")
        journal.keep_part_root(DATA, 2, ROOT)
        journal.keep_part_root(DATA, 3, b"")
    with Journal(file) as journal:
        assert journal.share(4) == [CALL, *SEALED]
        assert journal.sealed_copy(4) == MODEL
        assert journal.points(ROOT, MODEL) == b"\x01\x00\x01"
        assert journal.part_roots(DATA) == {2: ROOT, 3: b""}


def test_nothing_is_known_that_was_not_kept(tmp_path):
    with Journal(tmp_path / "journal.sqlite") as journal:
        journal.keep_points(ROOT, MODEL, b"\x01")
        assert journal.share(1) == []
        assert journal.sealed_copy(1) is None
        assert journal.points(OTHER_ROOT, MODEL) is None
        assert journal.part_roots(MODEL) == {}


def test_the_later_of_two_counts(tmp_path):
    with Journal(tmp_path / "journal.sqlite") as journal:
        journal.keep_sealed_copy(1, ROOT)
        journal.keep_sealed_copy(1, MODEL)
        assert journal.sealed_copy(1) == MODEL
        journal.keep_share(1, CALL, [*SEALED, b"part 2"])
        journal.keep_share(1, b"another call", SEALED)
        assert journal.share(1) == [b"another call", *SEALED]


def test_what_nobody_asks_for_any_more_is_dropped(tmp_path):
    with Journal(tmp_path / "journal.sqlite") as journal:
        for number in range(1, 5):
            journal.keep_share(number, CALL, SEALED)
            journal.keep_sealed_copy(number, MODEL)
        kept = [bool(journal.share(number)) for number in range(1, 5)]
        assert kept == [False, False, True, True]
        kept = [journal.sealed_copy(number) is not None for number in range(1, 5)]
        assert kept == [False, False, True, True]
        journal.keep_points(ROOT, MODEL, b"\x01")
        journal.keep_points(OTHER_ROOT, MODEL, b"\x02")
        assert journal.points(ROOT, MODEL) is None


def test_what_was_kept_survives_a_kill(tmp_path):
    """Without closing: a second connection sees every entry."""
    file = tmp_path / "journal.sqlite"
    first = Journal(file)
    first.keep_share(1, CALL, SEALED)
    with Journal(file) as second:
        assert second.share(1) == [CALL, *SEALED]
    first.close()


@pytest.mark.parametrize(
    "content", [b"no database at all" * 100, b"SQLite format 3\x00" + b"\xff" * 5_000]
)
def test_a_damaged_journal_is_set_aside_and_a_new_one_begins(tmp_path, content):
    file = tmp_path / "journal.sqlite"
    file.write_bytes(content)
    with Journal(file) as journal:
        journal.keep_points(ROOT, MODEL, b"\x07")
        assert journal.points(ROOT, MODEL) == b"\x07"
    assert file.with_name("journal.sqlite.damaged").read_bytes() == content


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(ConfigurationError, match=r"file/journal.sqlite cannot be written"):
        Journal(tmp_path / "file" / "journal.sqlite")


def test_every_chain_deployment_and_account_has_its_own_file():
    account, other = "0x" + "11" * 20, "0x" + "22" * 20
    files = {
        journal_file(Path("state"), genesis, contract, owner)
        for genesis in (ROOT, OTHER_ROOT)
        for contract in (account, other)
        for owner in (account, other)
    }
    assert len(files) == 8


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A journal's file that holds something of everything."""
    file = tmp_path_factory.mktemp("sound") / "journal.sqlite"
    with Journal(file) as journal:
        for number in range(5):
            journal.keep_share(number, CALL, SEALED)
            journal.keep_sealed_copy(number, MODEL)
            journal.keep_points(ROOT, bytes([number]) * 32, bytes(number))
            journal.keep_part_root(DATA, number, ROOT)
    return file.read_bytes()


def read_everything(journal: Journal) -> None:
    for number in range(5):
        assert all(isinstance(content, bytes) for content in journal.share(number))
        assert isinstance(journal.sealed_copy(number), bytes | None)
        assert isinstance(journal.points(ROOT, bytes([number]) * 32), bytes | None)
    assert all(isinstance(root, bytes) for root in journal.part_roots(DATA).values())
    journal.keep_share(77, CALL, SEALED)
    journal.keep_part_root(DATA, 7, ROOT)
    journal.keep_points(ROOT, ROOT, b"\x07")
    journal.keep_sealed_copy(77, MODEL)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.data())
def test_a_damaged_journal_is_read_or_begun_anew(sound, data):
    with TemporaryDirectory() as folder, capture_logs():
        file = Path(folder) / "journal.sqlite"
        file.write_bytes(data.draw(altered_bytes(sound)))
        with Journal(file) as journal:
            read_everything(journal)


@pytest.mark.parametrize("value", [b"\xff", "text", "7", 1.5, -(2**63), None, b""], ids=repr)
def test_a_journal_with_other_values_knows_nothing_else(tmp_path, value):
    file = tmp_path / "journal.sqlite"
    Journal(file).close()
    database = sqlite3.connect(file)
    with database, suppress(sqlite3.IntegrityError):
        database.execute("INSERT INTO shares VALUES (?, ?, ?)", (0, 0, value))
        database.execute("INSERT INTO models VALUES (?, ?)", (0, value))
        database.execute("INSERT INTO points VALUES (?, ?, ?)", (ROOT, bytes(32), value))
        database.execute("INSERT INTO part_roots VALUES (?, ?, ?)", (DATA, 0, value))
    database.close()
    with Journal(file) as journal:
        read_everything(journal)


def test_a_full_disk_is_said_once_and_so_is_its_end(tmp_path):
    with Journal(tmp_path / "journal.sqlite") as journal, capture_logs() as logs:
        pages = "PRAGMA max_page_count"
        [(used,)] = journal._database.execute("PRAGMA page_count").fetchall()
        [(most,)] = journal._database.execute(pages).fetchall()
        # SQLite refuses further pages as it does where a disk has none left.
        journal._database.execute(f"{pages} = {used}")
        for number in range(3):
            journal.keep_sealed_copy(number, bytes(50_000))
            journal.keep_points(ROOT, MODEL, bytes(50_000))
        assert journal.sealed_copy(2) is None
        [said] = logs
        assert said["event"] == "the journal cannot be written"
        assert "full" in said["reason"]
        journal._database.execute(f"{pages} = {most}")
        journal.keep_sealed_copy(3, MODEL)
        assert journal.sealed_copy(3) == MODEL
        assert [log["event"] for log in logs][1:] == ["the journal is written again"]
