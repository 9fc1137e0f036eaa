"""An outlet that is asked beside the loop: a relayer that says nothing holds nothing up."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from offchain.errors import ModelChainError
from offchain.ports import Outlet
from offchain.protocol.words.actions import PublishTestKeys, PublishTrainingKeys, Share

MOMENT_SECONDS: Final = 0.25
"""How long the caller waits for an outlet that answers at once."""

AT_ONCE: Final = 8
"""Things that are handed over at once at most: one that hangs keeps its thread."""


class OutletPending(ModelChainError):
    """An outlet has not answered yet; whoever hands the same over again learns what it said."""

    def __init__(self) -> None:
        super().__init__("the outlet has not answered yet")


@dataclass(slots=True)
class _Handing:
    done: threading.Event = field(default_factory=threading.Event)
    error: Exception | None = None


class BesideOutlet(Outlet):
    """Another outlet, asked by threads; its methods raise `OutletPending` until it has answered.

    Args:
        outlet: the other one.
    """

    def __init__(self, outlet: Outlet) -> None:
        self._outlet = outlet
        self._handing: dict[object, _Handing] = {}

    def submit(self, share: Share, payloads: Sequence[bytes]) -> None:
        """See `Outlet.submit`."""
        self._hand(share, lambda: self._outlet.submit(share, payloads))

    def publish(self, keys: PublishTrainingKeys | PublishTestKeys) -> None:
        """See `Outlet.publish`."""
        self._hand(keys, lambda: self._outlet.publish(keys))

    def _hand(self, what: object, hand_over: Callable[[], None]) -> None:
        handing = self._handing.get(what)
        if handing is None:
            if len(self._handing) >= AT_ONCE:
                self._forget()
            if len(self._handing) >= AT_ONCE:
                raise OutletPending
            handing = self._handing[what] = _Handing()
            thread = threading.Thread(
                target=_run, args=(handing, hand_over), name="outlet", daemon=True
            )
            thread.start()
            handing.done.wait(MOMENT_SECONDS)
        if not handing.done.is_set():
            raise OutletPending
        del self._handing[what]
        if handing.error is not None:
            raise handing.error

    def _forget(self) -> None:
        """Drop answers that nobody asked for again."""
        self._handing = {w: h for w, h in self._handing.items() if not h.done.is_set()}


def _run(handing: _Handing, hand_over: Callable[[], None]) -> None:
    try:
        hand_over()
    except Exception as error:  # noqa: BLE001  (raised where it was handed over)
        handing.error = error
    handing.done.set()
