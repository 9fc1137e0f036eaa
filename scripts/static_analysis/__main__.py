"""`make analyse`: what slither says about the contracts, against what is answered.

Answers stand in docs/results/static_analysis.json. Ends with 1 if a finding has none.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from offchain.config import PROJECT
from offchain.programs.running import run_program
from scripts.static_analysis.answers import (
    ANSWERS,
    Comparison,
    compare,
    read_answers,
    updated,
    write_answers,
)
from scripts.static_analysis.findings import Finding, ordered, read_findings
from scripts.static_analysis.running import run_slither


@click.command()
@click.option("--record", is_flag=True, help="write down what is found, new findings unanswered")
def analyse(record: bool) -> int:
    """Analyse the contracts with slither, and compare what it finds with what is answered."""
    return judge(PROJECT, run_slither(PROJECT), record=record)


def judge(root: Path, report: Mapping[str, Any], *, record: bool = False) -> int:
    """Hold slither's JSON against a checkout's answers; returns 1 if one is missing, else 0."""
    found = read_findings(report)
    answers = read_answers(root)
    if record:
        answers = updated(found, answers)
        write_answers(root, answers)
    comparison = compare(found, answers)
    show(found, comparison)
    return 1 if comparison.unanswered else 0


def show(found: Iterable[Finding], comparison: Comparison) -> None:
    """Print how much each rule found, then what has no answer and what is gone."""
    console = Console()
    shown = Table(box=None, pad_edge=False)
    for column in ("rule", "rated"):
        shown.add_column(column)
    for column in ("found", "unanswered"):
        shown.add_column(column, justify="right")
    counts = Counter((finding.detector, finding.impact) for finding in ordered(found))
    missing = Counter((finding.detector, finding.impact) for finding in comparison.unanswered)
    for rule, count in counts.items():
        shown.add_row(*rule, str(count), str(missing[rule] or ""))
    shown.add_row("all", "", str(counts.total()), str(missing.total()), style="bold")
    console.print(shown)
    for title, findings in (
        ("not answered", comparison.unanswered),
        ("answered, not found any more", comparison.vanished),
    ):
        for finding in findings:
            console.print(f"{title}: {finding}", markup=False, highlight=False, soft_wrap=True)
    if comparison.unanswered or comparison.vanished:
        advice = f"--record writes this down; what is new gets its reason in {ANSWERS}"
        console.print(advice, highlight=False, soft_wrap=True)


if __name__ == "__main__":
    sys.exit(run_program(analyse, "static_analysis"))
