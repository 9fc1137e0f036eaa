"""A content store from the text that names it."""

from __future__ import annotations

from pathlib import Path

import pytest

from offchain.errors import ConfigurationError, StoreError
from offchain.storage.ipfs import IpfsStore
from offchain.storage.local import LocalStore
from offchain.storage.location import open_store


@pytest.mark.parametrize("prefix", ["", "local:"])
def test_a_path_is_a_local_folder(tmp_path: Path, prefix: str) -> None:
    place = f"{prefix}{tmp_path / 'deep' / 'store'}"
    store = open_store(place, for_writing=True)
    assert isinstance(store, LocalStore)
    assert store.folder == tmp_path / "deep" / "store"
    assert store.folder.is_dir()
    assert list(store.folder.iterdir()) == []
    digest = store.put(b"content")
    assert open_store(place).get(digest) == b"content"


def test_who_only_reads_makes_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for place in ("typo", "deep/typo", "file", "file/store"):
        with pytest.raises(ConfigurationError, match=f"there is no content store .*{place}"):
            open_store(str(tmp_path / place))
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


def test_a_path_that_is_too_long_is_a_store_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be read: File name too long"):
        open_store(str(tmp_path / ("x" * 300)))


def test_a_home_folder_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "store").mkdir()
    assert open_store("local:~/store").folder == tmp_path / "store"  # type: ignore[union-attr]
    with pytest.raises(ConfigurationError, match="no such home folder"):
        open_store("~nobody-of-this-name/store")


def test_a_multiaddr_is_a_daemon() -> None:
    store = open_store("ipfs:/ip4/127.0.0.1/tcp/5001")
    assert isinstance(store, IpfsStore)
    assert store.address == "/ip4/127.0.0.1/tcp/5001"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "must name a place"),
        ("local:", "must name a place"),
        ("ipfs: ", "must name a place"),
        ("s3:bucket", "cannot begin with s3:"),
        ("ipfs:http://127.0.0.1:5001", "no address of an IPFS daemon"),
    ],
)
def test_a_text_that_names_no_store_is_refused(text: str, reason: str) -> None:
    with pytest.raises(ConfigurationError, match=reason):
        open_store(text)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(StoreError, match="cannot be made"):
        open_store(str(file / "store"), for_writing=True)
