"""modelchain task: proposes, checks and shows, and says in a line what is wrong."""

import csv
from pathlib import Path

import pytest

from offchain.cli import run
from offchain.errors import ConfigurationError, DataError


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
    checked = capsys.readouterr().out
    assert checked.startswith(f"{output}: the task pets of table, 0x")
    assert run(["task", "show", str(output)]) == 0
    shown = capsys.readouterr().out
    assert "Column             age: 2 to 5" in shown
    assert checked.strip()[-64:] in shown
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
