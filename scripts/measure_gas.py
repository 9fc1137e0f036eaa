"""`make gas`: measures what transactions cost and records it for the README and the tests.

Both files are committed: a test fails when a figure grows beyond them, and recording the new one is
how growth is explained.
"""

import sys

import click

from offchain.programs.running import run_program
from scripts import round_cost
from scripts.support.results import write_results


@click.command()
def measure_gas() -> None:
    """Measure what transactions cost, on a chain of its own.

    Writes docs/results/gas.json and the tables in README.md and docs/Operations.md.
    """
    from scripts.support.chains.dispute_gas import measure_dispute
    from scripts.support.chains.evm import ROOT, fresh_evm
    from scripts.support.chains.gas import (
        ACCOUNTS,
        FIGURES,
        README,
        RESULTS,
        measure,
        measure_large,
        replace_table,
    )

    with fresh_evm(ACCOUNTS) as evm:
        measured = {**measure(evm), **measure_large(evm)}
    with fresh_evm(ACCOUNTS) as evm:
        measured |= measure_dispute(evm)
    figures = {figure.name: measured[figure.name] for figure in FIGURES}
    results, readme = ROOT / RESULTS, ROOT / README
    write_results(results, figures, indent=2)
    text = readme.read_text(encoding="utf-8")
    readme.write_text(replace_table(text, figures), encoding="utf-8")
    document = round_cost.DOCUMENT
    document.write_text(round_cost.replaced(document.read_text(encoding="utf-8")), "utf-8")
    print(results.read_text(encoding="utf-8"), end="")


if __name__ == "__main__":
    sys.exit(run_program(measure_gas, "measure_gas"))
