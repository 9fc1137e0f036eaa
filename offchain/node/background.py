"""One computation at a time beside the node's loop, which stays alive meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from offchain.errors import ModelChainError

Computed = TypeVar("Computed")
Ended = TypeVar("Ended")


class Cancelled(ModelChainError):
    """A computation was told to stop."""


class Background(Generic[Ended]):
    """Runs one named computation in a thread of its own.

    Its end is told by a value that whoever starts it makes of the result or the error: each kind of
    computation has a class for it.

    The thread is a daemon: a process that is told to end does not wait for a step that takes long.
    """

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None
        self._ended: Ended | None = None
        self._cancelled = threading.Event()
        self._name: str | None = None

    @property
    def name(self) -> str | None:
        """What runs, or has ended and was not yet taken; None if there is nothing."""
        return self._name

    def start(
        self,
        name: str,
        compute: Callable[[], Computed],
        ended: Callable[[Computed | Exception], Ended],
    ) -> None:
        """Start a computation.

        Args:
            name: for people.
            compute: runs in the thread.
            ended: makes the value that `take` gives of the result, or of the error that ended it.

        Raises:
            RuntimeError: another one runs, or its end was not taken.
        """
        if self._name is not None:
            raise RuntimeError(f"{self._name} runs: {name} must wait")
        self._name = name
        self._cancelled.clear()

        def run() -> None:
            came_to: Computed | Exception
            try:
                came_to = compute()
            except Exception as error:  # noqa: BLE001  (taken, logged and judged by the loop)
                came_to = error
            self._ended = ended(came_to)

        self._thread = threading.Thread(target=run, name=name, daemon=True)
        self._thread.start()

    def take(self) -> Ended | None:
        """The end of a computation that has ended, once."""
        if self._thread is None or self._thread.is_alive():
            return None
        ended, self._ended, self._thread, self._name = self._ended, None, None, None
        return ended

    def is_current(self) -> bool:
        """Whether the calling thread is the computation's."""
        return threading.current_thread() is self._thread

    def cancel(self) -> None:
        """Tell the computation to stop at its next step; it then comes to `Cancelled`."""
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
