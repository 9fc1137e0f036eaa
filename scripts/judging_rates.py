"""How often judging goes wrong: docs/results/judging_rates.json and judging_rates.md.

Rounds are simulated sharer by sharer. An honest sharer's test samples are won and lost against the
baseline as two binomial numbers: a better model wins more than it loses, a copy of the baseline
with noise wins as many. Hostile sharers choose their samples, the same for all models:

- for noise, a private code that the attacker's model knows: it wins nine tenths of them;
- against honest models, what hurts most of three: labels at random; a private code that the
  baseline knows; pictures that both get right, so that differences vanish.

Shown are a single better model, whole rounds in which no honest model is valid (as many as honest
sharers, each with a luck of its own), a single noise copy, and the best of many names of which each
is another noise copy. The rule is `offchain.protocol.rules.judging`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray

from offchain.programs.running import run_program
from offchain.protocol.rules import judging
from offchain.protocol.words.parameters import DEMO, LIVE, Parameters
from offchain.whole_files import write_whole
from scripts.support.results import made_by, require_free, write_results

SAMPLES = 600
"""Test samples of a sharer: 3 parts of 200."""

SCENES = (
    *((4, hostile) for hostile in (0, 1)),
    *((10, hostile) for hostile in (0, 3)),
    *((16, hostile) for hostile in (0, 4, 5)),
    *((32, hostile) for hostile in (0, 8, 10)),
    *((60, hostile) for hostile in (0, 15, 20)),
)
"""Sharers, and how many of them are hostile: none, about a quarter, the most that is a third."""

MANY = (8, 60)
"""Names of one attacker."""

CODED = SAMPLES * 9 // 10
"""Samples of a private code that those who know it win of those who do not."""

PRESETS = {"demo": DEMO, "live": LIVE}

Counts = tuple[NDArray[np.int64], NDArray[np.int64]]
"""For each sharer a model's advantage and its squares."""


@dataclass(frozen=True, slots=True)
class Model:
    """Shares of honest samples: won less lost, and won or lost, against the baseline."""

    advantage: float
    discordance: float


BETTER = Model(0.015, 0.04)
MUCH_BETTER = Model(0.02, 0.045)
NOISE = Model(0.0, 0.01)
RANDOM_LABELS = Model(0.0, 0.18)


@dataclass(frozen=True, slots=True)
class Rates:
    """Per cent of rounds, or of models, with so many sharers of which so many are hostile."""

    sharers: int
    hostile: int
    better_valid: float
    much_better_valid: float
    better_round_lost: float
    much_better_round_lost: float
    noise_valid: float
    noise_valid_of_8: float
    noise_valid_of_60: float


class Simulation:
    """Rounds with the parameters of a preset, from one seed."""

    def __init__(self, parameters: Parameters, rounds: int, seed: int) -> None:
        self.parameters = parameters
        self.rounds = rounds
        self.random = np.random.default_rng(seed)

    def rates(self, sharers: int, hostile: int) -> Rates:
        """What happens with so many sharers."""
        honest = sharers - hostile
        attacks: list[Callable[[], Counts]] = [
            lambda: self._against(RANDOM_LABELS, hostile),
            lambda: (np.full(hostile, -CODED), np.full(hostile, CODED)),
            lambda: (np.zeros(hostile, np.int64), np.zeros(hostile, np.int64)),
        ]
        if not hostile:
            attacks = attacks[:1]

        def alone(model: Model) -> float:
            return min(self._any_valid(model, honest, attack, 1, sharers) for attack in attacks)

        def together(model: Model) -> float:
            found = (self._any_valid(model, honest, attack, honest, sharers) for attack in attacks)
            return round(100 - min(found), 2)

        def noise(names: int) -> float:
            code = (np.full(hostile, CODED), np.full(hostile, CODED))
            models = sharers if names == 1 else honest + names
            return self._any_valid(NOISE, honest, lambda: code, names, models)

        return Rates(
            sharers,
            hostile,
            alone(BETTER),
            alone(MUCH_BETTER),
            together(BETTER),
            together(MUCH_BETTER),
            noise(1),
            *(noise(names) for names in MANY),
        )

    def _any_valid(
        self,
        model: Model,
        honest: int,
        hostile: Callable[[], Counts],
        tries: int,
        commitments: int,
    ) -> float:
        """Per cent of rounds in which one of so many such models is valid."""
        found = sum(
            self._round(model, honest, hostile(), tries, commitments) for _ in range(self.rounds)
        )
        return round(100 * found / self.rounds, 2)

    def _round(
        self, model: Model, honest: int, hostile: Counts, tries: int, commitments: int
    ) -> bool:
        parameters = self.parameters
        transactions = honest + len(hostile[0])
        trimmed = judging.trimmed(transactions)
        bound = judging.required(
            parameters.significance,
            parameters.hostile_allowance,
            parameters.tries_allowance,
            transactions,
            trimmed,
            commitments,
        )
        for _ in range(tries):
            own = self._against(model, honest)
            advantages, squares = (
                np.concatenate(pair).tolist() for pair in zip(own, hostile, strict=True)
            )
            net = judging.middle(advantages, trimmed)
            if judging.is_valid(net, judging.middle(squares, trimmed), bound):
                return True
        return False

    def _against(self, model: Model, sharers: int) -> Counts:
        """A model's counts on the samples of so many sharers."""
        won, lost = (
            self.random.binomial(SAMPLES, (model.discordance + side * model.advantage) / 2, sharers)
            for side in (1, -1)
        )
        return won - lost, won + lost


def as_table(rates: list[Rates]) -> str:
    """The rates of a preset as a table in Markdown."""
    lines = [
        "| sharers, hostile | +1.5 points valid | +2 points valid | round lost (+1.5) "
        "| round lost (+2) | a noise copy valid | one of 8 | one of 60 |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rates:
        sharers, hostile, *values = asdict(row).values()
        cells = " | ".join(f"{value:.1f}" for value in values)
        lines.append(f"| {sharers}, {hostile} | {cells} |")
    return "\n".join(lines)


def as_page(found: dict[str, list[Rates]], rounds: int) -> str:
    """All rates as a page in Markdown."""
    parts = [
        "# How often judging goes wrong",
        "Written by `python -m scripts.judging_rates`, which says how it is simulated.\n"
        f"Per cent of {rounds:,} rounds each, {SAMPLES} test samples a sharer. A better model "
        "differs from the baseline on\n"
        "4 % of the samples (+2 points: 4.5 %), a noise copy on 1 %. Hostile sharers do what hurts "
        "most of what was tried.",
    ]
    for preset, rates in found.items():
        chosen = PRESETS[preset]
        parts.append(
            f"## {preset}: significance {chosen.significance}, hostileAllowance "
            f"{chosen.hostile_allowance}, triesAllowance {chosen.tries_allowance}"
        )
        parts.append(as_table(rates))
    return "\n\n".join(parts) + "\n"


@click.command(context_settings={"show_default": True})
@click.option("--rounds", type=click.IntRange(1), default=3000, help="rounds of each scene")
@click.option("--seed", type=click.IntRange(0), default=1, help="of all randomness")
@click.option(
    "--output",
    metavar="FILE",
    type=click.Path(path_type=Path),
    default="docs/results/judging_rates.json",
    help="where the results go; a page beside it ends in .md",
)
@click.option("--force", is_flag=True, help="replace results that are there")
def judging_rates(rounds: int, seed: int, output: Path, force: bool) -> None:
    """Simulate how often noise is taken for a better model, and better models for noise."""
    require_free(output, force)
    found: dict[str, list[Rates]] = {}
    for preset, parameters in PRESETS.items():
        simulation = Simulation(parameters, rounds, seed)
        found[preset] = []
        for sharers, hostile in SCENES:
            found[preset].append(simulation.rates(sharers, hostile))
            print(preset, *asdict(found[preset][-1]).values(), flush=True)
    results = {
        **made_by("scripts.judging_rates"),
        "settings": {
            "rounds": rounds,
            "seed": seed,
            "samples": SAMPLES,
            "coded": CODED,
            "better": asdict(BETTER),
            "much_better": asdict(MUCH_BETTER),
            "noise": asdict(NOISE),
        },
        "presets": {
            preset: {
                "significance": PRESETS[preset].significance,
                "hostile_allowance": PRESETS[preset].hostile_allowance,
                "tries_allowance": PRESETS[preset].tries_allowance,
                "rates": [asdict(row) for row in rates],
            }
            for preset, rates in found.items()
        },
    }
    write_results(output, results, indent=2)
    write_whole(output.with_suffix(".md"), as_page(found, rounds).encode())


if __name__ == "__main__":
    sys.exit(run_program(judging_rates, "judging_rates"))
