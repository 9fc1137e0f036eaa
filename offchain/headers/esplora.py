"""Headers from an Esplora server over HTTP, such as block explorers run.

Three paths are used (https://github.com/Blockstream/esplora/blob/master/API.md):
``/blocks/tip/height``, ``/block-height/:height`` and ``/block/:hash/header``. A run of headers is
walked from its last block back along the headers' own links, so that it is of one chain whatever
happens meanwhile; headers are kept by hash, so that following a chain asks for each one once.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from offchain.bitcoin.header import display_hash
from offchain.bitcoin.rules import Rules
from offchain.headers.bounded_http import BoundedHttp, Limits
from offchain.headers.errors import SourceRefusal, SourceReplyError
from offchain.headers.network_source import (
    MAXIMUM_HEADERS,
    ChainMoved,
    NetworkSource,
    check_hash,
    previous_hash,
)
from offchain.headers.replies import parse_hash, parse_header, parse_height
from offchain.strangers.foreign_text import printable

_KEPT: Final = 2 * MAXIMUM_HEADERS
"""Headers kept by hash: 320 KiB."""

_REPLY_BYTES: Final = 1 << 12
"""A header has 160 bytes as text; what is longer is an error page."""


class EsploraHeaders(NetworkSource):
    """The best chain of an Esplora server.

    Args:
        url: what comes before the paths, for instance ``https://host/api``.
        rules: of the network that it is expected to serve.
        credentials: user and password if the server wants them.
        limits: what is waited for and read.
    """

    def __init__(
        self,
        url: str,
        rules: Rules,
        credentials: tuple[str, str] | None = None,
        limits: Limits | None = None,
    ) -> None:
        super().__init__(
            BoundedHttp(
                url,
                None if credentials is None else lambda: credentials,
                limits or Limits(reply_bytes=_REPLY_BYTES),
            ),
            rules,
        )
        self._kept: OrderedDict[bytes, bytes] = OrderedDict()

    def _best_height(self) -> int:
        path = "/blocks/tip/height"
        return parse_height(self.url, path, self._text(path))

    def _hashes(self, heights: range) -> list[bytes]:
        return [self._hash(height) for height in heights]

    def _read(self, heights: range) -> list[bytes]:
        block_hash = self._hash(heights[-1])
        headers: list[bytes] = []
        for _ in heights:
            header = self._header(block_hash)
            headers.append(header)
            first_hash, block_hash = block_hash, previous_hash(header)
        # The walk ends at the first height only if the chain was that long all along.
        if len(heights) > 1 and self._hash(heights[0]) != first_hash:
            raise ChainMoved
        return headers[::-1]

    def _hash(self, height: int) -> bytes:
        path = f"/block-height/{height}"
        try:
            text = self._text(path)
        except SourceRefusal as refusal:
            if refusal.code == 404:
                raise ChainMoved from refusal
            raise
        return parse_hash(self.url, path, text)

    def _header(self, block_hash: bytes) -> bytes:
        kept = self._kept.get(block_hash)
        if kept is not None:
            return kept
        path = f"/block/{display_hash(block_hash)}/header"
        header = parse_header(self.url, path, self._text(path))
        check_hash(self.url, path, header, block_hash)
        self._kept[block_hash] = header
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return header

    def _text(self, path: str) -> str:
        reply = self._http.get(path)
        try:
            text = reply.body.decode("ascii").strip()
        except UnicodeDecodeError as error:
            raise SourceReplyError(self.url, path, "is no text") from error
        if reply.status != 200:
            raise SourceRefusal(self.url, path, reply.status, printable(text))
        return text
