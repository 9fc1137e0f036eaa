"""What a relayer has accepted and not yet brought on chain, kept on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from offchain.node.relayer.database import RelayerDatabase
from offchain.node.relayer.files import WaitingFiles
from offchain.node.relayer.lane import Form, Lane
from offchain.node.relayer.limits import MAXIMUM_QUEUE
from offchain.node.relayer.orders import order_lane
from offchain.node.relayer.wire import (
    Publication,
    decode_publication,
    decode_share,
    encode_publication,
    encode_share,
    kind_of,
    round_of,
)
from offchain.protocol.words.actions import Share

FILES_SUFFIX: Final = ".files"
"""What the folder of sealed files is called, after the database's name."""


class RelayerQueue:
    """Data transactions with their files, keys and orders that wait for the chain.

    Args:
        database: where they are kept; what it holds waits on. The files lie beside it.
        maximum: of each kind.

    Raises:
        StoreError: database or files cannot be read.
    """

    def __init__(self, database: RelayerDatabase, maximum: int = MAXIMUM_QUEUE) -> None:
        self.database = database
        self.shares = Lane(
            Form("transactions", share_name, encode_share, decode_share), database, maximum
        )
        self.keys = Lane(
            Form("keys", keys_name, encode_publication, decode_publication), database, maximum
        )
        self.orders = order_lane(database, maximum)
        self.files = WaitingFiles(files_folder(database.file))

    def missing(self, share: Share) -> tuple[bytes, ...]:
        """Hashes of the files of a data transaction that have not come yet, each once."""
        hashes = dict.fromkeys(share.transaction.payload_hashes)
        return tuple(digest for digest in hashes if not self.files.has(digest))

    def expects(self, digest: bytes) -> bool:
        """Whether a data transaction that waits names a file."""
        return any(digest in share.transaction.payload_hashes for share in self.shares.all())

    def forget_files(self) -> None:
        """Remove the files that no data transaction names any more."""
        waiting = self.shares.all()
        self.files.keep_only({h for share in waiting for h in share.transaction.payload_hashes})


def files_folder(database: Path) -> Path:
    """Where the sealed files of a queue lie."""
    return database.with_name(database.name + FILES_SUFFIX)


def share_name(share: Share) -> str:
    """Round and the nullifier's x: there is one data transaction of them."""
    return f"{share.transaction.round}:{share.transaction.nullifier_x}"


def keys_name(keys: Publication) -> str:
    """Round, number and kind."""
    return f"{round_of(keys)}:{keys.index}:{kind_of(keys)}"
