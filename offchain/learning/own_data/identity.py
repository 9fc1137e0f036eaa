"""What a sample is known by, in which order samples are drawn, and whose they are."""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter

from offchain.learning.own_data.prepared import Preparation, Prepared

ID_BYTES = 16
"""Of a hash: two samples with one are as likely as guessing a key of 64 bits."""


class Identities:
    """Gives the samples of one file their ids, in the order in which the file has them.

    Equal samples have one id. Where a task's samples may repeat, the second of a file has another
    id than the first, and a copy of the file the same ones again.
    """

    def __init__(self, preparation: Preparation) -> None:
        self._seen: Counter[bytes] | None = Counter() if preparation.repeats else None

    def next(self, sample: Prepared) -> bytes:
        """Return the id of the file's next sample."""
        digest = hashlib.sha256(sample.record).digest()
        if self._seen is None:
            return digest[:ID_BYTES]
        digest = digest[:ID_BYTES]
        number = self._seen[digest]
        self._seen[digest] += 1
        return hashlib.sha256(digest + number.to_bytes(8, "big")).digest()[:ID_BYTES]


def rank_of(id_: bytes, secret: bytes) -> int:
    """Return a sample's place in the draw: nobody without the secret can tell it."""
    digest = hmac.digest(secret, b"modelchain/own-data-order/1" + id_, "sha256")
    return int.from_bytes(digest[:8], "big", signed=True)


def is_of_node(id_: bytes, node: int, nodes: int) -> bool:
    """Return whether a sample is that node's among the nodes that split their data."""
    digest = hashlib.sha256(b"modelchain/own-data-split/1" + id_).digest()
    return int.from_bytes(digest[:8], "big") % nodes == node
