"""What a program sends beside its loop: so many at once, each taken once."""

from __future__ import annotations

import threading

import pytest

from offchain.errors import RevertedError
from offchain.node.flights import Flights
from offchain.ports import Receipt
from tests.support.waiting import PATIENCE_SECONDS, wait_until

RECEIPT = Receipt(bytes(32), 7, 21_000)


def test_what_hangs_keeps_its_place_and_nothing_else() -> None:
    flights, hanging = Flights(2), threading.Event()

    def hang() -> Receipt:
        hanging.wait(PATIENCE_SECONDS)
        return RECEIPT

    assert flights.begin("hangs", hang)
    assert not flights.begin("hangs", hang)
    assert flights.begin("other", lambda: RECEIPT)
    found = []
    wait_until(lambda: bool(found.extend(flights.landed()) or found), "the other one")
    assert [(one.name, one.receipt()) for one in found] == [("other", RECEIPT)]
    assert "hangs" in flights
    assert "other" not in flights
    assert flights.free == 1
    assert flights.begin("other", hang)
    assert not flights.begin("third", hang)
    hanging.set()
    wait_until(lambda: bool(found.extend(flights.landed()) or len(found) == 3), "all")
    assert flights.free == 2


def test_an_error_is_raised_where_it_is_taken() -> None:
    flights = Flights(1)

    def fail() -> Receipt:
        raise RevertedError("WrongPhase")

    assert flights.begin("fails", fail)
    found = []
    wait_until(lambda: bool(found.extend(flights.landed()) or found), "its end")
    with pytest.raises(RevertedError, match="WrongPhase"):
        found[0].receipt()


def test_without_a_number_whoever_sends_waits() -> None:
    flights, threads = Flights(), []

    def send() -> Receipt:
        threads.append(threading.current_thread())
        return RECEIPT

    assert flights.are_waited_for
    assert flights.begin("one", send)
    # Its place is free once it was taken.
    assert not flights.begin("two", send)
    assert [one.name for one in flights.landed()] == ["one"]
    assert flights.begin("two", send)
    assert threads == [threading.current_thread()] * 2
