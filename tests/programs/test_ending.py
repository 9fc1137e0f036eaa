"""Whatever a program waits for, it ends in time once it is told to."""

from __future__ import annotations

import threading
import time

import pytest

from offchain.errors import ChainError
from offchain.programs.ending import work_until_stopped


def test_work_that_hangs_is_left_behind():
    stopped, hung = threading.Event(), threading.Event()
    threading.Timer(0.1, stopped.set).start()
    began = time.monotonic()
    work_until_stopped(hung.wait, stopped, seconds=0.2)
    assert time.monotonic() - began < 5
    hung.set()


def test_work_that_ends_in_order_is_waited_for():
    stopped = threading.Event()
    ended: list[int] = []

    def work() -> None:
        stopped.wait()
        time.sleep(0.1)
        ended.append(1)

    threading.Timer(0.05, stopped.set).start()
    work_until_stopped(work, stopped, seconds=60.0)
    assert ended == [1]


def test_what_ends_work_ends_the_program():
    def work() -> None:
        raise ChainError("as the test says")

    with pytest.raises(ChainError, match="as the test says"):
        work_until_stopped(work, threading.Event())
