"""One computation at a time beside the loop."""

from __future__ import annotations

import threading

import pytest

from offchain.node.background import Background, Cancelled
from tests.support.waiting import PATIENCE_SECONDS


def test_a_result_is_taken_once():
    background: Background[int] = Background()
    background.start("sum", lambda: 1 + 1)
    background.wait(PATIENCE_SECONDS)
    outcome = background.take()
    assert (outcome.name, outcome.result, outcome.error) == ("sum", 2, None)
    assert background.take() is None
    assert background.name is None


def test_the_loop_goes_on_while_it_computes():
    background, release = Background(), threading.Event()
    background.start("wait", lambda: release.wait(PATIENCE_SECONDS))
    assert background.take() is None
    assert background.name == "wait"
    release.set()
    background.wait(PATIENCE_SECONDS)
    assert background.take().result is True


def test_an_error_is_an_outcome():
    background = Background()
    background.start("fail", lambda: 1 // 0)
    background.wait(PATIENCE_SECONDS)
    assert isinstance(background.take().error, ZeroDivisionError)


def test_nothing_else_starts_before_the_outcome_is_taken():
    background = Background()
    background.start("first", lambda: None)
    background.wait(PATIENCE_SECONDS)
    with pytest.raises(RuntimeError, match="first runs: second must wait"):
        background.start("second", lambda: None)


def test_a_computation_that_is_told_to_stops_at_its_next_step():
    background, steps = Background(), []
    begun = threading.Event()

    def compute():
        for step in range(10_000):
            background.step()
            steps.append(step)
            begun.set()
            threading.Event().wait(0.01)

    background.start("long", compute)
    assert begun.wait(PATIENCE_SECONDS)
    background.cancel()
    background.wait(PATIENCE_SECONDS)
    assert isinstance(background.take().error, Cancelled)
    assert len(steps) < 10_000


def test_a_cancelled_computation_does_not_cancel_the_next():
    background = Background()
    background.start("first", lambda: None)
    background.wait(PATIENCE_SECONDS)
    background.cancel()
    background.take()
    background.start("second", lambda: background.step() or "done")
    background.wait(PATIENCE_SECONDS)
    assert background.take().result == "done"
