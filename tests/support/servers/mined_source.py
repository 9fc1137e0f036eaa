"""A header source over a chain mined on the spot."""

from __future__ import annotations

from dataclasses import dataclass

from offchain.headers.errors import HeadersNotHeld
from offchain.ports import HeaderSource
from scripts.support.worlds.bitcoin_mining import MinedChain


@dataclass
class MinedSource(HeaderSource):
    """Serves a chain as any source does; a test may give it another one."""

    chain: MinedChain

    def first_height(self) -> int:
        return self.chain.first_height

    def best_height(self) -> int:
        return self.chain.best_height

    def headers(self, start_height: int, count: int) -> list[bytes]:
        if count < 0 or not self.first_height() <= start_height <= self.best_height() + 1:
            raise HeadersNotHeld(start_height, count, self.first_height(), self.best_height())
        first = start_height - self.first_height()
        return [header.serialise() for header in self.chain.headers[first : first + count]]
