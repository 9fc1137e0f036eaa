"""Disputes on small tables, played at random in the reference: docs/results/dispute_fuzz.json.

In every play two of three attesters state a lie, and they and a stranger attack the true statement
with questions, answers and proofs of all kinds (`scripts.support.disputes.game`). At the end the
true statement must stand, and the lie must have fallen to the one honest attester.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import click

from offchain.programs.running import run_program
from scripts.support.disputes.game import DisputeGame
from scripts.support.disputes.outcome import Outcome
from scripts.support.results import made_by, require_free, write_results

RESULTS = Path(__file__).parents[1] / "docs" / "results" / "dispute_fuzz.json"
BATCH = 500

KEPT_EVERY = 20 * BATCH
"""Plays after which the results so far are written: who stops early keeps them."""


@dataclass
class Tally:
    """What came of many plays.

    Attributes:
        plays: so many.
        truth_fell: seeds of plays in which the true statement fell, with the reason.
        lie_stands: seeds of plays in which the lie stood at the end.
        reasons: why lies fell.
        met: transactions that were taken, phases, and errors, by name.
    """

    plays: int = 0
    truth_fell: dict[int, str] = field(default_factory=dict)
    lie_stands: list[int] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    met: Counter[str] = field(default_factory=Counter)

    def results(self, first: int) -> dict[str, object]:
        """What is kept of the plays, of which ``first`` was the first seed."""
        return {
            "plays": self.plays,
            "first_seed": first,
            "truth_fell": {str(seed): reason for seed, reason in self.truth_fell.items()},
            "lie_stands": self.lie_stands,
            "lies_fell_by": dict(self.reasons.most_common()),
            "met": dict(self.met.most_common()),
        }

    def add(self, other: Tally) -> None:
        """Add what came of other plays."""
        self.plays += other.plays
        self.truth_fell |= other.truth_fell
        self.lie_stands += other.lie_stands
        self.reasons.update(other.reasons)
        self.met.update(other.met)

    def note(self, seed: int, outcome: Outcome) -> None:
        """Note how the play with a seed ended."""
        self.met.update(outcome.met)
        if outcome.truth is not None:
            self.truth_fell[seed] = outcome.truth.name
        if outcome.lie is None:
            self.lie_stands.append(seed)
        else:
            self.reasons[outcome.lie.name] += 1

    def require_truth(self) -> None:
        """Raise `click.ClickException` where the truth fell, or a lie stands."""
        if self.truth_fell or self.lie_stands:
            raise click.ClickException(
                f"{len(self.truth_fell)} true statements fell, {len(self.lie_stands)} lies stand"
            )


def play(first: int, count: int) -> Tally:
    """Play so many games, with seeds from ``first`` on."""
    tally = Tally(plays=count)
    for seed in range(first, first + count):
        tally.note(seed, DisputeGame(seed).play())
    return tally


@click.command()
@click.option("--plays", type=click.IntRange(min=1), default=1_000_000, show_default=True)
@click.option("--first", type=click.IntRange(min=0), default=0, help="Seed of the first play.")
@click.option(
    "--processes", type=click.IntRange(1, 64), default=os.cpu_count() or 1, show_default=True
)
@click.option("--force", is_flag=True, help="Replace earlier results.")
def fuzz(plays: int, first: int, processes: int, force: bool) -> None:
    """Play disputes at random on small tables, and count who falls that should not."""
    require_free(RESULTS, force)
    starts = range(first, first + plays, BATCH)
    counts = [min(BATCH, first + plays - start) for start in starts]
    tally = Tally()
    with ProcessPoolExecutor(processes) as pool:
        for part in pool.map(play, starts, counts):
            tally.add(part)
            click.echo(f"\r{tally.plays:,} plays", nl=False, err=True)
            if tally.plays % KEPT_EVERY == 0 or tally.plays == plays:
                results = made_by("scripts.dispute_fuzz") | tally.results(first)
                write_results(RESULTS, results, indent=1)
    click.echo(err=True)
    tally.require_truth()


if __name__ == "__main__":
    sys.exit(run_program(fuzz, "dispute_fuzz"))
