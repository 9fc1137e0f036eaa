"""One node on two machines, which are namespaces of this one, started by torchrun."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.several_machines import MACHINES, play
from scripts.support.faults.hosts import NoNamespaces
from tests.support.waiting import PATIENCE_SECONDS

pytestmark = pytest.mark.full

SILENCE_SECONDS = 10


def test_two_machines_judge_as_one_and_losing_one_costs_seconds(tmp_path: Path):
    sizes = ("--samples", "3000", "--steps", "3", "--batch", "32")
    try:
        found = play((*sizes, "--silence", str(SILENCE_SECONDS)), tmp_path)
    except NoNamespaces as reason:
        pytest.skip(str(reason))
    assert found["processes"] == MACHINES
    assert found["same_points"]
    assert found["same_points_after_loss"]
    assert found["alone_after_loss"]
    assert found["judge_after_loss_s"] < SILENCE_SECONDS + PATIENCE_SECONDS / 2
