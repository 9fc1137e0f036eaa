"""What a sample is known by, in which order samples are drawn, and whose they are."""

from __future__ import annotations

import hashlib
import hmac
import sqlite3
from typing import Final

from offchain.learning.own_data.prepared import Preparation, Prepared

ID_BYTES: Final = 16
"""Of a hash: two samples with one are as likely as guessing a key of 64 bits."""


class Identities:
    """Gives the samples of one file their ids, in the order in which the file has them.

    Equal samples have one id. Where a task's samples may repeat, the second of a file has another
    id than the first, and a copy of the file the same ones again.
    """

    def __init__(self, preparation: Preparation) -> None:
        self._seen: sqlite3.Connection | None = None
        if preparation.repeats:
            # A database without a name is on disk where it grows, and gone with its connection.
            self._seen = sqlite3.connect("", isolation_level=None, check_same_thread=False)
            self._seen.execute("PRAGMA journal_mode = OFF")
            self._seen.execute("CREATE TABLE seen (id BLOB PRIMARY KEY, number INT) WITHOUT ROWID")

    def next(self, sample: Prepared) -> bytes:
        """Return the id of the file's next sample."""
        digest = hashlib.sha256(sample.record).digest()[:ID_BYTES]
        if self._seen is None:
            return digest
        [number] = self._seen.execute(
            "INSERT INTO seen VALUES (?, 0) ON CONFLICT DO UPDATE SET number = number + 1 "
            "RETURNING number",
            (digest,),
        ).fetchone()
        return hashlib.sha256(digest + int(number).to_bytes(8, "big")).digest()[:ID_BYTES]

    def close(self) -> None:
        """Forget what was seen."""
        if self._seen is not None:
            self._seen.close()


def rank_of(id_: bytes, secret: bytes) -> int:
    """Return a sample's place in the draw: nobody without the secret can tell it."""
    digest = hmac.digest(secret, b"modelchain/own-data-order/1" + id_, "sha256")
    return int.from_bytes(digest[:8], "big", signed=True)


def is_of_node(id_: bytes, node: int, nodes: int) -> bool:
    """Return whether a sample is that node's among the nodes that split their data."""
    digest = hashlib.sha256(b"modelchain/own-data-split/1" + id_).digest()
    return int.from_bytes(digest[:8], "big") % nodes == node
