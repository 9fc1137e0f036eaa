"""One computation at a time beside the loop."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import pytest

from offchain.node.background import Background, Cancelled
from tests.support.waiting import PATIENCE_SECONDS


@dataclass(frozen=True)
class Ended:
    """What a computation of these tests came to."""

    came_to: object


def test_a_result_is_taken_once():
    background: Background[Ended] = Background()
    background.start("sum", lambda: 1 + 1, Ended)
    background.wait(PATIENCE_SECONDS)
    assert background.take() == Ended(2)
    assert background.take() is None
    assert background.name is None


def test_the_loop_goes_on_while_it_computes():
    background, release = Background(), threading.Event()
    background.start("wait", lambda: release.wait(PATIENCE_SECONDS), Ended)
    assert background.take() is None
    assert background.name == "wait"
    release.set()
    background.wait(PATIENCE_SECONDS)
    assert background.take().came_to is True


def test_an_error_is_an_end_too():
    background = Background()
    background.start("fail", lambda: 1 // 0, Ended)
    background.wait(PATIENCE_SECONDS)
    assert isinstance(background.take().came_to, ZeroDivisionError)


def test_nothing_else_starts_before_the_end_is_taken():
    background = Background()
    background.start("first", lambda: None, Ended)
    background.wait(PATIENCE_SECONDS)
    with pytest.raises(RuntimeError, match="first runs: second must wait"):
        background.start("second", lambda: None, Ended)


def test_a_computation_that_is_told_to_stops_at_its_next_step():
    background, steps = Background(), []
    begun = threading.Event()

    def compute():
        for step in range(10_000):
            background.step()
            steps.append(step)
            begun.set()
            threading.Event().wait(0.01)

    background.start("long", compute, Ended)
    assert begun.wait(PATIENCE_SECONDS)
    background.cancel()
    background.wait(PATIENCE_SECONDS)
    assert isinstance(background.take().came_to, Cancelled)
    assert len(steps) < 10_000


def test_a_cancelled_computation_does_not_cancel_the_next():
    background = Background()
    background.start("first", lambda: None, Ended)
    background.wait(PATIENCE_SECONDS)
    background.cancel()
    background.take()
    background.start("second", lambda: background.step() or "done", Ended)
    background.wait(PATIENCE_SECONDS)
    assert background.take().came_to == "done"
