"""What a program has seen and done so far, written by its loop and read by whoever watches it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from offchain.errors import ChainError, RpcError
from offchain.ports import TrainingProgress
from offchain.protocol.words.chain_status import ChainStatus


@dataclass(frozen=True, slots=True)
class LastError:
    """The last failure: what may be told of it, and when it was."""

    reason: str
    at: float


@dataclass(frozen=True, slots=True)
class Seen:
    """All that a program has told; times are its clock's.

    Attributes:
        status: the chain at its last look; None: it has not looked yet.
        looked_at: when that was.
        looks: how often it looked at the chain.
        waiting: what it waits for.
        computing: what is computed beside its loop; None: nothing.
        training: how far the last training came; None: there was none.
        failing: whether the last look failed.
        failed_looks: looks that failed.
        failed_actions: actions that could not be done, by kind.
        last_error: of either kind.
    """

    status: ChainStatus | None = None
    looked_at: float | None = None
    looks: int = 0
    waiting: tuple[str, ...] = ()
    computing: str | None = None
    training: TrainingProgress | None = None
    failing: bool = False
    failed_looks: int = 0
    failed_actions: Mapping[str, int] = field(default_factory=dict)
    last_error: LastError | None = None


class Watch:
    """Takes what a program's loop tells; any thread may read it.

    Args:
        clock: seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.started_at = clock()
        self._lock = threading.Lock()
        self._seen = Seen()

    def looked(
        self,
        status: ChainStatus,
        waiting: tuple[str, ...] = (),
        computing: str | None = None,
        training: TrainingProgress | None = None,
    ) -> None:
        """The program looked at the chain, and this is what it found and waits for."""
        with self._lock:
            self._seen = replace(
                self._seen,
                status=status,
                looked_at=self.clock(),
                looks=self._seen.looks + 1,
                waiting=waiting,
                computing=computing,
                training=training,
                failing=False,
            )

    def failed(self, error: Exception) -> None:
        """It could not use the chain, and tries again."""
        with self._lock:
            self._seen = replace(
                self._seen,
                failed_looks=self._seen.failed_looks + 1,
                failing=True,
                last_error=LastError(public_reason(error), self.clock()),
            )

    def could_not(self, kind: str, error: Exception) -> None:
        """One kind of action failed, and is tried again."""
        with self._lock:
            self._seen = replace(
                self._seen,
                failed_actions=Counter(self._seen.failed_actions) + Counter([kind]),
                last_error=LastError(public_reason(error), self.clock()),
            )

    def seen(self) -> Seen:
        """All that was told so far."""
        with self._lock:
            return self._seen


def public_reason(error: Exception) -> str:
    """What anybody may know of an error.

    Errors of the connection and of files name addresses (with access keys, often) and paths: of
    those only the kind is told, the log has the rest.
    """
    if isinstance(error, ChainError) and not isinstance(error, RpcError):
        return f"{type(error).__name__}: {error}"
    return type(error).__name__
