"""A content store from the text that names it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from offchain.config import split_kind
from offchain.errors import ConfigurationError
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

    A local folder is made if it is not there.

    Args:
        text: the store's name.
        for_writing: whether it is tried at once: a local folder must take files, a daemon answer.
            For programs that are to keep what others rely on.

    Raises:
        ConfigurationError: the text names no store.
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
    local = LocalStore(Path(place).expanduser())
    if for_writing:
        local.require_writable()
    return local


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
