"""The measurements of `make bench` run, and their results can be read."""

import json
import math

import pytest

from offchain.errors import ArtifactError
from offchain.programs.running import run_program
from offchain.toolchain.kept_contracts import COMPILER_SETTINGS
from scripts.bench.__main__ import bench
from scripts.bench.consensus import CONSENSUS
from scripts.bench.measurement import Conditions, Figure, Measurement, shortest_times
from scripts.bench.registry import MEASUREMENTS
from scripts.bench.verification import measure_verification
from scripts.support.chains.evm import compiled_artifacts


def run(*arguments: object) -> int:
    return run_program(bench, "bench", list(map(str, arguments)))


def test_every_figure_has_one_name():
    names = [figure.name for measurement in MEASUREMENTS for figure in measurement.figures]
    assert len(set(names)) == len(names)
    assert len({measurement.name for measurement in MEASUREMENTS}) == len(MEASUREMENTS)


def test_verification_is_measured_against_its_baseline():
    measured = measure_verification(Conditions(1, "cpu", 0.01))
    assert all(value > 0.0 for value in measured.values())
    assert measured["verify_to_eager"] == pytest.approx(
        measured["verify_images_per_s"] / measured["eager_images_per_s"]
    )
    assert measured["verify_82500_s"] == pytest.approx(82_500 / measured["verify_images_per_s"])


def test_runs_take_turns_and_the_shortest_counts(monkeypatch):
    now, order, spent = [0.0], [], {"a": [9.0, 5.0, 4.0], "b": [9.0, 7.0, 8.0]}
    monkeypatch.setattr("scripts.bench.measurement.time.perf_counter", lambda: now[0])

    def run(name):
        order.append(name)
        now[0] += spent[name].pop(0)

    assert shortest_times([lambda: run("a"), lambda: run("b")], 2) == [4.0, 7.0]
    assert order == ["a", "b"] * 3


def test_results_say_where_and_how_they_were_made(tmp_path, capsys):
    output = tmp_path / "out" / "bench.json"
    assert run("peak", "--size", 0.1, "--threads", 1, "--output", output) == 0
    results = json.loads(output.read_text())
    assert set(results["figures"]) == {"float32_peak_gflops", "int8_peak_gops"}
    assert results["machine"]["torch"]
    assert results["threads"] == 1
    assert "float32_peak_gflops" in capsys.readouterr().out


def test_what_is_not_reached_is_null_and_misses_its_target(monkeypatch, tmp_path, capsys):
    figures = (Figure("reached_s", "in time", 2.0), Figure("missed_s", "never", 2.0))
    measurement = Measurement("one", figures, lambda _: {"reached_s": 1.5, "missed_s": math.inf})
    monkeypatch.setattr("scripts.bench.registry.MEASUREMENTS", (measurement,))
    output = tmp_path / "bench.json"
    assert run("--threads", 1, "--output", output) == 0
    results = json.loads(output.read_text())
    assert results["figures"] == {"reached_s": 1.5, "missed_s": None}
    assert results["targets"] == {"reached_s": 2.0, "missed_s": 2.0}
    printed = capsys.readouterr().out
    assert "in time (target 2: met)" in printed
    assert "never (target 2: missed)" in printed


def test_contracts_that_are_not_compiled_are_missed_before_anything_is_measured(
    monkeypatch, tmp_path, capsys
):
    measured = []
    first = Measurement("first", (), lambda _: measured.append("first") or {})
    monkeypatch.setattr("scripts.bench.registry.MEASUREMENTS", (first, CONSENSUS))
    (tmp_path / COMPILER_SETTINGS).touch()
    monkeypatch.setattr("scripts.support.chains.evm.ROOT", tmp_path)
    compiled_artifacts.cache_clear()
    output = tmp_path / "bench.json"
    assert run("--threads", 1, "--output", output) == ArtifactError.exit_code
    [line] = capsys.readouterr().err.splitlines()
    folder = tmp_path / "build" / "contracts"
    assert line == f"bench: {folder} holds no contracts: run `make build`"
    assert measured == []
    assert not output.exists()


@pytest.mark.parametrize("arguments", [["nonsense"], ["--size", "0"], ["--threads", "0"]])
def test_wrong_arguments_are_one_line(capsys, arguments):
    assert run(*arguments) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.endswith("see `bench --help`")
