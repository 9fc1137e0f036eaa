"""`make coverage`: which lines and branches of the contracts the contract tests reach.

The contracts are compiled with marks in them, all contract tests run on those (but the ones that
measure gas), and every transaction and call is traced. Writes docs/results/contract_coverage.json;
ends with 1 if less than 95 % of the lines or of the branches were reached.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from offchain.config import PROJECT
from offchain.errors import ModelChainError
from scripts.support.contract_coverage.compiling import CompilationFailed, prepare
from scripts.support.contract_coverage.places import Kind
from scripts.support.contract_coverage.report import LINE, MEASURES, Coverage, read_coverage
from scripts.support.contract_coverage.tracing import HITS

FOLDER = PROJECT / "build" / "coverage"
RESULTS = PROJECT / "docs" / "results" / "contract_coverage.json"
REQUIRED_PERCENT = 95
REQUIRED = (LINE, Kind.BRANCH)


def main(arguments: Sequence[str]) -> int:
    """Measure and record; further arguments go to pytest. Returns the exit status."""
    try:
        prepare(PROJECT, FOLDER)
    except (ModelChainError, CompilationFailed) as error:
        print(f"contract_coverage: {error}", file=sys.stderr)
        return 1
    shutil.rmtree(FOLDER / HITS, ignore_errors=True)
    tests = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "tests/contracts"),
            *("-m", "not gas", "--contract-coverage", str(FOLDER), *arguments),
        ],
        cwd=PROJECT,
        check=False,
    )
    if tests.returncode != 0:
        return tests.returncode
    coverage = read_coverage(FOLDER)
    RESULTS.write_text(json.dumps(coverage.as_json(), indent=1) + "\n", encoding="utf-8")
    show(coverage)
    too_low = [
        measure for measure in REQUIRED if coverage.total(measure).percent < REQUIRED_PERCENT
    ]
    for measure in too_low:
        reached = coverage.total(measure).percent
        print(
            f"contract_coverage: {reached:.1f} % of {measure} coverage, {REQUIRED_PERCENT} % are "
            "required: the list above says what no test reaches",
            file=sys.stderr,
        )
    return 1 if too_low else 0


def show(coverage: Coverage) -> None:
    """Print counts by file, the totals, and what was not reached."""
    console = Console()
    table = Table(box=None, pad_edge=False)
    table.add_column("source")
    for measure in MEASURES:
        table.add_column(f"{measure} %", justify="right")
    for file, counts in coverage.files.items():
        table.add_row(
            file.removeprefix("contracts/"),
            *(f"{counts[measure].percent:.1f}" for measure in MEASURES),
        )
    totals = [coverage.total(measure) for measure in MEASURES]
    table.add_row("all", *(f"{total.percent:.1f}" for total in totals), style="bold")
    table.add_row("", *(f"{total.reached}/{total.total}" for total in totals))
    console.print(table)
    for place in coverage.missed:
        outcome = "" if place.outcome is None else f" is never {str(place.outcome).lower()}"
        console.print(
            f"not reached: {place.file}:{place.line} {place.kind} {place.text}{outcome}",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
