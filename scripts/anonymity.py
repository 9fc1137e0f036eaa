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
import numpy as np

from offchain.audit.attribution import Place, attribute, right_share, tracks
from offchain.audit.fingerprints import Fingerprint, fingerprint
from offchain.learning.drawing.endless_source import DigitsDataSource
from offchain.learning.drawing.noise import PRESETS
from offchain.learning.drawing.withholding import Withholding
from offchain.learning.fonts.atlas import GlyphAtlas, default_cache_folder, load_atlas
from offchain.learning.formats.digits import decode_payload
from offchain.programs.running import run_program
from scripts.support.results import made_by, require_free, write_results

PARTS = 20
SAMPLES = 10
HELD_BACK = Withholding(labels=frozenset({3, 7}), share=0.5)
MISSED = 0.05
GUESSES = 100
LABELS = tuple(range(10))


def contents(
    atlas: GlyphAtlas, nodes: int, rounds: int, seed: int, mixed: bool
) -> list[list[Fingerprint]]:
    """Fingerprints of what every node shares in every round: [rounds][nodes]."""
    sources = [
        DigitsDataSource(
            atlas,
            node,
            nodes,
            seed,
            SAMPLES,
            noise=PRESETS["moderate"],
            font_seed=seed,
            withholding=HELD_BACK if mixed and node % 2 else Withholding(),
        )
        for node in range(nodes)
    ]
    return [
        [_fingerprint(source.draw(number, PARTS)) for source in sources]
        for number in range(1, rounds + 1)
    ]


def _fingerprint(parts: list[bytes]) -> Fingerprint:
    records = []
    for part in parts:
        samples = decode_payload(part, SAMPLES)
        records += [
            image.tobytes() + bytes([label])
            for image, label in zip(samples.images, samples.labels, strict=True)
        ]
    return fingerprint(records, LABELS)


def attacked(drawn: list[list[Fingerprint]], missed: float, seed: int) -> float:
    """Part of the data transactions that are attributed right."""
    random = np.random.Generator(np.random.PCG64(seed))
    nodes, rounds = len(drawn[0]), range(1, len(drawn) + 1)
    there = {
        number: [node for node in range(nodes) if random.random() >= missed] for number in rounds
    }
    truth: dict[Place, str] = {}
    seen: dict[int, list[Fingerprint]] = {}
    for number in rounds:
        # The order of arrival tells nothing: the relayer mixes.
        order = random.permutation(there[number])
        seen[number] = [drawn[number - 1][node] for node in order]
        truth |= {Place(number, index): f"{node:03}" for index, node in enumerate(order)}
    present = {
        f"{node:03}": frozenset(number for number in rounds if node in there[number])
        for node in range(nodes)
    }
    tied = tracks(seen)
    # Where absences do not decide the guess is one of many: what counts is their mean.
    return mean(
        right_share(attribute(tied, present, list(rounds), random), truth) for _ in range(GUESSES)
    )


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
                whole.append(attacked(drawn, 0.0, seed))
                absent.append(attacked(drawn, MISSED, seed))
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
