"""What header sources on the network have in common: the best chain may change while it is read."""

from __future__ import annotations

from abc import abstractmethod
from typing import Final

from offchain.bitcoin.genesis import genesis_hash
from offchain.bitcoin.header import BlockHeader, double_sha256
from offchain.bitcoin.rules import Rules
from offchain.headers.bounded_http import BoundedHttp
from offchain.headers.errors import HeadersNotHeld, SourceMoved, SourceReplyError, WrongNetwork
from offchain.ports import HeaderSource

MAXIMUM_HEADERS: Final = 2016
"""Headers that one call returns at most."""

_ATTEMPTS: Final = 3


class ChainMoved(Exception):
    """Inside a source: what was read does not fit together, as after a reorganisation."""


class NetworkSource(HeaderSource):
    """A source that is asked over HTTP; its best chain from the first block on.

    Every header returned hashes to what the source named as the block at its height, and names the
    header before it. Whether it is valid, and of the best chain, is the relay's matter.

    Args:
        http: how it is asked.
        rules: of the network that it is expected to serve.
    """

    def __init__(self, http: BoundedHttp, rules: Rules) -> None:
        self._http = http
        self._rules = rules
        self._network_checked = False

    @property
    def url(self) -> str:
        """The source's address, without a password."""
        return self._http.url

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def first_height(self) -> int:
        """Height of the network's first block."""
        return 0

    def best_height(self) -> int:
        """Return the height of the source's best block.

        Raises:
            WrongNetwork: its first block is another network's.
            SourceError: it cannot be asked, or its reply is malformed.
        """
        expected = genesis_hash(self._rules)
        if expected is not None and not self._network_checked:
            actual = self._first_hash()
            if actual != expected:
                raise WrongNetwork(self.url, expected, actual)
            self._network_checked = True
        return self._best_height()

    def headers(self, start_height: int, count: int) -> list[bytes]:
        """Return up to `count` raw headers from `start_height` up, at most `MAXIMUM_HEADERS`.

        Fewer where the best chain ends, none just after its last block.

        Raises:
            HeadersNotHeld: `start_height` is negative or beyond the height after the best block,
                or `count` is negative.
            SourceMoved: the best chain changed in every attempt.
            SourceError: the source cannot be asked, or its replies are malformed or false.
        """
        best = self.best_height()
        if count < 0 or not 0 <= start_height <= best + 1:
            raise HeadersNotHeld(start_height, count, 0, best)
        for _ in range(_ATTEMPTS):
            heights = range(start_height, min(start_height + min(count, MAXIMUM_HEADERS), best + 1))
            if not heights:
                return []
            try:
                return self._read(heights)
            except ChainMoved:
                # The chain may have become shorter.
                best = self.best_height()
        raise SourceMoved(self.url, _ATTEMPTS)

    def _first_hash(self) -> bytes:
        try:
            [first] = self._hashes(range(1))
        except ChainMoved as error:
            what = "is that there is none: it is not ready, or serves no chain"
            raise SourceReplyError(self.url, "block 0", what) from error
        return first

    @abstractmethod
    def _best_height(self) -> int:
        """Height of the best block."""

    @abstractmethod
    def _hashes(self, heights: range) -> list[bytes]:
        """Block hashes by height, internal order; ``ChainMoved`` if one is not there any more."""

    @abstractmethod
    def _read(self, heights: range) -> list[bytes]:
        """Headers of some heights, at least one, linked; ``ChainMoved`` if they do not link."""


def check_hash(url: str, asked: str, header: bytes, block_hash: bytes) -> None:
    """Check that a header is the one of a hash; ``SourceReplyError`` if not."""
    actual = double_sha256(header)
    if actual != block_hash:
        what = f"has hash {actual[::-1].hex()}, not {block_hash[::-1].hex()}"
        raise SourceReplyError(url, asked, what)


def previous_hash(header: bytes) -> bytes:
    """The hash of the block before, internal order."""
    return BlockHeader.parse(header).previous_hash
