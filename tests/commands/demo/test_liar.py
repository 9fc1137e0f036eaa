"""The demonstration's lying node is a worker like the others."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from offchain.commands.demo.liar import liar
from offchain.commands.worker import run
from offchain.node.demo.lying import LyingLearner
from offchain.programs.running import run_program


def test_a_liar_gives_its_worker_all_that_a_worker_needs(monkeypatch: pytest.MonkeyPatch):
    signature, given = inspect.signature(run.run_worker), []

    def worker(*values: Any, **named: Any) -> None:
        given.append(signature.bind(*values, **named).arguments)

    monkeypatch.setattr(run, "run_worker", worker)
    assert run_program(liar, "liar", ["--account", "2", "--node", "2"]) == 0
    [arguments] = given
    assert (arguments["number"], arguments["position"]) == (2, 2)
    assert not arguments["challenges"]
    assert arguments["learner_of"].func is LyingLearner
