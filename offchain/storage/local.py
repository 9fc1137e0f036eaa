"""Content in a local directory: one file a content identifier, the same names as in IPFS.

The files are spread over folders by the two characters before the last of their names, as IPFS
daemons do: a folder of a million files is slow. What lies in the directory itself, as before files
were spread, is read too.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from offchain import whole_files
from offchain.crypto.sealing import MAX_FILE
from offchain.errors import (
    ContentMismatchError,
    ContentMissingError,
    ContentTooLargeError,
    StoreError,
)
from offchain.ports import ContentStore
from offchain.storage.cid import cid_of, digest_of
from offchain.whole_files import UnwritableFile, write_whole

MAXIMUM_CONTENT: Final = MAX_FILE
"""Bytes of the largest file: no part of the protocol makes a larger one."""


SPREAD: Final = 2
"""Characters of the names of the folders that files are spread over."""


class LocalStore(ContentStore):
    """A directory that several processes may share: files appear whole or not at all.

    Args:
        folder: made if it is not there. Its parent must be writable then.

    Raises:
        StoreError: the folder cannot be made, or is a file.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"the store folder {folder} cannot be made: {error.strerror}: choose another one"
            ) from error

    @property
    def folder(self) -> Path:
        """Where the files lie."""
        return self._folder

    def put(self, content: bytes) -> bytes:
        """Keep a file of at most 1 MiB; returns its sha2-256.

        Raises:
            ContentTooLargeError: more than 1 MiB.
            StoreError: the folder cannot be written.
        """
        if len(content) > MAXIMUM_CONTENT:
            raise ContentTooLargeError(len(content), MAXIMUM_CONTENT)
        digest = hashlib.sha256(content).digest()
        if not self._holds(digest, content):
            try:
                path = self.place(digest)
                path.parent.mkdir(exist_ok=True)
                write_whole(path, content, mode=0o644, make_folder=False)
            except OSError as error:
                raise self._not_writable(error.strerror or str(error)) from error
            except UnwritableFile as error:
                raise self._not_writable(error.reason) from error
        return digest

    def forget(self, digest: bytes) -> None:
        """Remove a file; ``StoreError`` if it is there and cannot be removed."""
        for path in self._places(digest):
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise StoreError(f"{path} cannot be removed: {error.strerror}") from error

    def get(self, digest: bytes) -> bytes:
        """Fetch a file by its sha2-256 and hash it again.

        Raises:
            ContentMissingError: there is no such file.
            ContentMismatchError: the file's bytes have another hash.
            ContentTooLargeError: the file has grown over 1 MiB.
            StoreError: the file cannot be read.
        """
        content = self._read(digest)
        actual = hashlib.sha256(content).digest()
        if actual != digest:
            raise ContentMismatchError(digest, actual)
        return content

    def has(self, digest: bytes) -> bool:
        """Whether a file of that name is there; its bytes are checked by `get`."""
        return any(path.is_file() for path in self._places(digest))

    def digests(self) -> Iterator[bytes]:
        """The sha2-256 of every file that is kept, by name; other files are passed over.

        Raises:
            StoreError: the folder cannot be read.
        """
        try:
            names = sorted({path.name for path in self._paths()})
        except OSError as error:
            raise StoreError(
                f"the store folder {self._folder} cannot be read: {error.strerror}"
            ) from error
        for name in names:
            try:
                yield digest_of(name)
            except StoreError:
                continue

    def require_writable(self) -> None:
        """Try the folder with a file that is removed at once; ``StoreError`` if it takes none.

        For programs that are to keep what others rely on: it is said at the start, not when
        something would be lost.
        """
        try:
            whole_files.require_writable(self._folder / "any", make_folder=False)
        except UnwritableFile as error:
            raise self._not_writable(error.reason) from error

    def place(self, digest: bytes) -> Path:
        """Where a file is put."""
        name = cid_of(digest)
        return self._folder / name[-3:-1] / name

    def _places(self, digest: bytes) -> tuple[Path, Path]:
        """Where a file may lie."""
        return self.place(digest), self._folder / cid_of(digest)

    def _paths(self) -> Iterator[Path]:
        for path in self._folder.iterdir():
            if len(path.name) == SPREAD and path.is_dir():
                yield from path.iterdir()
            else:
                yield path

    def _holds(self, digest: bytes, content: bytes) -> bool:
        try:
            return self._read(digest) == content
        except StoreError:
            # Missing, damaged or unreadable: writing it again mends it or names the fault.
            return False

    def _read(self, digest: bytes) -> bytes:
        first, second = self._places(digest)
        try:
            return self._read_at(first, digest)
        except ContentMissingError:
            return self._read_at(second, digest)

    def _read_at(self, path: Path, digest: bytes) -> bytes:
        try:
            with open(path, "rb", opener=_open_at_once) as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    raise StoreError(f"{path} is no file: remove it")
                content = file.read(MAXIMUM_CONTENT + 1)
                size = (
                    len(content) if len(content) <= MAXIMUM_CONTENT else file.seek(0, os.SEEK_END)
                )
        except FileNotFoundError as error:
            raise ContentMissingError(digest) from error
        except OSError as error:
            raise StoreError(f"{path} cannot be read: {error.strerror}") from error
        if size > MAXIMUM_CONTENT:
            raise ContentTooLargeError(size, MAXIMUM_CONTENT)
        return content

    def _not_writable(self, reason: str) -> StoreError:
        return StoreError(
            f"the store folder {self._folder} cannot be written: {reason}: "
            "free space, mend its permissions or choose another one"
        )


def _open_at_once(path: str, flags: int) -> int:
    """Open a file; a pipe of its name is not waited for."""
    return os.open(path, flags | os.O_NONBLOCK)
