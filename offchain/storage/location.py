"""A content store from the text that names it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from offchain.config import local_path, split_kind
from offchain.errors import ConfigurationError, StoreError
from offchain.storage.local import LocalStore

if TYPE_CHECKING:
    from offchain.storage.ipfs import IpfsStore

LOCAL: Final = "local"
IPFS: Final = "ipfs"
KINDS: Final = (LOCAL, IPFS)
"""What a store's text may begin with, before a colon; a plain path is a local folder."""

_EXAMPLES: Final = "local:FOLDER or ipfs:/ip4/127.0.0.1/tcp/5001"


def open_store(text: str, *, for_writing: bool = False) -> LocalStore | IpfsStore:
    """The store that a text names: ``local:FOLDER``, a plain path, or ``ipfs:MULTIADDR``.

    Args:
        text: the store's name.
        for_writing: whether files are to be kept there. A local folder is made then if it is not
            there; and it is tried at once: a folder must take files, a daemon answer. Who only
            reads makes nothing.

    Raises:
        ConfigurationError: the text names no store, or a folder to read from that is not there.
        StoreError: the folder cannot be made, or does not take files although it must.
        StoreUnreachableError: the daemon does not answer although it must.
    """
    kind, place = split_location(text)
    if kind == IPFS:
        # Its libraries take a while to import: only for those who use it.
        from offchain.storage.ipfs import IpfsStore

        daemon = IpfsStore(place)
        if for_writing:
            daemon.version()
        return daemon
    folder = local_path(place)
    if not for_writing and not _is_folder(folder):
        raise ConfigurationError(f"there is no content store {folder}: name one with --store")
    local = LocalStore(folder)
    if for_writing:
        local.require_writable()
    return local


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError as error:
        raise StoreError(f"the store folder {path} cannot be read: {error.strerror}") from error


def split_location(text: str) -> tuple[str, str]:
    """Kind and place of a store: ``ipfs:/ip4/...`` is ("ipfs", "/ip4/...").

    Raises:
        ConfigurationError: it names no store.
    """
    kind, place = split_kind(text) or (LOCAL, text)
    if kind not in KINDS:
        raise ConfigurationError(f"a content store cannot begin with {kind}: it is {_EXAMPLES}")
    if not place.strip():
        raise ConfigurationError(f"a content store must name a place: {_EXAMPLES}")
    return kind, place
