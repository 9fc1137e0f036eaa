"""`modelchain store put|get|ls` on a folder and on a daemon."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from offchain.cli import run
from offchain.storage.cid import cid_of, root_cid_of
from offchain.storage.unixfs import MAXIMUM_FILE, file_digest
from tests.support.servers.http_server import serve
from tests.support.servers.ipfs_server import IpfsServer

CONTENT = b"some content\x00\xff"
DIGEST = hashlib.sha256(CONTENT).digest()


@pytest.fixture(params=["local", "ipfs"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The text that names a store, empty at first."""
    if request.param == "local":
        (tmp_path / "store").mkdir()
        yield f"local:{tmp_path / 'store'}"
    else:
        with serve(IpfsServer()) as server:
            yield f"ipfs:/ip4/127.0.0.1/tcp/{server.port}"


def test_what_is_put_is_listed_and_comes_back(
    store: str, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_bytes(CONTENT)
    second.write_bytes(b"")
    assert run(["store", "put", str(first), str(second), "--store", store]) == 0
    names = [cid_of(DIGEST), cid_of(hashlib.sha256(b"").digest())]
    assert capfdbinary.readouterr() == ("\n".join([*names, ""]).encode(), b"")

    assert run(["store", "ls", "--store", store]) == 0
    assert set(capfdbinary.readouterr().out.decode().split()) == set(names)
    assert run(["store", "ls", "--long", "--store", store]) == 0
    assert f"{names[0]}  {DIGEST.hex()}\n" in capfdbinary.readouterr().out.decode()

    for identifier in (names[0], DIGEST.hex(), f"0x{DIGEST.hex()}"):
        assert run(["store", "get", identifier, "--store", store]) == 0
        assert capfdbinary.readouterr() == (CONTENT, b"")
    output = tmp_path / "output"
    assert run(["store", "get", names[0], "-o", str(output), "--store", store]) == 0
    assert output.read_bytes() == CONTENT


def test_the_store_of_the_environment_is_used(
    store: str,
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    monkeypatch.setenv("MODELCHAIN_STORE", store)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(CONTENT)))
    assert run(["store", "put", "-"]) == 0
    assert run(["store", "get", DIGEST.hex()]) == 0
    assert capfdbinary.readouterr().out == f"{cid_of(DIGEST)}\n".encode() + CONTENT


@pytest.mark.parametrize(
    ("arguments", "status", "reason"),
    [
        (["get", "nonsense"], 2, "'nonsense' names no file"),
        (["get", "zz" * 32], 2, "names no file"),
        (["get", "00 " * 21 + "0"], 2, "names no file"),
        (["get", "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi"], 7, "no content"),
        (["get", "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG"], 2, "names no file"),
        (["get", "00" * 32], 7, "no content with sha2-256 0000"),
        (["put", "/nowhere/file"], 2, "/nowhere/file cannot be read: No such file"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    store: str,
    arguments: list[str],
    status: int,
    reason: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["store", *arguments, "--store", store]) == status
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.count("\n") == 1
    assert output.err.startswith("modelchain: ")
    assert reason in output.err


def test_a_file_over_the_limit_is_refused_with_its_size(
    store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(MAXIMUM_FILE + 7)
    assert run(["store", "put", str(large), "--store", store]) == 7
    assert "content of 17825799 bytes: at most 17825792" in capsys.readouterr().err


def test_a_large_file_goes_by_the_name_of_its_root(
    store: str, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    content = bytes(range(256)) * 5_000
    large, output = tmp_path / "large", tmp_path / "output"
    large.write_bytes(content)
    name = root_cid_of(file_digest(content))
    assert run(["store", "put", str(large), "--store", store]) == 0
    assert capfdbinary.readouterr().out.decode() == f"{name}\n"
    assert run(["store", "get", name, "-o", str(output), "--store", store]) == 0
    assert output.read_bytes() == content


@pytest.mark.parametrize(
    ("store", "status", "reason"),
    [
        ("ipfs:/ip4/127.0.0.1/tcp/1", 7, "Connection refused"),
        ("ipfs:127.0.0.1:5001", 2, "no address of an IPFS daemon"),
        ("ftp:host", 2, "cannot begin with ftp:"),
        ("local:/dev/null/store", 2, "there is no content store /dev/null/store"),
    ],
)
def test_a_store_that_cannot_be_used_is_one_line(
    store: str, status: int, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["store", "ls", "--store", store]) == status
    output = capsys.readouterr()
    assert output.out == ""
    assert reason in output.err
    assert output.err.count("\n") == 1


def test_a_place_that_cannot_be_written_is_named(
    store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "file"
    file.write_bytes(os.urandom(20))
    assert run(["store", "put", str(file), "--store", store]) == 0
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    target = str(tmp_path / "none" / "file")
    assert run(["store", "get", digest, "-o", target, "--store", store]) == 7
    assert f"{target} cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["ls"], ["get", DIGEST.hex()]])
def test_who_reads_a_store_that_is_not_there_makes_none(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    typo = tmp_path / "typo"
    assert run(["store", *command, "--store", str(typo)]) == 2
    assert capsys.readouterr() == (
        "",
        f"modelchain: there is no content store {typo}: name one with --store\n",
    )
    assert list(tmp_path.iterdir()) == []


def test_who_puts_a_file_makes_the_store(tmp_path: Path) -> None:
    store = tmp_path / "deep" / "store"
    assert run(["store", "put", "/dev/null", "--store", str(store)]) == 0
    assert [path.name for path in store.glob("*/*")] == [cid_of(hashlib.sha256(b"").digest())]
