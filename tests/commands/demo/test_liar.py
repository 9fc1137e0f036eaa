"""The demonstration's lying node is a worker like the others."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pytest

from offchain.commands.demo.liar import liar
from offchain.commands.worker import run
from offchain.node.demo.local_network import DemoNetwork, DemoPlan
from offchain.node.demo.lying import LyingLearner
from offchain.programs.running import run_program


def test_a_liar_takes_what_a_network_starts_it_with_and_gives_it_to_its_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    signature, given = inspect.signature(run.run_worker), []

    def worker(*values: Any, **named: Any) -> None:
        given.append(signature.bind(*values, **named).arguments)

    monkeypatch.setattr(run, "run_worker", worker)
    plan = DemoPlan(tmp_path, tmp_path, tmp_path, 3, liars=1, data=tmp_path, skip_bad=True)
    started: list[list[str]] = []

    class Starting:
        def start(self, _: str, __: str, options: list[str]) -> None:
            started.append(options)

    fields = dict.fromkeys(DemoNetwork.__dataclass_fields__)
    DemoNetwork(**{**fields, "plan": plan, "children": Starting()}).start_worker(2)  # type: ignore[arg-type]
    assert run_program(liar, "liar", started[0]) == 0
    [arguments] = given
    assert (arguments["data"], arguments["skip_bad"]) == (tmp_path, True)
    assert (arguments["number"], arguments["position"]) == (2, 2)
    assert not arguments["challenges"]
    assert arguments["learner_of"].func is LyingLearner
