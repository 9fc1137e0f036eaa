"""The ablation of exploration runs, spends the same on each strategy, and replaces no results."""

import json

import numpy as np
import pytest

from offchain.learning.exact.integer_network import DIGITS_FAMILY, multiply_adds
from offchain.learning.training.loop import train_network
from offchain.programs.running import run_program
from scripts import ablation
from scripts.ablation import LABELS, Round, gains, summary

TINY = ["--nodes", "2", "--rounds", "2", "--seeds", "1", "--images", "1000", "--processes", "1"]


@pytest.fixture
def run(atlas, monkeypatch):
    monkeypatch.setattr(ablation, "load_atlas", lambda _: atlas)
    return lambda arguments: run_program(ablation.ablation, "ablation", arguments)


def test_all_strategies_are_run_with_the_same_compute(run, tmp_path, monkeypatch, capsys):
    spent = []

    def counted(samples, previous, seed, settings, progress):
        result = train_network(samples, previous, seed, settings, progress)
        work = multiply_adds(DIGITS_FAMILY, result.network.channels)
        spent.append(result.steps * settings.batch * work)
        return result

    monkeypatch.setattr("offchain.learning.training.loop.train_network", counted)
    assert run([*TINY, "--output", str(tmp_path)]) == 0
    assert len(spent) == 2 + 3 * 2
    assert np.ptp(spent) < 0.2 * np.mean(spent)  # eight steps, give or take one
    results = json.loads((tmp_path / "ablation.json").read_text())
    assert set(results["accuracy"]) == set(LABELS)
    first = {rounds[0]["mean"] for rounds in results["accuracy"].values()}
    assert len(first) == 1
    explored, same = (results["runs"][0][name][1]["channels"] for name in ("exploration", "same"))
    assert same == results["runs"][0]["same"][0]["channels"] == [16, 32, 64, 64]
    assert explored != same
    assert b"<svg" in (tmp_path / "ablation.svg").read_bytes()
    assert "skeleton exploration" in capsys.readouterr().out


def test_results_are_not_replaced_without_force(run, tmp_path, capsys):
    (tmp_path / "ablation.json").write_text("{}")
    assert run([*TINY, "--output", str(tmp_path)]) == 2
    assert "--force replaces it" in capsys.readouterr().err
    assert (tmp_path / "ablation.json").read_text() == "{}"


@pytest.mark.parametrize("wrong", [["--rounds", "1"], ["--images", "10"], ["--seeds", "0"]])
def test_sizes_that_show_nothing_are_refused(run, wrong):
    assert run(wrong) == 2


def test_gains_are_paired_by_seed_and_leave_out_the_common_first_round():
    def rounds(*best):
        return [Round(one, None, (1,)) for one in best]

    runs = [
        {name: rounds(0.5, 0.6, 0.7) for name in LABELS} | {"exploration": rounds(0.5, 0.7, 0.8)},
        {name: rounds(0.5, 0.2, 0.2) for name in LABELS} | {"exploration": rounds(0.5, 0.4, 0.4)},
    ]
    assert gains(runs)["same"]["mean"] == pytest.approx(15.0)
    assert gains(runs)["same"]["deviation"] == pytest.approx(7.071, abs=0.001)
    assert summary(runs)["same"][1] == {"mean": 40.0, "deviation": pytest.approx(28.284, abs=0.001)}


def test_strategies_are_those_of_the_labels():
    assert set(ablation.STRATEGIES) | {"none"} == set(LABELS)
