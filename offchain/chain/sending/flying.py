"""Transactions of one account that somebody in this process waits for."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from offchain.chain.sending.outbox import SignedTransaction


class Flying:
    """Their versions by nonce. Several threads may use it."""

    def __init__(self) -> None:
        self._versions: dict[int, list[SignedTransaction]] = {}
        self._lock = threading.Lock()

    def __contains__(self, nonce: int) -> bool:
        return nonce in self._versions

    def add(self, versions: list[SignedTransaction]) -> None:
        """Note versions of a nonce, to which dearer ones may be added."""
        with self._lock:
            self._versions[versions[-1].nonce] = versions

    @contextmanager
    def until_landed(self, nonce: int) -> Iterator[None]:
        """Forget a nonce at the end."""
        try:
            yield
        finally:
            with self._lock:
                del self._versions[nonce]

    def next_nonce(self, pending: int) -> int:
        """The next one's nonce: a node that is behind, or dropped some, does not count them all."""
        with self._lock:
            return max([pending, *(nonce + 1 for nonce in self._versions)])

    def is_first(self, nonce: int) -> bool:
        """Whether none of them comes before a nonce."""
        with self._lock:
            return min(self._versions, default=nonce) >= nonce

    def cost(self, other_than: int | None = None) -> int:
        """Wei that they may take in all, one nonce left out."""
        with self._lock:
            last = [
                versions[-1] for nonce, versions in self._versions.items() if nonce != other_than
            ]
        return sum(sent.value + sent.gas * sent.fees.limit for sent in last)
