"""Disputes played at random on the real contracts: docs/results/dispute_fuzz_on_chain.json.

As `scripts.dispute_fuzz`, with all transactions of a dispute sent to the contracts, in an EVM
within this process, and to the reference (`scripts.support.disputes.chain_play`). A play in which
the two differ ends the run.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from offchain.programs.running import run_program
from scripts.dispute_fuzz import Tally
from scripts.support.results import made_by, require_free, write_results

RESULTS = Path(__file__).parents[1] / "docs" / "results" / "dispute_fuzz_on_chain.json"

PLAYS_IN_A_ROUND = 100
"""A new chain is deployed, and another round played up to its dispute, after so many."""


def play(first: int, count: int) -> Tally:
    """Play so many disputes in one round, with seeds from ``first`` on."""
    from scripts.support.chains.local_evm import LocalEvm
    from scripts.support.disputes.chain_play import play, prepared

    tally = Tally(plays=count)
    stage = prepared(LocalEvm.fresh(), first)
    for seed in range(first, first + count):
        tally.note(seed, play(stage, seed))
    return tally


@click.command()
@click.option("--plays", type=click.IntRange(min=1), default=10_000, show_default=True)
@click.option("--first", type=click.IntRange(min=0), default=0, help="Seed of the first play.")
@click.option("--force", is_flag=True, help="Replace earlier results.")
def fuzz(plays: int, first: int, force: bool) -> None:
    """Play disputes at random on the contracts, and count who falls that should not."""
    require_free(RESULTS, force)
    tally, started = Tally(), time.monotonic()
    for start in range(first, first + plays, PLAYS_IN_A_ROUND):
        tally.add(play(start, min(PLAYS_IN_A_ROUND, first + plays - start)))
        seconds = time.monotonic() - started
        click.echo(
            f"\r{tally.plays:,} plays, {seconds / tally.plays:.3f} s each", nl=False, err=True
        )
        results = made_by("scripts.dispute_fuzz_on_chain") | tally.results(first)
        write_results(RESULTS, results, indent=1)
    click.echo(err=True)
    tally.require_truth()


if __name__ == "__main__":
    sys.exit(run_program(fuzz, "dispute_fuzz_on_chain"))
