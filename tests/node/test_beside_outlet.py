"""A relayer that says nothing holds nothing up, and what it says late is heard."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

import pytest

from offchain.errors import RelayerBusyError
from offchain.node.beside_outlet import AT_ONCE, MOMENT_SECONDS, BesideOutlet, OutletPending
from offchain.ports import Outlet
from offchain.protocol.words.actions import PublishTestKeys
from tests.support.waiting import wait_until

KEYS = [PublishTestKeys(1, index, (bytes(16),)) for index in range(AT_ONCE + 1)]


@dataclass
class Silent(Outlet):
    """Says nothing before its gate is open; then perhaps that it is busy."""

    gate: threading.Event = field(default_factory=threading.Event)
    busy: bool = False
    got: list[object] = field(default_factory=list)

    def submit(self, share, payloads):
        raise NotImplementedError

    def publish(self, keys):
        self.got.append(keys)
        self.gate.wait()
        if self.busy:
            raise RelayerBusyError(5, "as the test says")


def is_pending(outlet: Outlet, keys: PublishTestKeys) -> bool:
    try:
        outlet.publish(keys)
    except OutletPending:
        return True
    return False


def test_what_is_taken_at_once_is_taken_at_once():
    silent = Silent()
    silent.gate.set()
    BesideOutlet(silent).publish(KEYS[0])
    assert silent.got == [KEYS[0]]


def test_a_silent_outlet_is_asked_once_and_heard_when_it_speaks():
    silent = Silent(busy=True)
    outlet, began = BesideOutlet(silent), time.monotonic()
    for _ in range(100):
        assert is_pending(outlet, KEYS[0])
    assert time.monotonic() - began < 20 * MOMENT_SECONDS
    silent.gate.set()
    with pytest.raises(RelayerBusyError):
        wait_until(lambda: not is_pending(outlet, KEYS[0]), "no answer")
    assert silent.got == [KEYS[0]]
    # Handed over again it is asked again.
    silent.busy = False
    wait_until(lambda: not is_pending(outlet, KEYS[0]), "no answer")
    assert silent.got == 2 * [KEYS[0]]


def test_so_many_hang_at_most_and_answers_that_nobody_asks_for_make_room():
    silent = Silent()
    outlet = BesideOutlet(silent)
    for keys in KEYS:
        assert is_pending(outlet, keys)
    assert len(silent.got) == AT_ONCE
    silent.gate.set()
    wait_until(lambda: not is_pending(outlet, KEYS[-1]), "no room")
