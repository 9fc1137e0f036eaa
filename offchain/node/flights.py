"""Transactions that a program sends beside its loop, several at once: the loop waits for none."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from offchain.ports import Receipt


@dataclass(frozen=True, slots=True)
class Landed:
    """What became of something that was sent, known by the name that it was sent under."""

    name: str
    came_to: Receipt | Exception

    def receipt(self) -> Receipt:
        """The receipt; raises whatever there is instead."""
        if isinstance(self.came_to, Exception):
            raise self.came_to
        return self.came_to


class Flights:
    """What is on its way, each thing in a thread of its own.

    The threads are daemons: a process that is told to end waits for nothing that hangs.

    Args:
        most: things on their way at once; 0: whoever sends one waits for it.
    """

    def __init__(self, most: int = 0) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._sending: set[str] = set()
        self._landed: list[Landed] = []

    @property
    def are_waited_for(self) -> bool:
        """Whether what is begun has landed at once."""
        return self._most == 0

    @property
    def free(self) -> int:
        """How many more can be sent now."""
        with self._lock:
            return max(1, self._most) - len(self._sending)

    def __contains__(self, name: str) -> bool:
        """Whether something is on its way, or has landed and was not taken."""
        with self._lock:
            return name in self._sending

    def begin(self, name: str, send: Callable[[], Receipt]) -> bool:
        """Send something.

        Args:
            name: nothing else of this name is sent meanwhile.
            send: sends it and waits for it.

        Returns:
            False if there is no room, or it is on its way already.
        """
        with self._lock:
            if name in self._sending or len(self._sending) >= max(1, self._most):
                return False
            self._sending.add(name)
        if self._most:
            thread = threading.Thread(target=self._send, args=(name, send), daemon=True)
            thread.start()
        else:
            self._send(name, send)
        return True

    def landed(self) -> list[Landed]:
        """What has landed since the last time."""
        with self._lock:
            found, self._landed = self._landed, []
            self._sending -= {landed.name for landed in found}
        return found

    def _send(self, name: str, send: Callable[[], Receipt]) -> None:
        came_to: Receipt | Exception
        try:
            came_to = send()
        except Exception as error:  # noqa: BLE001  (raised where it is taken)
            came_to = error
        with self._lock:
            self._landed.append(Landed(name, came_to))
