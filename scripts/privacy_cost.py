"""What the privacy options of sharing cost in accuracy: docs/results/privacy.json.

Four nodes share a round of digits under one option, each as many samples as with any other: a
quarter of what it has. One network is trained on the parts that the split leaves for training, and
judged on images that nobody shared: new images of the same users, and of users that nobody has
trained on. Each option is measured with several seeds.
"""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, stdev

import click
import numpy as np

from offchain.learning.drawing.noise import MODERATE, draw_chosen
from offchain.learning.drawing.planned_source import PlannedDigitsSource
from offchain.learning.drawing.withholding import Withholding
from offchain.learning.fonts.atlas import GlyphAtlas, default_cache_folder
from offchain.learning.fonts.plan import FONT_GROUPS, FontPlan, deal_fonts
from offchain.learning.fonts.sets import SET_NAMES, load_set
from offchain.learning.formats.digits import CLASSES, DigitSamples, decode_payload
from offchain.learning.tasks.digits import DigitsTask
from offchain.learning.training.settings import TrainingSettings
from offchain.programs.running import run_program
from scripts.support.results import made_by, require_free, write_results

NODES = 4
PARTS = 10
TRANSFORMS = 40
SHARED = 4
"""One of so many samples is shared, so that others can take the place of what is held back."""

TEST_TRANSFORMS = 10
TEST_PARTS = 6
STEPS = 400


@dataclass(frozen=True, slots=True)
class Option:
    """What nodes do: all of them, or the first `nodes` where something is held back."""

    name: str
    shuffled: bool = True
    labels: frozenset[int] = frozenset()
    share: float = 0.0
    nodes: int = NODES


OPTIONS = (
    Option("nothing held back, mixed"),
    Option("not shuffled", shuffled=False),
    Option("25 % of samples held back", share=0.25),
    Option("50 % of samples held back", share=0.50),
    Option("75 % of samples held back", share=0.75),
    Option("one digit held back by one node", labels=frozenset({7}), nodes=1),
    Option("one digit held back by three nodes", labels=frozenset({7}), nodes=3),
    Option("one digit held back by all nodes", labels=frozenset({7})),
)


def training_samples(
    atlas: GlyphAtlas, plan: FontPlan, option: Option, seed: int
) -> list[DigitSamples]:
    """The training parts of a round in which the nodes share so."""
    samples = len(plan.fonts(0, 1)) * CLASSES * TRANSFORMS // (SHARED * PARTS)
    drawn: list[bytes] = []
    for node in range(NODES):
        held_back = Withholding(option.labels, option.share) if node < option.nodes else None
        source = PlannedDigitsSource(
            atlas,
            plan,
            node,
            seed,
            MODERATE,
            samples,
            TRANSFORMS,
            option.shuffled,
            withholding=held_back or Withholding(),
        )
        drawn += source.draw(1, PARTS)
    test = np.random.default_rng(seed).permutation(len(drawn))[:TEST_PARTS]
    kept = [part for number, part in enumerate(drawn) if number not in test]
    return [decode_payload(part, samples) for part in kept]


def unseen_images(atlas: GlyphAtlas, fonts: Sequence[int], seed: int) -> DigitSamples:
    """Images of fonts that are in no part."""
    chosen = np.repeat(
        np.concatenate([np.arange(CLASSES) + CLASSES * one for one in fonts]), TEST_TRANSFORMS
    )
    random = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, 0x7E57])))
    cells = atlas.glyphs.reshape(-1, *atlas.glyphs.shape[2:])
    images = draw_chosen(cells, chosen, MODERATE, random)
    return DigitSamples(images, (chosen % CLASSES).astype(np.uint8))


def measure(atlas: GlyphAtlas, option: Option, seed: int, fonts: int) -> dict[str, float]:
    """Accuracy in percent on unseen images of the same users and of new ones."""
    plan = deal_fonts(atlas.families, NODES, FONT_GROUPS, seed, fonts)
    samples = training_samples(atlas, plan, option, seed)
    settings = TrainingSettings(maximum_steps=STEPS, seconds=3600.0)
    task = DigitsTask(len(samples[0]), settings)
    trained = task.train(samples, None, seed, lambda _: None)
    network = task.decode_model(trained.data)
    known = np.concatenate([plan.fonts(node, 1) for node in range(NODES)])
    new = np.setdiff1d(plan.all_fonts(), known)
    found = {}
    for name, users in (("same_users", known), ("new_users", new)):
        test = unseen_images(atlas, users.tolist(), seed)
        found[name] = 100.0 * float(task.points(network, [test]).mean())
    return found


@click.command(context_settings={"show_default": True})
@click.option("--seeds", type=click.IntRange(1), default=5, help="times that an option is measured")
@click.option("--fonts", type=click.IntRange(1), default=200, help="fonts that are dealt out")
@click.option(
    "--set", "chosen", type=click.Choice(SET_NAMES), default="full", help="where fonts come from"
)
@click.option("--threads", type=click.IntRange(1), default=1, help="threads that compute")
@click.option(
    "--output",
    metavar="FILE",
    type=click.Path(path_type=Path),
    default="docs/results/privacy.json",
    help="where the results go",
)
@click.option("--force", is_flag=True, help="replace results that are there")
def privacy_cost(
    seeds: int, fonts: int, chosen: str, threads: int, output: Path, force: bool
) -> None:
    """Measure what the privacy options of sharing cost in accuracy."""
    require_free(output, force)
    from offchain.learning.preparation import use_threads

    os.environ.setdefault("OMP_NUM_THREADS", "1")
    use_threads(threads)
    atlas = load_set(chosen, default_cache_folder())
    rows = []
    plain: list[dict[str, float]] = []
    for option in OPTIONS:
        runs = [measure(atlas, option, seed, fonts) for seed in range(seeds)]
        plain = plain or runs
        row: dict[str, object] = {"option": option.name}
        line = f"{option.name:38}"
        for name in ("same_users", "new_users"):
            values = [run[name] for run in runs]
            # The same seed has the same fonts: differences say more than two means.
            costs = [base[name] - value for base, value in zip(plain, values, strict=True)]
            row[name] = {
                "accuracies": [round(value, 3) for value in values],
                "mean": round(mean(values), 3),
                "cost_mean": round(mean(costs), 3),
                "cost_spread": round(stdev(costs), 3) if len(costs) > 1 else None,
            }
            line += f"  {mean(values):6.2f} (cost {mean(costs):+.2f})"
        rows.append(row)
        print(line, flush=True)
    results = {
        **made_by("scripts.privacy_cost"),
        "settings": {
            "nodes": NODES,
            "parts_of_a_node": PARTS,
            "part_of_its_samples_shared": 1 / SHARED,
            "fonts": fonts,
            "set": chosen,
            "transforms": TRANSFORMS,
            "test_parts": TEST_PARTS,
            "steps": STEPS,
            "noise": "moderate",
            "seeds": seeds,
        },
        "options": rows,
    }
    write_results(output, results, indent=2)


if __name__ == "__main__":
    sys.exit(run_program(privacy_cost, "privacy_cost"))
