"""What skeleton exploration gives: compared with simpler ways to spend the same compute.

Nodes train on the same rounds of data, half of whose fonts are replaced each time, and the best by
the round's test set is the previous best of all in the next round, as on the chain:

* exploration: each node trains its own sub-network around the skeleton of the previous best;
* same: all nodes train on the previous best as it is, each in its own order of samples;
* random: sub-networks of the same widths, but which channels are kept is drawn at random;
* none: the model of the first round is never trained again.

A training has as many multiply-adds whatever its network: a wider one makes fewer steps. The first
round, a new network of `--channels`, is the same for all.
"""

import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

import click
import numpy as np

from offchain.learning.drawing.noise import PRESETS
from offchain.learning.drawing.planned_source import PlannedDigitsSource
from offchain.learning.exact.channel_text import channels_text
from offchain.learning.exact.integer_network import DIGITS_FAMILY, IntegerNetwork, multiply_adds
from offchain.learning.fonts.atlas import GlyphAtlas, default_cache_folder, load_atlas
from offchain.learning.fonts.families import find_families
from offchain.learning.fonts.plan import FONT_GROUPS, FontPlan, deal_fonts
from offchain.learning.formats.digits import DigitSamples
from offchain.learning.training.settings import ExplorationSettings, TrainingSettings
from offchain.programs.running import run_program
from scripts.support.channels import Channels
from scripts.support.results import made_by, require_free, write_results

STRATEGIES = {
    "exploration": ExplorationSettings(),
    "same": None,
    "random": ExplorationSettings(by_importance=False),
}
LABELS = {
    "exploration": "skeleton exploration",
    "same": "all nodes the same network",
    "random": "random sub-networks",
    "none": "no retraining",
}
TEST_PART = 0.15
FIRST = TrainingSettings(batch=128, epochs=10**6, seconds=1e9)


@dataclass(frozen=True, slots=True)
class Size:
    """How much is computed.

    `images` is how many a network of the first width trains on in a round; a round's data set has
    as many training images, so that each is seen about once.
    """

    nodes: int
    rounds: int
    seeds: int
    images: int
    noise: str
    channels: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Round:
    """A round of one strategy: accuracies of the new and the previous best, its channels."""

    best: float
    previous: float | None
    channels: tuple[int, ...]


def run_seed(seed: int, size: Size, atlas: GlyphAtlas, plan: FontPlan) -> dict[str, list[Round]]:
    """All rounds of all strategies for one seed, which decides data and trainings."""
    from offchain.learning.preparation import use_threads

    use_threads(1)
    from offchain.learning.exact.evaluation import ExactEvaluator

    evaluator = ExactEvaluator()

    def accuracy(network: IntegerNetwork, test: DigitSamples) -> float:
        return evaluator.score(network, test.images, test.labels) / len(test)

    found: dict[str, list[Round]] = {name: [] for name in LABELS}
    best: dict[str, IntegerNetwork] = {}
    for number in range(1, size.rounds + 1):
        training, test = data_of(number, seed, size, atlas, plan)
        for name in LABELS:
            previous = best.get(name)
            if previous is not None and name == "none":
                score = accuracy(previous, test)
                found[name].append(Round(score, score, previous.channels))
                continue
            if number == 1 and best:
                best[name] = next(iter(best.values()))
                found[name].append(next(iter(found.values()))[0])
                continue
            models = [
                train(training, previous, seed * 10_007 + number * 101 + node, name, size)
                for node in range(size.nodes)
            ]
            scores = [accuracy(model, test) for model in models]
            before = None if previous is None else accuracy(previous, test)
            best[name] = models[int(np.argmax(scores))]
            found[name].append(Round(max(scores), before, best[name].channels))
            print(f"seed {seed}, round {number}, {name}: {100 * max(scores):.2f} %", flush=True)
    return found


def train(
    samples: DigitSamples, previous: IntegerNetwork | None, seed: int, strategy: str, size: Size
) -> IntegerNetwork:
    """Train one node's model with the multiply-adds that every training has."""
    from offchain.learning.training.exploration import choose_channels
    from offchain.learning.training.loop import train_network

    exploration = STRATEGIES.get(strategy)
    settings = replace(FIRST, channels=size.channels, exploration=exploration)
    widths = size.channels if previous is None else previous.channels
    if previous is not None and exploration is not None:
        # Widths follow from the seed, whatever is important.
        choices = choose_channels([np.ones(w) for w in widths], DIGITS_FAMILY, seed, exploration)
        widths = tuple(choice.width for choice in choices)
    work = multiply_adds(DIGITS_FAMILY, widths)
    images = size.images * multiply_adds(DIGITS_FAMILY, size.channels) / work
    settings = replace(settings, maximum_steps=max(1, round(images / FIRST.batch)))
    network = train_network(samples, previous, seed, settings, lambda _: None).network
    if network.channels != widths:
        raise AssertionError(f"channels {network.channels}, not the {widths} that were paid for")
    return network


def data_of(
    number: int, seed: int, size: Size, atlas: GlyphAtlas, plan: FontPlan
) -> tuple[DigitSamples, DigitSamples]:
    """A round's training and test samples."""
    fonts = len(plan.fonts(0, number))
    wanted = size.images / (1.0 - TEST_PART)
    transforms = max(1, round(wanted / (fonts * 10)))
    source = PlannedDigitsSource(atlas, plan, 0, seed, PRESETS[size.noise], 1, transforms)
    samples = source.samples(number)
    judged = int(TEST_PART * len(samples))
    return (
        DigitSamples(samples.images[judged:], samples.labels[judged:]),
        DigitSamples(samples.images[:judged], samples.labels[:judged]),
    )


def summary(runs: list[dict[str, list[Round]]]) -> dict[str, list[dict[str, float]]]:
    """By strategy and round: mean and standard deviation over the seeds, in percent."""
    figures: dict[str, list[dict[str, float]]] = {}
    for name in LABELS:
        figures[name] = []
        for rounds in zip(*(run[name] for run in runs), strict=True):
            best = 100 * np.array([one.best for one in rounds])
            spread = float(best.std(ddof=1)) if len(best) > 1 else 0.0
            figures[name].append(
                {"mean": round(float(best.mean()), 3), "deviation": round(spread, 3)}
            )
    return figures


def gains(runs: list[dict[str, list[Round]]]) -> dict[str, dict[str, float]]:
    """What exploration gives over each other strategy, in points of accuracy.

    The mean over all rounds but the first, paired by seed: mean and standard deviation over seeds.
    """
    means = {
        name: np.array([100 * np.mean([one.best for one in run[name][1:]]) for run in runs])
        for name in LABELS
    }
    result = {}
    for name in LABELS:
        if name != "exploration":
            gain = means["exploration"] - means[name]
            spread = float(gain.std(ddof=1)) if len(gain) > 1 else 0.0
            result[name] = {"mean": round(float(gain.mean()), 3), "deviation": round(spread, 3)}
    return result


def draw_figure(figures: dict[str, list[dict[str, float]]], size: Size, file: Path) -> None:
    """Accuracy of the best model by round, with the spread over seeds."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(7.0, 4.2), layout="constrained")
    for place, (name, rounds) in enumerate(figures.items()):
        numbers = np.arange(1, len(rounds) + 1) + 0.05 * (place - 1.5)
        axes.errorbar(
            numbers,
            [one["mean"] for one in rounds],
            [one["deviation"] for one in rounds],
            marker="o",
            capsize=3,
            label=LABELS[name],
        )
    axes.set_xlabel("round (half of the fonts are new in each)")
    axes.set_ylabel("accuracy of the best model, %")
    axes.set_xticks(range(1, size.rounds + 1))
    axes.set_title(
        f"{size.nodes} nodes, {size.images:,} images a training, {size.noise} noise, at first "
        f"{channels_text(size.channels)};\nmean and standard deviation of {size.seeds} seeds",
        fontsize=9,
    )
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(file)
    plt.close(figure)


@click.command(context_settings={"show_default": True})
@click.option("--nodes", type=click.IntRange(1), default=8, help="models trained in a round")
@click.option("--rounds", type=click.IntRange(2), default=4, help="rounds, each with its data")
@click.option("--seeds", type=click.IntRange(1), default=4, help="times that all is repeated")
@click.option(
    "--images", type=click.IntRange(1000), default=20_000, help="images of the first training"
)
@click.option(
    "--noise", type=click.Choice(sorted(PRESETS)), default="moderate", help="the images' noise"
)
@click.option(
    "--channels",
    metavar="A-B-C-D",
    type=Channels(),
    default=channels_text(FIRST.channels),
    help="channels of the first round's networks",
)
@click.option("--name", default="ablation", help="name of the two files that are written")
@click.option("--processes", type=click.IntRange(1), default=2, help="seeds computed at a time")
@click.option(
    "--output",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    default="docs/results",
    help="where NAME.json and NAME.svg go",
)
@click.option("--force", is_flag=True, help="replace results that are there")
def ablation(
    nodes: int,
    rounds: int,
    seeds: int,
    images: int,
    noise: str,
    channels: tuple[int, ...],
    name: str,
    processes: int,
    output: Path,
    force: bool,
) -> None:
    """Compare skeleton exploration with simpler ways to spend the same compute."""
    file = output / f"{name}.json"
    require_free(file, force)
    size = Size(nodes, rounds, seeds, images, noise, channels)
    atlas = load_atlas(default_cache_folder())
    plan = deal_fonts(find_families(atlas.glyphs), 1, FONT_GROUPS, 0)
    one_seed = partial(run_seed, size=size, atlas=atlas, plan=plan)
    if processes == 1:
        runs = [one_seed(seed) for seed in range(seeds)]
    else:
        with ProcessPoolExecutor(processes) as pool:
            runs = list(pool.map(one_seed, range(seeds)))
    figures, gained = summary(runs), gains(runs)
    results = {
        **made_by("scripts.ablation"),
        "size": asdict(size),
        "fonts": len(plan.all_fonts()),
        "accuracy": figures,
        "gain_of_exploration_over": gained,
        "runs": [
            {name: [asdict(one) for one in rounds] for name, rounds in run.items()} for run in runs
        ],
    }
    write_results(file, results, indent=1)
    draw_figure(figures, size, file.with_suffix(".svg"))
    for strategy, means in figures.items():
        told = "  ".join(f"{one['mean']:.2f} ± {one['deviation']:.2f}" for one in means)
        print(f"{LABELS[strategy]:28} {told}")
    for strategy, gain in gained.items():
        print(f"over {LABELS[strategy]:28} {gain['mean']:+.2f} ± {gain['deviation']:.2f} points")


if __name__ == "__main__":
    sys.exit(run_program(ablation, "ablation"))
