"""`make coverage`: which lines and branches of the contracts the contract tests reach.

The contracts are compiled with marks in them, all contract tests run on those (but the ones that
measure gas), and every transaction and call is traced. Writes docs/results/contract_coverage.json;
ends with 1 if less than 95 % of the lines or of the branches were reached.
"""

import shutil
import subprocess
import sys

import click
from rich.console import Console
from rich.table import Table

from offchain.config import PROJECT
from offchain.programs.running import run_program
from scripts.support.contract_coverage.compiling import prepare
from scripts.support.contract_coverage.places import Kind
from scripts.support.contract_coverage.report import LINE, MEASURES, Coverage, read_coverage
from scripts.support.contract_coverage.tracing import HITS
from scripts.support.results import write_results

FOLDER = PROJECT / "build" / "coverage"
RESULTS = PROJECT / "docs" / "results" / "contract_coverage.json"
REQUIRED_PERCENT = 95
REQUIRED = (LINE, Kind.BRANCH)


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", metavar="[PYTEST'S ARGUMENTS]...", nargs=-1, type=click.UNPROCESSED)
def contract_coverage(arguments: tuple[str, ...]) -> int:
    """Measure which lines and branches of the contracts the contract tests reach.

    Writes docs/results/contract_coverage.json. All arguments go to pytest, as they are: `-n 2` runs
    the tests on two cores. What follows `--` is not looked at, not even `--help`.
    """
    prepare(PROJECT, FOLDER)
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
    write_results(RESULTS, coverage.as_json(), indent=1)
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
    sys.exit(run_program(contract_coverage, "contract_coverage"))
