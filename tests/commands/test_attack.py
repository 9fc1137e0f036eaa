"""`modelchain attack`: lists promises, tries one or all, says what fell by its status."""

import json
from pathlib import Path

import pytest

from offchain.attacks.attack import Attack, Outcome, Tell
from offchain.attacks.known import FAMILIES, attack_by_name
from offchain.cli import run
from offchain.commands.attack import run as running


def test_the_list_has_every_attack_with_its_promise(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["attack", "list"]) == 0
    said = capsys.readouterr().out
    # Columns are as narrow as the screen; names stand in the first.
    names = {line.split(" ")[0] for line in said.splitlines()}
    assert all(name in names or name[:12] in said for name in FAMILIES)
    assert "promise" in said


def test_every_attack_says_what_it_tries_and_what_it_is_held_against() -> None:
    for name in FAMILIES:
        attack = attack_by_name(name)
        assert attack.name == name
        assert attack.promise
        assert attack.tried
        assert attack.plain_rule


def test_one_attack_runs_and_is_written_down(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "found.json"
    assert run(["attack", "resubmission", "--json", str(file)]) == 0
    said = capsys.readouterr().out
    assert "held resubmission" in said
    assert "1 of 1 promises held" in said
    (found,) = json.loads(file.read_text())["attacks"]
    assert found["name"] == "resubmission"
    assert found["promise"] == attack_by_name("resubmission").promise
    assert found["defended"] is True
    assert found["plain_rule_fell"] is True
    assert found["seconds"] >= 0
    assert found["figures"]["candidates"] == 9


def test_an_unknown_name_is_one_line_and_no_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "found.json"
    assert run(["attack", "nothing-of-the-kind", "--json", str(file)]) not in (0, None)
    said = capsys.readouterr()
    assert "attack nothing-of-the-kind" in said.err
    assert "modelchain attack list" in said.err
    assert len(said.err.strip().splitlines()) == 1
    assert not file.exists()


def made(name: str, defended: bool, fell: bool = True) -> Attack:
    """An attack that comes to this."""

    def played(tell: Tell) -> Outcome:
        tell("a step")
        return Outcome(defended, fell, f"{name} happened", "a bound", {"count": 3})

    return Attack(name, f"promise of {name}", "something", "a plain rule", played)


@pytest.fixture
def three(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of three promises one falls, and one is held by the plain rule too."""
    attacks = {
        each.name: each
        for each in (made("one", True), made("two", False), made("three", True, fell=False))
    }
    monkeypatch.setattr(running, "FAMILIES", dict.fromkeys(attacks, ""))
    monkeypatch.setattr(running, "attack_by_name", attacks.__getitem__)


@pytest.mark.usefixtures("three")
def test_all_go_on_after_a_promise_fell_and_the_status_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "found.json"
    assert run(["attack", "all", "--json", str(file)]) == running.FELL
    said = capsys.readouterr().out
    assert "fell two" in said
    assert "1 of 3 promises fell: two" in said
    assert "a plain rule: held too" in said
    found = json.loads(file.read_text())["attacks"]
    assert [(each["name"], each["defended"], each["plain_rule_fell"]) for each in found] == [
        ("one", True, True),
        ("two", False, True),
        ("three", True, False),
    ]


@pytest.mark.usefixtures("three")
def test_without_a_file_the_status_is_the_same() -> None:
    assert run(["attack", "one"]) == 0
    assert run(["attack", "two"]) == running.FELL


def test_a_file_that_cannot_be_written_is_one_line_before_anything_is_tried(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "taken").write_text("no folder")
    file = tmp_path / "taken" / "found.json"
    assert run(["attack", "resubmission", "--json", str(file)]) not in (0, None)
    said = capsys.readouterr()
    assert len(said.err.strip().splitlines()) == 1
    assert str(file) in said.err
    assert "held" not in said.out
