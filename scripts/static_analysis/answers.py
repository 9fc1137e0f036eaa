"""Why findings need no change: kept in a JSON file, shown as a table in a document."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from pathlib import Path

from offchain.errors import ConfigurationError
from scripts.static_analysis.findings import Finding, ordered

ANSWERS = Path("docs/results/static_analysis.json")
DOCUMENT = Path("docs/StaticAnalysis.md")
TABLE_BEGIN = "<!-- what follows is written by `python -m scripts.static_analysis --record` -->\n"
TABLE_END = "<!-- end of what it writes -->\n"


@dataclass(frozen=True, slots=True)
class Answer:
    """A reason for at least one finding; an empty reason is none."""

    reason: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is found and not answered, and what is answered and not found any more."""

    unanswered: tuple[Finding, ...]
    vanished: tuple[Finding, ...]


def compare(found: Iterable[Finding], answers: Iterable[Answer]) -> Comparison:
    """Hold what was found against the answers."""
    answered = {finding for answer in answers if answer.reason for finding in answer.findings}
    found = set(found)
    return Comparison(ordered(found - answered), ordered(answered - found))


def updated(found: Iterable[Finding], answers: Iterable[Answer]) -> list[Answer]:
    """The answers without what vanished; what is new stands by its rule, without a reason."""
    found = set(found)
    kept = [
        replace(answer, findings=ordered(found.intersection(answer.findings)))
        for answer in answers
        if answer.reason
    ]
    new = compare(found, kept).unanswered
    kept += [
        Answer("", tuple(group)) for _, group in groupby(new, lambda finding: finding.detector)
    ]
    return sorted(
        (answer for answer in kept if answer.findings), key=lambda answer: answer.findings[0].rank
    )


def read_answers(root: Path) -> list[Answer]:
    """The answers of a checkout.

    Raises:
        ConfigurationError: the file is missing or malformed.
    """
    file = root / ANSWERS
    try:
        return [
            Answer(
                entry["reason"],
                tuple(
                    Finding(**{**finding, "statements": tuple(finding["statements"])})
                    for finding in entry["findings"]
                ),
            )
            for entry in json.loads(file.read_text(encoding="utf-8"))
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(f"{file} is missing or malformed ({error!r}): mend it") from error


def write_answers(root: Path, answers: Iterable[Answer]) -> None:
    """Keep the answers of a checkout, and show them in its document."""
    answers = list(answers)
    kept = json.dumps([asdict(answer) for answer in answers], indent=1, ensure_ascii=False)
    (root / ANSWERS).write_text(kept + "\n", encoding="utf-8")
    document = root / DOCUMENT
    document.write_text(
        replace_table(document.read_text(encoding="utf-8"), answers), encoding="utf-8"
    )


def replace_table(text: str, answers: Iterable[Answer]) -> str:
    """The document's text with the table of these answers between its two marks."""
    before, begin, rest = text.partition(TABLE_BEGIN)
    _, end, after = rest.partition(TABLE_END)
    assert begin, f"the document has no line {TABLE_BEGIN!r}"
    assert end, f"the document has no line {TABLE_END!r} after it"
    return f"{before}{begin}\n{table(answers)}\n{end}{after}"


def table(answers: Iterable[Answer]) -> str:
    """The answers as the document shows them."""
    lines = ["| rule | rated | where | answer |", "|---|---|---|---|"]
    for answer in answers:
        rules = _each(finding.detector for finding in answer.findings)
        impacts = _each(finding.impact for finding in answer.findings)
        places = _each(f"`{finding.place}`" for finding in answer.findings)
        lines.append(f"| {rules} | {impacts} | {places} | {answer.reason} |")
    return "\n".join(lines) + "\n"


def _each(words: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(words))
