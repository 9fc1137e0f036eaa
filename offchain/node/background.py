"""One computation at a time beside the node's loop, which stays alive meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from offchain.errors import ModelChainError

Result = TypeVar("Result")


class Cancelled(ModelChainError):
    """A computation was told to stop."""


@dataclass(frozen=True, slots=True)
class Outcome(Generic[Result]):
    """What a computation came to: a result, or the error that ended it."""

    name: str
    result: Result | None
    error: Exception | None


class Background(Generic[Result]):
    """Runs one named computation in a thread of its own.

    The thread is a daemon: a process that is told to end does not wait for a step that takes long.
    """

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None
        self._outcome: Outcome[Result] | None = None
        self._cancelled = threading.Event()
        self._name: str | None = None

    @property
    def name(self) -> str | None:
        """What runs, or has ended and was not yet taken; None if there is nothing."""
        return self._name

    def start(self, name: str, compute: Callable[[], Result]) -> None:
        """Start a computation.

        Raises:
            RuntimeError: another one runs, or its outcome was not taken.
        """
        if self._name is not None:
            raise RuntimeError(f"{self._name} runs: {name} must wait")
        self._name = name
        self._cancelled.clear()

        def run() -> None:
            try:
                self._outcome = Outcome(name, compute(), None)
            except Exception as error:  # noqa: BLE001  (taken, logged and judged by the loop)
                self._outcome = Outcome(name, None, error)

        self._thread = threading.Thread(target=run, name=name, daemon=True)
        self._thread.start()

    def take(self) -> Outcome[Result] | None:
        """The outcome of a computation that has ended, once."""
        if self._thread is None or self._thread.is_alive():
            return None
        outcome, self._outcome, self._thread, self._name = self._outcome, None, None, None
        return outcome

    def cancel(self) -> None:
        """Tell the computation to stop at its next step; its outcome is then `Cancelled`."""
        self._cancelled.set()

    def step(self) -> None:
        """Called by the computation between its steps; raises `Cancelled` once it was told so."""
        if self._cancelled.is_set():
            raise Cancelled("told to stop")

    def wait(self, seconds: float) -> bool:
        """Wait for the computation to end, so long at most; whether none runs any more."""
        if self._thread is None:
            return True
        self._thread.join(seconds)
        return not self._thread.is_alive()
