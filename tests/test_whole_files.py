"""A file appears whole or not at all, whoever writes and whatever fails."""

from __future__ import annotations

import os
import resource
import stat
import threading
from pathlib import Path

import pytest

from offchain import whole_files
from offchain.errors import ConfigurationError
from offchain.whole_files import UnwritableFile, require_writable, write_whole


def test_a_file_is_written_and_nothing_else_is_left(tmp_path: Path):
    file = tmp_path / "deep" / "folder" / "file"
    for content in (b"one", b"", bytes(1 << 20)):
        write_whole(file, content)
        assert file.read_bytes() == content
        assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize("umask", [0o022, 0o077])
def test_the_mode_is_the_one_asked_for_or_any_new_files(tmp_path: Path, umask: int):
    before = os.umask(umask)
    try:
        for mode in (0o600, 0o644, 0o755):
            write_whole(tmp_path / "file", b"", mode=mode)
            assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == mode
        write_whole(tmp_path / "file", b"")
        assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o666 & ~umask
    finally:
        os.umask(before)


def test_a_link_is_replaced_and_what_it_points_to_is_left_alone(tmp_path: Path):
    (tmp_path / "target").write_bytes(b"target")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    write_whole(tmp_path / "link", b"new")
    assert (tmp_path / "target").read_bytes() == b"target"
    assert (tmp_path / "link").read_bytes() == b"new"


def test_a_folder_is_made_only_where_it_may(tmp_path: Path):
    for write in (
        lambda: write_whole(tmp_path / "none" / "file", b"", make_folder=False),
        lambda: require_writable(tmp_path / "none" / "file", make_folder=False),
    ):
        with pytest.raises(UnwritableFile, match="No such file"):
            write()
        assert list(tmp_path.iterdir()) == []
    require_writable(tmp_path / "some" / "file")
    assert list(tmp_path.rglob("*")) == [tmp_path / "some"]


@pytest.mark.parametrize("place", ["file/below", "folder", "", "/", "/proc/file", "x" * 300])
def test_what_cannot_be_written_is_named_with_the_systems_reason(tmp_path: Path, place: str):
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "folder").mkdir()
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UnwritableFile) as refused:
        write_whole(tmp_path / place, b"content")
    assert isinstance(refused.value, ConfigurationError)
    assert str(refused.value) == f"{tmp_path / place} cannot be written: {refused.value.reason}"
    assert sorted(tmp_path.rglob("*")) == before


def test_a_write_that_fails_half_way_leaves_the_file_of_before(tmp_path: Path):
    file = tmp_path / "file"
    write_whole(file, b"before")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(UnwritableFile, match="File too large"):
            write_whole(file, bytes(10_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert file.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [file]


def test_whoever_interrupts_leaves_nothing_half_written(tmp_path: Path, monkeypatch):
    def interrupted(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(whole_files.os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_whole(tmp_path / "file", b"content")
    assert list(tmp_path.iterdir()) == []


def test_readers_see_one_content_or_the_other_while_writers_race(tmp_path: Path):
    file = tmp_path / "file"
    contents = [bytes([number]) * (1 << 18) for number in range(3)]
    write_whole(file, contents[0])
    wrong: list[int] = []

    def write(content: bytes) -> None:
        for _ in range(10):
            write_whole(file, content)

    def read() -> None:
        for _ in range(100):
            found = file.read_bytes()
            if found not in contents:
                wrong.append(len(found))

    threads = [threading.Thread(target=write, args=(content,)) for content in contents]
    threads.append(threading.Thread(target=read))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert list(tmp_path.iterdir()) == [file]
