"""Every finding of slither is answered: the comparison, on a report of slither's cut down."""

import copy
import json
import shutil
import sys
from pathlib import Path

import pytest

from offchain.errors import BinaryMissing, ConfigurationError
from scripts.static_analysis import running
from scripts.static_analysis.__main__ import judge
from scripts.static_analysis.answers import (
    ANSWERS,
    DOCUMENT,
    Answer,
    read_answers,
    replace_table,
    write_answers,
)
from scripts.static_analysis.findings import Finding, read_findings

ARRIVE = Finding(
    "timestamp",
    "Low",
    "DataRegistry._arrive",
    ("intake.openArrival != 0", "timestamp > intake.openArrival"),
)
ACCOUNT = Finding(
    "missing-zero-check",
    "Low",
    "Claims.withdrawBond.account",
    ("(sent,None) = account.call{value: _modelBond}()",),
)
FOUND = {
    ARRIVE,
    ACCOUNT,
    Finding("assembly", "Informational", "BitcoinHeader._word"),
    Finding(
        "pragma",
        "Informational",
        "0.8.30",
        (">=0.4.16", ">=0.6.2", ">=0.8.4", "^0.8.20", "^0.8.24"),
    ),
    Finding("unimplemented-functions", "Informational", "RewardForwarder"),
}


@pytest.fixture
def report(root: Path) -> dict:
    return json.loads((root / "tests/vectors/slither_report.json").read_text())


@pytest.fixture
def checkout(root: Path, tmp_path: Path) -> Path:
    """A checkout in which all that the report has is answered."""
    (tmp_path / ANSWERS).parent.mkdir(parents=True)
    shutil.copy(root / DOCUMENT, tmp_path / DOCUMENT)
    write_answers(tmp_path, [Answer("because", (finding,)) for finding in FOUND])
    return tmp_path


def without(report: dict, detector: str) -> dict:
    kept = [entry for entry in report["results"]["detectors"] if entry["check"] != detector]
    assert len(kept) == len(report["results"]["detectors"]) - 1
    return {**report, "results": {"detectors": kept}}


def test_findings_name_rule_place_and_statements_and_those_of_other_projects_are_left_out(report):
    assert "dead-code" in {entry["check"] for entry in report["results"]["detectors"]}
    assert read_findings(report) == FOUND


def test_a_finding_stays_the_same_when_lines_move(report):
    moved = copy.deepcopy(report)
    for entry in moved["results"]["detectors"]:
        for element in entry["elements"]:
            element["source_mapping"]["lines"] = [1234]
    assert read_findings(moved) == FOUND


def test_what_is_answered_passes(report, checkout, capsys):
    assert judge(checkout, report) == 0
    assert "answered:" not in capsys.readouterr().out


def test_a_new_finding_fails_and_is_named(report, checkout, capsys):
    write_answers(checkout, [Answer("because", (finding,)) for finding in FOUND - {ARRIVE}])
    assert judge(checkout, report) == 1
    assert f"not answered: {ARRIVE}" in capsys.readouterr().out


def test_another_statement_in_an_answered_place_is_a_new_finding(report, checkout, capsys):
    entry = next(e for e in report["results"]["detectors"] if e["check"] == ARRIVE.detector)
    entry["elements"][-1]["name"] = "timestamp % 2 == 0"
    assert judge(checkout, report) == 1
    said = capsys.readouterr().out
    assert "not answered: timestamp (Low) in DataRegistry._arrive" in said
    assert "timestamp % 2 == 0" in said
    assert f"not found any more: {ARRIVE}" in said


def test_an_answer_without_a_reason_is_none(report, checkout):
    write_answers(checkout, [Answer("", tuple(FOUND))])
    assert judge(checkout, report) == 1


def test_an_answered_finding_that_vanished_is_reported(report, checkout, capsys):
    assert judge(checkout, without(report, ACCOUNT.detector)) == 0
    assert f"answered, not found any more: {ACCOUNT}" in capsys.readouterr().out


def test_recording_keeps_reasons_drops_what_vanished_and_leaves_new_findings_open(report, checkout):
    new = Finding("assembly", "Informational", "Made.up")
    write_answers(checkout, [Answer("because", (ARRIVE, new))])
    assert judge(checkout, without(report, ACCOUNT.detector), record=True) == 1
    answers = read_answers(checkout)
    assert answers[0] == Answer("because", (ARRIVE,))
    assert {answer.reason for answer in answers[1:]} == {""}
    listed = [finding for answer in answers for finding in answer.findings]
    assert set(listed) == FOUND - {ACCOUNT}
    assert len(listed) == len(set(listed))
    assert (
        "| timestamp | Low | `DataRegistry._arrive` | because |"
        in (checkout / DOCUMENT).read_text()
    )


def test_a_malformed_file_of_answers_is_an_error_that_names_it(report, checkout):
    (checkout / ANSWERS).write_text('[{"reason": "because"}]')
    with pytest.raises(ConfigurationError, match=r"static_analysis\.json"):
        judge(checkout, report)


def test_every_answer_of_the_project_has_a_reason_and_stands_in_the_document(root: Path):
    answers = read_answers(root)
    assert all(answer.reason for answer in answers)
    listed = [finding for answer in answers for finding in answer.findings]
    assert len(listed) == len(set(listed))
    text = (root / DOCUMENT).read_text()
    assert replace_table(text, answers) == text


def test_answers_name_contracts_that_exist(root: Path):
    sources = "".join(file.read_text() for file in (root / "contracts").rglob("*.sol"))
    findings = [finding for answer in read_answers(root) for finding in answer.findings]
    names = {name for finding in findings for name in finding.place.split(".")}
    assert {name for name in names if not name.isdigit() and name not in sources} == set()


def test_slither_reads_all_contracts_but_those_of_tests(root: Path):
    sources = running.compiler_input(root)["sources"]
    assert "contracts/libraries/Judging.sol" in sources
    assert all((root / source).is_file() for source in sources)
    assert not any("contracts/test/" in source for source in sources)


def test_without_slither_it_is_said_how_to_install_it(root: Path, monkeypatch):
    monkeypatch.setitem(sys.modules, "slither", None)  # as if it were not there
    with pytest.raises(BinaryMissing, match="make analyse"):
        running.run_slither(root)
