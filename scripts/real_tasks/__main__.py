"""`python -m scripts.real_tasks`: real data through the whole protocol, beside named peers.

MNIST and Fashion-MNIST, a table of classes and one of numbers, and texts: each with nodes that
split the training data, real contracts, and blocks; then, in the same run and on the same split,
scikit-learn's gradient boosting and logistic (ridge) regression, and a plain network of floats in
PyTorch, trained as long as one node. The results are docs/results/real_tasks.json, a figure beside
it.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import click
import structlog

from offchain.errors import ConfigurationError
from offchain.programs.finite_range import FiniteRange
from offchain.programs.running import run_program
from scripts.support.results import made_by, write_results

FORMAT: Final = 1
NAMES: Final = ("mnist", "fashion", "classes", "numbers", "texts")


@click.command(context_settings={"show_default": True})
@click.option("--task", "names", type=click.Choice(NAMES), multiple=True, default=NAMES)
@click.option("--nodes", type=click.IntRange(3, 16), default=4, help="that split the data")
@click.option("--blocks", type=click.IntRange(1, 20), default=3)
@click.option(
    "--training-seconds",
    type=FiniteRange(0.1),
    default=None,
    help="of each model in each round; by default the task's",
)
@click.option("--threads", type=click.IntRange(1, 256), default=2, help="that compute")
@click.option("--seed", type=int, default=0, help="of the peers")
@click.option(
    "--output",
    metavar="FILE",
    type=click.Path(path_type=Path),
    default="docs/results/real_tasks.json",
    help="results; tasks that are not run keep theirs",
)
def real_tasks(
    names: Sequence[str],
    nodes: int,
    blocks: int,
    training_seconds: float | None,
    threads: int,
    seed: int,
    output: Path,
) -> None:
    """Make blocks of real tasks, and compare with what a user would take instead."""
    from offchain.learning.preparation import use_threads

    use_threads(threads)
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    for name in dict.fromkeys(names):
        # Kept after each step: peers may take as long as all blocks.
        found: dict[str, Any] = {}
        for found in run_task(name, nodes, blocks, training_seconds, seed):
            _keep(output, name, found)
        peers = ", ".join(f"{peer} {one['value']:.2f}" for peer, one in found["peers"].items())
        click.echo(f"{name}: ours {found['ours']:.2f}, {peers} ({found['unit']})")


def run_task(
    name: str, nodes: int, blocks: int, training_seconds: float | None, seed: int
) -> Iterator[dict[str, Any]]:
    """Yield the results of one task: with the blocks, then with one more peer each time."""
    from offchain.learning.own_data.own_data import preparation_for
    from scripts.real_tasks.data import TASKS, read_split
    from scripts.real_tasks.network import make_blocks
    from scripts.real_tasks.peers import compare

    real = next(task for task in TASKS if task.name == name)
    options = dict(real.options)
    if training_seconds is not None:
        options["training_seconds"] = training_seconds
    seconds = float(str(options["training_seconds"]))
    began, made_how = time.monotonic(), made_by("scripts.real_tasks")

    def say(line: str) -> None:
        click.echo(f"{time.monotonic() - began:7.1f} s  {name}: {line}")

    with tempfile.TemporaryDirectory(prefix="modelchain-real-") as temporary:
        folder = Path(temporary)
        real.write(folder / "data")
        split = read_split(folder / "data", real.task.samples)
        say(f"{len(split.training)} training and {len(split.test)} test samples")
        made = make_blocks(
            real,
            folder / "data" / "train",
            split.test,
            folder / "network",
            nodes=nodes,
            blocks=blocks,
            options=options,
            say=say,
        )
    values = [block.value for block in made if block.value is not None]
    found: dict[str, Any] = {
        "title": real.title,
        "unit": real.unit,
        "ours": values[-1] if values else None,
        "peers": {},
        "target": real.target,
        "training_samples": len(split.training),
        "test_samples": len(split.test),
        "nodes": nodes,
        "samples_per_part": real.task.samples_per_part,
        "parts": real.parts[0],
        "test_parts": real.parts[1],
        "options": options,
        "blocks": [asdict(block) for block in made],
        "seconds": round(time.monotonic() - began, 1),
        **made_how,
    }
    yield found
    classes = len(preparation_for(real.task.samples).labels)
    for peer, result in compare(split, real.unit, classes, blocks * seconds, seed):
        say(f"{peer}: {result}")
        found["peers"][peer] = asdict(result)
        found["seconds"] = round(time.monotonic() - began, 1)
        yield found


def _keep(output: Path, name: str, found: dict[str, Any]) -> None:
    """Write a task's results beside those of others, and draw all of them."""
    from scripts.real_tasks.figure import draw

    tasks = {**_read(output), name: found}
    ordered = {key: tasks[key] for key in NAMES if key in tasks}
    write_results(output, {"format": FORMAT, "tasks": ordered}, indent=1)
    draw({key: one for key, one in ordered.items() if one["ours"]}, output.with_suffix(".svg"))


def _read(output: Path) -> dict[str, Any]:
    if not output.exists():
        return {}
    try:
        kept = json.loads(output.read_text(encoding="utf-8"))
        tasks: dict[str, Any] = kept["tasks"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(
            f"{output} holds no results of real tasks: move it away"
        ) from error
    return tasks


if __name__ == "__main__":
    sys.exit(run_program(real_tasks, "real_tasks"))
