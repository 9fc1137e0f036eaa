"""The paper's experiment at its smallest size: real chain, rings, training, attested rows."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from offchain.errors import VerificationError
from offchain.experiment.folder import RunFolder
from offchain.experiment.reporting.block_figures import ModelFigures
from offchain.programs.running import INTERRUPTED, run_program
from scripts.cross_accuracy import accuracies, cross_accuracy, judged_blocks
from tests.support.chains.node_chain import ROOT
from tests.support.programs import plain_environment

SECONDS = 1200.0
NOISE = "light"


class Program:
    """Starts of the program on one work folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.work = folder / "work"
        self.out = folder / "out"
        self.output = folder / "output.txt"

    def start(self, *options: str) -> subprocess.Popen[bytes]:
        """The program at the tiny size; options that come later win."""
        command = [sys.executable, str(ROOT / "scripts" / "reproduce_paper.py"), "--size", "tiny"]
        command += ["--work", str(self.work), "--out", str(self.out), *options]
        with self.output.open("wb") as output:
            return subprocess.Popen(
                command,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=plain_environment(self.folder) | {"OMP_WAIT_POLICY": "PASSIVE"},
            )

    def run(self, *options: str) -> int:
        """Run it to its end; returns its status."""
        return self.start(*options).wait(SECONDS)

    def said(self) -> str:
        """Everything that the last start has printed."""
        return " ".join(self.output.read_text().split())

    def results(self) -> dict:
        """What is in ``paper.json``."""
        return json.loads((self.out / "paper.json").read_text())

    def blocks(self) -> list[dict]:
        """Figures of the blocks that are kept."""
        file = self.work / NOISE / "progress.json"
        return json.loads(file.read_text()).get("blocks", []) if file.exists() else []


@pytest.fixture(scope="module")
def one_block(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """The program after one block, told to stop there."""
    program = Program(tmp_path_factory.mktemp("paper"))
    status = program.run("--stop-after", "1", "--no-verify")
    assert status == 0, program.said()
    return program


@pytest.mark.full
def test_a_block_is_made_with_the_attested_rows(one_block):
    [block] = one_block.blocks()
    best = ModelFigures(**block["best"])
    assert block["number"] == block["round"] == 1
    assert block["quiet"] is False
    assert block["previous"] is block["previous_accuracy"] is None
    # Before there is a best model only the best of the valid ones is a voice.
    assert (block["models"], block["voices"]) == (3, 1)
    assert block["winner"] in range(3)
    assert block["accuracy"] == best.accuracy
    # Three nodes with three test parts; of three data transactions one is left in the middle.
    assert best.samples == block["test_samples"] == 3 * block["judged_samples"] > 0
    assert best.correct == round(best.accuracy * best.samples)
    assert 0 < block["net"] == block["spread"] <= block["judged_samples"]
    # Guessing gets a tenth.
    assert best.accuracy > 0.3
    seconds = block["seconds"]
    assert 0 < seconds["verification"] < seconds["consensus"] < seconds["consensus_in_turn"]
    assert seconds["training"] > 0
    assert {"COLLECT", "COMMIT", "REPORT", "FINALIZE"} <= seconds["stages"].keys()


@pytest.mark.full
def test_results_say_how_they_were_made_and_that_they_are_not_complete(one_block):
    results = one_block.results()
    assert results["complete"] is False
    assert results["plan"]["nodes"] == 3
    piece = results["pieces"][0]
    assert "reproduce_paper.py --size tiny" in piece["command"]
    assert piece["machine"]["cores"] == os.cpu_count()
    assert len(piece["commit"].split()[0]) in (40, len("unknown"))
    assert piece["peak_memory_bytes"] > 1 << 20
    listed = gzip.decompress((one_block.out / "paper_fonts.txt.gz").read_bytes()).decode()
    fonts = [line for line in listed.splitlines() if not line.startswith("#")]
    assert len(fonts) == results["fonts"]["count"] >= results["fonts"]["plainly_different"] > 0


@pytest.mark.full
def test_other_results_are_not_overwritten(one_block, tmp_path):
    before = (one_block.out / "paper.json").read_bytes()
    other = Program(tmp_path)
    assert other.run("--out", str(one_block.out)) == 2
    assert "give --force to replace them" in other.said()
    assert not other.work.exists()
    assert (one_block.out / "paper.json").read_bytes() == before


def test_going_on_where_nothing_was_begun_is_refused(tmp_path):
    program = Program(tmp_path)
    assert program.run("--resume") == 2
    assert "there is no run" in program.said()


@pytest.mark.full
def test_every_model_is_judged_on_every_test_set(one_block, tmp_path):
    command = [sys.executable, "-m", "scripts.cross_accuracy", "--work", str(one_block.work)]
    command += ["--output", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "cross_accuracy.json").read_text())
    [block] = one_block.blocks()
    assert found["accuracy"] == {NOISE: [[block["best"]["accuracy"]]]}
    assert found["run"] == one_block.results()["run"]


@pytest.mark.full
def test_a_row_that_is_not_the_attested_one_is_refused(one_block):
    [block] = judged_blocks(RunFolder(one_block.work), NOISE)
    other = replace(block.best_row, net=block.best_row.net + 1)
    with pytest.raises(VerificationError, match=f"attested are .* and {other.net} "):
        accuracies([replace(block, best_row=other)])


def test_models_of_a_run_that_is_not_there_are_not_judged(tmp_path, capsys):
    arguments = ["--work", str(tmp_path), "--output", str(tmp_path)]
    assert run_program(cross_accuracy, "cross_accuracy", arguments) == 2
    assert "run.json" in capsys.readouterr().err
    assert not (tmp_path / "cross_accuracy.json").exists()


def start_until_it_trains(program: Program, *options: str) -> subprocess.Popen[bytes]:
    """Start the program and wait until a node of it trains."""
    log = program.work / NOISE / "run.log"
    already = log.read_text().count("training begins") if log.exists() else 0
    process = program.start(*options)
    until = time.monotonic() + SECONDS
    while not log.exists() or log.read_text().count("training begins") <= already:
        if process.poll() is not None or time.monotonic() > until:
            pytest.fail(f"no training: {program.said()}", pytrace=False)
        time.sleep(0.05)
    return process


@pytest.mark.full
@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_told_to_stop_ends_at_once_and_leaves_nothing_half(tmp_path, signal_number):
    program = Program(tmp_path)
    process = start_until_it_trains(program)
    process.send_signal(signal_number)
    assert process.wait(SECONDS) == INTERRUPTED, program.said()
    assert "start it again to go on" in program.said()
    assert "Traceback" not in program.said()
    assert program.results()["complete"] is False
    assert program.blocks() == []


@pytest.fixture(scope="module")
def killed(one_block: Program) -> tuple[Program, list[dict]]:
    """The program killed in the middle of its second round, and the blocks that it had."""
    before = one_block.blocks()
    process = start_until_it_trains(one_block, "--resume")
    process.send_signal(signal.SIGKILL)
    process.wait()
    return one_block, before


@pytest.mark.full
def test_a_run_that_is_killed_goes_on_from_its_last_block_and_its_chain_verifies(killed):
    program, before = killed
    assert program.blocks() == before
    assert program.run("--resume") == 0, program.said()
    results = program.results()
    found = results["presets"][NOISE]
    assert results["complete"] is True
    assert found["blocks"][:1] == before
    assert [block["number"] for block in found["blocks"]] == [1, 2]
    second = found["blocks"][1]
    assert second["quiet"] == (second["winner"] is None) == (second["net"] is None)
    assert second["quiet"] or second["net"] > 0
    # Every node attests, and every name that is a voice has a model of its own.
    assert second["voices"] <= second["models"] <= 3
    assert found["verified"].startswith("OK: block 2, ")
    # The start that was killed could not note its end.
    assert [("seconds" in piece) for piece in results["pieces"]] == [True, False, True]


@pytest.mark.full
def test_a_run_that_is_complete_is_left_as_it_is(killed):
    program, _ = killed
    before = program.blocks()
    assert program.run() == 0, program.said()
    assert program.blocks() == before
