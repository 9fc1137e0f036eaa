"""How often the best attack known here names who shared: docs/results/anonymity.json.

A network of nodes that share real payloads for some rounds, each with a handwriting of its own. The
attacker reads all content, ties rounds together and matches absences with the accounts' public ones
(`offchain.audit`). A node that misses a round neither shares nor shows itself. With mixed options
every other node holds back labels, which others' samples make up for.
"""

from __future__ import annotations

import sys
from math import sqrt
from pathlib import Path
from statistics import mean, stdev

import click

from offchain.audit.likeness import Likeness
from offchain.audit.simulated import attacked, contents
from offchain.learning.fonts.atlas import default_cache_folder, load_atlas
from offchain.programs.running import run_program
from scripts.support.results import made_by, require_free, write_results

MISSED = 0.05
GUESSES = 100


def measured(values: list[float], nodes: int) -> dict[str, float | int]:
    """Mean, its standard error, and what guessing gives."""
    return {
        "attributed_right": round(mean(values), 4),
        "standard_error": round(stdev(values) / sqrt(len(values)), 4) if len(values) > 1 else 0.0,
        "chance": round(1 / nodes, 4),
        "times_chance": round(mean(values) * nodes, 3),
    }


@click.command(context_settings={"show_default": True})
@click.option("--nodes", type=click.IntRange(2, 128), multiple=True, default=(10, 20, 60))
@click.option("--rounds", type=click.IntRange(1, 100), default=5)
@click.option("--seeds", type=click.IntRange(1), default=20, help="worlds for each figure")
@click.option(
    "--json",
    "output",
    metavar="FILE",
    type=click.Path(path_type=Path),
    default="docs/results/anonymity.json",
    help="where the results go",
)
@click.option("--force", is_flag=True, help="replace results that are there")
def anonymity(nodes: tuple[int, ...], rounds: int, seeds: int, output: Path, force: bool) -> None:
    """Measure how often content, order and absences name who shared."""
    require_free(output, force)
    atlas = load_atlas(default_cache_folder())
    networks = []
    for count in nodes:
        for mixed in (False, True):
            whole, absent = [], []
            for seed in range(seeds):
                drawn = contents(atlas, count, rounds, seed, mixed)
                likeness = Likeness()
                whole.append(attacked(drawn, 0.0, seed, GUESSES, likeness))
                absent.append(attacked(drawn, MISSED, seed, GUESSES, likeness))
            networks.append(
                {
                    "nodes": count,
                    "rounds": rounds,
                    "options": "mixed" if mixed else "default",
                    **measured(whole, count),
                    "with_5_percent_missed": measured(absent, count),
                }
            )
            print(networks[-1], flush=True)
    write_results(
        output,
        {**made_by("scripts.anonymity"), "seeds": seeds, "networks": networks},
        indent=1,
    )


if __name__ == "__main__":
    sys.exit(run_program(anonymity, "anonymity"))
