"""What a soak makes of what it finds."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from offchain.errors import ToolchainError
from scripts.soak import SETTLING_ROUNDS, RoundFigures, draw, growth, size_of
from scripts.support.faults.process_figures import ProcessFigures, figures_of

ROUNDS = range(1, 3 * SETTLING_ROUNDS)


def figures(number: int, bytes_a_round: int, handles: int = 7) -> RoundFigures:
    held = ProcessFigures(10**8, 10**7 + number * bytes_a_round, handles, 3)
    return RoundFigures(number, 1.0, number, {"node-0": held}, {"state": 1, "store": 2})


def test_a_process_that_holds_the_same_in_all_rounds_does_not_grow():
    found = growth([figures(number, 0) for number in ROUNDS])
    assert found == {
        "node-0": {"kilobytes_a_round": 0.0, "handles_a_round": 0.0, "threads_a_round": 0.0}
    }


def test_what_a_process_gains_each_round_is_the_slope():
    found = growth([figures(number, 2048, handles=number) for number in ROUNDS])["node-0"]
    assert found["kilobytes_a_round"] == pytest.approx(2.0)
    assert found["handles_a_round"] == pytest.approx(1.0)


def test_the_first_rounds_are_no_part_of_it():
    assert growth([figures(number, 2048) for number in range(1, SETTLING_ROUNDS + 2)]) == {}


def test_a_process_tells_what_it_holds():
    before = figures_of(os.getpid())
    assert 0 < before.anonymous <= before.resident
    assert before.threads >= 1
    with Path(__file__).open():
        assert figures_of(os.getpid()).handles == before.handles + 1


def test_a_process_that_has_ended_is_named():
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    with pytest.raises(ToolchainError, match=f"process {ended.pid} cannot be looked at"):
        figures_of(ended.pid)


def test_a_dead_process_that_nobody_waited_for_has_ended_too():
    ended = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
    with pytest.raises(ToolchainError, match=f"process {ended.pid}"):
        figures_of(ended.pid)
    ended.wait()


def test_a_folder_is_as_large_as_its_files(tmp_path: Path):
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "one").write_bytes(bytes(5))
    (tmp_path / "two").write_bytes(bytes(7))
    assert size_of(tmp_path) == 12


def test_a_picture_is_drawn(tmp_path: Path):
    file = tmp_path / "images" / "soak.png"
    draw([figures(number, 2048) for number in ROUNDS], file)
    assert file.read_bytes().startswith(b"\x89PNG")
