"""How far trainings and variants of one model lie apart: docs/results/voices.json and voices.md.

Ten sharers, parts of 200 samples, in each world other fonts and data. A first network, trained on
one round's data, is the baseline of the next round, as in a chain. Ten networks are then trained
from it on that round's data with different seeds, as nodes do, and variants of the best of them are
made: with noise on its weights, and by training it further, at its own or at a low learning rate,
for a part of the steps of a full training. What counts is the distance of two models divided by the
smaller of their spreads (docs/Protocol.md, "Judge"): below `voiceBasisPoints` of it the
worse-ranked one repeats the other.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click
import numpy as np
from numpy.typing import NDArray

from offchain.attacks.worlds.digits import with_noise
from offchain.learning.drawing.endless_source import DigitsDataSource
from offchain.learning.drawing.noise import PRESETS
from offchain.learning.exact.integer_network import (
    IntegerNetwork,
)
from offchain.learning.fonts.atlas import GlyphAtlas, default_cache_folder, load_atlas
from offchain.learning.formats.digits import DigitSamples, concatenate, decode_payload
from offchain.learning.training.settings import TrainingSettings
from offchain.programs.running import run_program
from offchain.protocol.rules.judging import Judged, middle, rank, required, trimmed
from offchain.protocol.rules.voices import repeats
from offchain.whole_files import write_whole
from scripts.support.results import made_by, require_free, write_results

if TYPE_CHECKING:
    from offchain.learning.exact.evaluation import ExactEvaluator

SHARERS = 10
TEST_PARTS = 3
SAMPLES = 200
TRAININGS = 10
RATES = (1.0, 0.3, 0.1)
"""Times the learning rate with which networks that were taken over are trained."""

STEPS_OF_A_TRAINING = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0)
NOISE = ((0.01, 1), (0.1, 1), (0.3, 1), (0.5, 3), (1.0, 4), (1.0, 6), (1.0, 8), (1.0, 12))
"""Part of the weights that change, and by how much at most, of 64."""

COPIES = 60
SIGNIFICANCE = 200
VOICE_BASIS_POINTS = 4000
LONG = 1e6


@dataclass(frozen=True)
class Bench:
    """A round of one world: its training samples, and its test set as it lies in transactions."""

    training: DigitSamples
    test: DigitSamples
    baseline: IntegerNetwork
    evaluator: ExactEvaluator

    def points(self, network: IntegerNetwork) -> NDArray[np.int64]:
        """Points of a network, [sharers, test samples of each]."""
        points = self.evaluator.points(network, self.test.images, self.test.labels)
        return points.reshape(SHARERS, -1).astype(np.int64)


@dataclass(frozen=True)
class Table:
    """Rows of points of some models against a baseline's, and what a statement says of them."""

    baseline: NDArray[np.int64]
    rows: Sequence[NDArray[np.int64]]

    @property
    def trimmed(self) -> int:
        """How many data transactions the judge leaves out at either end."""
        return trimmed(SHARERS)

    def distance(self, one: NDArray[np.int64], other: NDArray[np.int64]) -> int:
        """The middle of the squares of differences, by data transaction."""
        return middle(((one - other) ** 2).sum(axis=1).tolist(), self.trimmed)

    def between(self, one: int, other: int) -> int:
        """The distance of two models."""
        return self.distance(self.rows[one], self.rows[other])

    def net(self, model: int) -> int:
        """A model's advantage over the baseline."""
        return middle((self.rows[model] - self.baseline).sum(axis=1).tolist(), self.trimmed)

    def spread(self, model: int) -> int:
        """How much a model and the baseline differ."""
        return self.distance(self.rows[model], self.baseline)

    def ratio(self, one: int, other: int) -> float:
        """What is compared with `voiceBasisPoints`; two models like the baseline are one."""
        smaller = min(self.spread(one), self.spread(other))
        return self.between(one, other) / smaller if smaller else 0.0

    def ranking(self) -> tuple[int, ...]:
        """The valid models, best first."""
        bound = required(SIGNIFICANCE, 0, 0, SHARERS, self.trimmed, len(self.rows))
        models = range(len(self.rows))
        return rank([Judged(self.net(model), self.spread(model), model) for model in models], bound)

    def voices(self) -> int:
        """How many of the valid models are voices."""
        ranking = self.ranking()
        spreads = [self.spread(model) for model in range(len(self.rows))]
        return len(ranking) - len(repeats(ranking, spreads, self.between, VOICE_BASIS_POINTS))


def drawn(
    atlas: GlyphAtlas, noise: str, seed: int, round_number: int
) -> tuple[DigitSamples, DigitSamples]:
    """A round's training and test samples, sharer by sharer; which parts test is drawn."""
    training, test = [], []
    for node in range(SHARERS):
        source = DigitsDataSource(
            atlas, node, SHARERS, seed, SAMPLES, noise=PRESETS[noise], font_seed=seed
        )
        # What a part holds is random already: the last ones may as well test.
        parts = [decode_payload(part, SAMPLES) for part in source.draw(round_number, 20)]
        training += parts[:-TEST_PARTS]
        test += parts[-TEST_PARTS:]
    return concatenate(training), concatenate(test)


def trained(
    samples: DigitSamples, previous: IntegerNetwork | None, seed: int, settings: TrainingSettings
) -> IntegerNetwork:
    """A network trained on the samples from the previous one."""
    from offchain.learning.training.loop import train_network

    return train_network(samples, previous, seed, settings, lambda _: None).network


def measure(atlas: GlyphAtlas, noise: str, seed: int, steps: int) -> dict[str, object]:
    """One world: what independent trainings and variants of the best of them give."""
    from offchain.learning.exact.evaluation import ExactEvaluator

    settings = TrainingSettings(epochs=10**6, maximum_steps=steps, seconds=LONG)
    first, _ = drawn(atlas, noise, seed, 1)
    training, test = drawn(atlas, noise, seed, 2)
    bench = Bench(training, test, trained(first, None, seed, settings), ExactEvaluator())
    baseline = bench.points(bench.baseline)
    trainings = [
        trained(training, bench.baseline, 1000 * seed + number, settings)
        for number in range(TRAININGS)
    ]
    independent = Table(baseline, [bench.points(network) for network in trainings])
    nets = [independent.net(number) for number in range(TRAININGS)]
    best = trainings[int(np.argmax(nets))]

    def against_best(variant: IntegerNetwork) -> dict[str, float]:
        table = Table(baseline, [bench.points(best), bench.points(variant)])
        return {
            "ratio": round(table.ratio(0, 1), 3),
            "net": table.net(1),
            "valid": 1 in table.ranking(),
            "voice": table.voices() == len(table.rows),
        }

    noisy = [
        {"part": part, "most": most, **against_best(with_noise(best, part, most, seed))}
        for part, most in NOISE
    ]
    further = []
    for rate in RATES:
        for part in STEPS_OF_A_TRAINING:
            short = replace(
                settings,
                maximum_steps=max(1, round(steps * part)),
                warm_learning_rate=settings.warm_learning_rate * rate,
                exploration=None,
            )
            variant = trained(training, best, 1000 * seed + 500, short)
            further.append({"rate": rate, "steps": part, **against_best(variant)})
    copies = [best, *(with_noise(best, 0.02, 1, number) for number in range(COPIES))]
    copied = Table(baseline, [bench.points(network) for network in copies])
    return {
        "seed": seed,
        "baseline_accuracy": round(float(baseline.mean()), 5),
        "best_accuracy": round(float(bench.points(best).mean()), 5),
        "trainings": {
            "ratios": sorted(
                round(independent.ratio(one, other), 3)
                for one in range(TRAININGS)
                for other in range(one)
            ),
            "nets": nets,
            "valid": len(independent.ranking()),
            "voices": independent.voices(),
        },
        "noise": noisy,
        "further_training": further,
        "copies": {"valid": len(copied.ranking()), "voices": copied.voices()},
    }


def span(values: Sequence[float]) -> str:
    """Lowest, mean and highest."""
    return f"{min(values):.2f} | {sum(values) / len(values):.2f} | {max(values):.2f}"


def as_text(results: Mapping[str, object], worlds: Sequence[Mapping[str, object]]) -> str:
    """The results as a page."""
    lines = [
        "# How far models lie apart",
        "",
        f"Made by `{results['command']}`: {len(worlds)} worlds, {TRAININGS} trainings in each; the "
        f"distance of two models by the smaller of their spreads. Below "
        f"{VOICE_BASIS_POINTS / 10_000} (`voiceBasisPoints`) the worse-ranked one is no voice.",
        "",
        "| | lowest | mean | highest | valid | a voice of its own |",
        "|---|---|---|---|---|---|",
    ]
    pairs = [ratio for world in worlds for ratio in world["trainings"]["ratios"]]  # type: ignore[index]
    lines.append(f"| two independent trainings | {span(pairs)} | | |")
    for kind, name in (
        ("noise", "noise: {part:.0%} of weights by up to {most} of 64"),
        ("further_training", "trained further: {steps:.0%} of the steps, rate x {rate:g}"),
    ):
        rows: list[list[dict[str, float]]] = [world[kind] for world in worlds]  # type: ignore[misc]
        for same in zip(*rows, strict=True):
            ratios = [one["ratio"] for one in same]
            told = " | ".join(f"{sum(one[what] for one in same)}" for what in ("valid", "voice"))
            lines.append(f"| {name.format(**same[0])} | {span(ratios)} | {told} |")
    lines += [
        "",
        "| world | baseline | best | valid trainings | voices | valid copies of best | voices |",
        "|---|---|---|---|---|---|---|",
    ]
    for world in worlds:
        trainings, copies = world["trainings"], world["copies"]
        lines.append(
            f"| {world['seed']} | {world['baseline_accuracy']:.2%} | {world['best_accuracy']:.2%} "
            f"| {trainings['valid']} | {trainings['voices']} "  # type: ignore[index]
            f"| {copies['valid']} of {COPIES + 1} | {copies['voices']} |"  # type: ignore[index]
        )
    return "\n".join([*lines, ""])


@click.command(context_settings={"show_default": True})
@click.option("--worlds", type=click.IntRange(1), default=4, help="worlds that are measured")
@click.option("--steps", type=click.IntRange(1), default=400, help="steps of a full training")
@click.option("--noise", type=click.Choice(list(PRESETS)), default="moderate", help="handwriting")
@click.option("--threads", type=click.IntRange(1), default=1, help="threads that compute")
@click.option(
    "--output",
    metavar="FILE",
    type=click.Path(path_type=Path),
    default="docs/results/voices.json",
    help="where the results go; a page with .md beside it",
)
@click.option("--force", is_flag=True, help="replace results that are there")
def voices(worlds: int, steps: int, noise: str, threads: int, output: Path, force: bool) -> None:
    """Measure how far trainings and variants of one model lie apart."""
    require_free(output, force)
    from offchain.learning.preparation import use_threads

    os.environ.setdefault("OMP_NUM_THREADS", str(threads))
    use_threads(threads)
    atlas = load_atlas(default_cache_folder())
    measured = []
    for seed in range(worlds):
        measured.append(measure(atlas, noise, seed, steps))
        print(f"world {seed + 1} of {worlds} measured", flush=True)
    results = {
        **made_by("scripts.voices"),
        "settings": {
            "sharers": SHARERS,
            "samples_per_part": SAMPLES,
            "test_parts": TEST_PARTS,
            "fonts": len(atlas),
            "noise": noise,
            "steps": steps,
            "significance": SIGNIFICANCE,
            "voice_basis_points": VOICE_BASIS_POINTS,
        },
        "worlds": measured,
    }
    write_results(output, results, indent=1)
    page = as_text(results, measured)
    write_whole(output.with_suffix(".md"), page.encode())
    print(page)


if __name__ == "__main__":
    sys.exit(run_program(voices, "voices"))
