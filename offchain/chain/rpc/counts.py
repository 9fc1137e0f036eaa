"""How often a node was asked, and how often that failed: for whoever watches a program."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RpcFigures:
    """Figures since the start.

    Attributes:
        requests: HTTP requests by address, as it may be shown.
        calls: JSON-RPC calls in them.
        failures: by address and kind of error; a node's refusal (a revert, mostly) is none.
        pushed_heads: blocks that a subscription told of.
    """

    requests: Mapping[str, int]
    calls: int
    failures: Mapping[tuple[str, str], int]
    pushed_heads: int


class RpcCounts:
    """Counts; threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: Counter[str] = Counter()
        self._calls = 0
        self._failures: Counter[tuple[str, str]] = Counter()
        self._pushed_heads = 0

    def asked(self, address: str, calls: int) -> None:
        """One request with so many calls goes out."""
        with self._lock:
            self._requests[address] += 1
            self._calls += calls

    def failed(self, address: str, error: Exception) -> None:
        """A request came to an error."""
        with self._lock:
            self._failures[address, type(error).__name__] += 1

    def pushed(self) -> None:
        """A subscription told of a block."""
        with self._lock:
            self._pushed_heads += 1

    def told(self) -> RpcFigures:
        """The figures so far."""
        with self._lock:
            return RpcFigures(
                dict(self._requests), self._calls, dict(self._failures), self._pushed_heads
            )
