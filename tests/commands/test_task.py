"""modelchain task: proposes, checks and shows, and says in a line what is wrong."""

import csv
from pathlib import Path

import pytest

from offchain.cli import run
from offchain.errors import ConfigurationError, DataError
from tests.support.own_data import animals


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    file = tmp_path / "pets.csv"
    with file.open("w", newline="") as stream:
        csv.writer(stream).writerows([["age", "kind"], ["3", "cat"], ["4", "dog"]])
    return file


def test_a_proposal_can_be_checked_and_shown(rows: Path, tmp_path: Path, capsys):
    output = tmp_path / "task.toml"
    assert run(["task", "new", "--from", str(rows), "--output", str(output)]) == 0
    assert "is a proposal" in capsys.readouterr().out
    assert run(["task", "check", str(output)]) == 0
    checked, trust = capsys.readouterr().out.splitlines()
    assert checked.startswith(f"{output}: the task pets of table, 0x")
    assert trust == "judge on chain: TableJudge: one honest node is enough"
    assert run(["task", "show", str(output)]) == 0
    shown = capsys.readouterr().out
    assert "Column             age: 2 to 5" in shown
    assert checked[-64:] in shown
    assert run(["task", "show", str(output), "--json"]) == 0
    assert capsys.readouterr().out.startswith('{"kind":"table","model"')


def test_a_file_is_not_written_over_unless_that_is_asked_for(rows: Path, tmp_path: Path, capsys):
    output = tmp_path / "task.toml"
    output.write_text("mine")
    command = ["task", "new", "--from", str(rows), "-o", str(output)]
    assert run(command) == ConfigurationError.exit_code
    assert output.read_text() == "mine"
    assert "--force" in capsys.readouterr().err
    assert run([*command, "--force"]) == 0
    assert output.read_text().startswith('name = "pets"')


def test_a_proposal_goes_to_standard_output(rows: Path, capsys):
    assert run(["task", "new", "--from", str(rows), "-o", "-", "--name", "animals"]) == 0
    assert capsys.readouterr().out.startswith('name = "animals"\nkind = "table"\n')


def test_what_is_wrong_is_one_line(tmp_path: Path, capsys):
    file = tmp_path / "task.toml"
    file.write_text('name = "x"\nkind = "table"\nsamples_per_part = 0\n')
    assert run(["task", "check", str(file)]) == ConfigurationError.exit_code
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert run(["task", "new", "--from", str(tmp_path / "none"), "-o", "-"]) == DataError.exit_code
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert run(["task", "show", "chess"]) == ConfigurationError.exit_code
    assert "no task 'chess'" in capsys.readouterr().err


def test_a_task_without_a_judge_says_whose_word_its_points_are(tmp_path: Path, capsys):
    """Pictures have one of the digits' shape alone."""
    animals(tmp_path / "animals")
    output = str(tmp_path / "task.toml")
    assert run(["task", "new", "--from", str(tmp_path / "animals"), "-o", output]) == 0
    assert "none: a majority of the attesters is believed" in capsys.readouterr().out
    assert run(["task", "check", output]) == 0
    assert "none: a majority of the attesters is believed" in capsys.readouterr().out
    assert run(["task", "check", "digits"]) == 0
    assert "ImageJudge: one honest node is enough" in capsys.readouterr().out


def test_names_that_differ_in_capitals_alone_are_pointed_out(tmp_path: Path, capsys):
    file = tmp_path / "pets.csv"
    file.write_text("colour,kind\nRed,cat\nred,dog\nblue,Cat\n")
    assert run(["task", "new", "--from", str(file), "-o", str(tmp_path / "task.toml")]) == 0
    said = capsys.readouterr().out
    assert "Red and red differ in capitals alone" in said
    assert "Cat and cat differ in capitals alone" in said
    assert said.count("differ in capitals") == 2


def test_an_error_repeats_nothing_that_steers_a_terminal(tmp_path: Path, capsys):
    file = tmp_path / "\x1b[2J\rpets.csv"
    file.write_text("age,age\n")
    assert run(["task", "new", "--from", str(file), "-o", "-"]) == DataError.exit_code
    [line] = capsys.readouterr().err.splitlines()
    assert line.isprintable()
