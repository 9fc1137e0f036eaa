"""Sealed files of data transactions that wait: in a folder of the relayer's own.

They go to the content store only with their data transaction. Whoever watches the store would
else see in what order they came.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from offchain.errors import StoreError
from offchain.storage.local import LocalStore


class WaitingFiles:
    """Files by their sha2-256, on disk; threads may share it.

    Args:
        folder: made if it is not there, for this user alone.

    Raises:
        StoreError: it cannot be made or read.
    """

    def __init__(self, folder: Path) -> None:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for part in folder.rglob(".part-*"):  # of a process that was killed as it wrote
                part.unlink()
        except OSError as error:
            raise StoreError(f"the folder {folder} cannot be used: {error.strerror}") from error
        self._store = LocalStore(folder)
        self._held = set(self._store.digests())

    def has(self, digest: bytes) -> bool:
        """Whether a file is there."""
        return digest in self._held

    def put(self, content: bytes) -> None:
        """Keep a file of at most 1 MiB; ``StoreError`` if it cannot be kept."""
        self._held.add(self._store.put(content))

    def get(self, digest: bytes) -> bytes:
        """A file; ``StoreError`` if it is gone or damaged: then it has to come once more."""
        try:
            return self._store.get(digest)
        except StoreError:
            self._held.discard(digest)
            raise

    def keep_only(self, digests: Collection[bytes]) -> None:
        """Remove all other files; ``StoreError`` if one cannot be removed."""
        for digest in [held for held in list(self._held) if held not in digests]:
            self._held.discard(digest)
            self._store.forget(digest)
