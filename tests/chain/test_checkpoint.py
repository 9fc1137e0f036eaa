"""A checkpoint on disk: read back as it was, and never used where it might mean something else."""

from __future__ import annotations

import zlib
from dataclasses import replace
from pathlib import Path

import pytest

from offchain.chain.checkpoint import Checkpoint, CheckpointFile
from offchain.crypto.hashing import Domain
from offchain.ports import BlockPoint
from offchain.protocol.deciding.retention import Retention
from offchain.protocol.history.fold import History
from scripts.support.worlds.disputing import UnjudgedWorld
from tests.support.worlds.random_play import RandomPlay

GENESIS = b"\x01" * 32
POINT = BlockPoint(77, b"\x07" * 32)
RETENTION = Retention("0x" + "11" * 20)


@pytest.fixture(scope="module")
def history() -> History:
    world = UnjudgedWorld(genesis=4)
    play = RandomPlay(world, 5)
    for _ in range(160):
        play.step()
    found = History(world.parameters, world.domain)
    found.apply_all(world.reference.environment.records)
    assert found.opened > 1
    return found


def new(history: History) -> History:
    return History(history.parameters, history.domain)


def written(folder: Path, history: History, point: BlockPoint = POINT) -> Path:
    file = folder / "state" / "checkpoint"
    kept = CheckpointFile(file, GENESIS, RETENTION)
    kept.keep(Checkpoint(point, history))
    kept.wait(60.0)
    return file


def test_what_was_written_is_read(tmp_path: Path, history: History) -> None:
    file = written(tmp_path, history)
    assert file.stat().st_mode & 0o777 == 0o600
    found = CheckpointFile(file, GENESIS, RETENTION).read(lambda: new(history))
    assert found is not None
    assert found.point == POINT
    assert vars(found.history) == vars(history)


def test_no_file_is_no_checkpoint(tmp_path: Path, history: History) -> None:
    assert CheckpointFile(tmp_path / "none", GENESIS, RETENTION).read(lambda: new(history)) is None


def test_a_block_without_a_hash_is_not_written(tmp_path: Path, history: History) -> None:
    assert not written(tmp_path, history, BlockPoint(77, None)).exists()


def test_a_file_that_is_damaged_anywhere_is_not_used(tmp_path: Path, history: History) -> None:
    file = written(tmp_path, history)
    whole = file.read_bytes()
    kept = CheckpointFile(file, GENESIS, RETENTION)
    for place in range(0, len(whole), max(1, len(whole) // 60)):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert kept.read(lambda: new(history)) is None
    for length in (0, 1, 20, len(whole) // 2, len(whole) - 1):
        file.write_bytes(whole[:length])
        assert kept.read(lambda: new(history)) is None


@pytest.mark.parametrize(
    "content",
    [b"", b"[]\n", b"{}\n{}", b"null", b'{"sha256": 1}\n', b"[" * 100_000],
    ids=["empty", "list", "objects", "null", "number", "deep"],
)
def test_what_nobody_wrote_is_not_used(tmp_path: Path, history: History, content: bytes) -> None:
    file = tmp_path / "checkpoint"
    for packed in (content, zlib.compress(content)):
        file.write_bytes(packed)
        assert CheckpointFile(file, GENESIS, RETENTION).read(lambda: new(history)) is None


def test_a_foreign_checkpoint_is_not_used(tmp_path: Path, history: History) -> None:
    file = written(tmp_path, history)
    same = CheckpointFile(file, GENESIS, RETENTION)
    elsewhere = Domain(history.domain.chain_id + 1, history.domain.contract)
    assert same.read(lambda: History(history.parameters, elsewhere)) is None
    changed = replace(history.parameters, minimum_phase_seconds=77)
    assert same.read(lambda: History(changed, history.domain)) is None
    for other in (
        CheckpointFile(file, b"\x02" * 32, RETENTION),
        CheckpointFile(file, GENESIS, replace(RETENTION, account="0x" + "22" * 20)),
        CheckpointFile(file, GENESIS, replace(RETENTION, rounds=RETENTION.rounds + 1)),
        CheckpointFile(file, GENESIS, replace(RETENTION, rewards=True)),
    ):
        assert other.read(lambda: new(history)) is None


def test_a_folder_that_cannot_be_written_ends_nothing(tmp_path: Path, history: History) -> None:
    (tmp_path / "state").write_bytes(b"a file")
    assert written(tmp_path, history).parent.is_file()
