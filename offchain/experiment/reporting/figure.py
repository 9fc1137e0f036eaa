"""The figure: accuracy, precision and F1 of each block's two models, and the times, by noise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from offchain.experiment.reporting import paper
from offchain.node.demo.figure import GRID, NEW, PREVIOUS

METRICS = (("accuracy", "accuracy"), ("precision", "precision (macro)"), ("f1", "F1 (macro)"))
PAPER = "#6b6b6b"


def draw_results(results: Mapping[str, Any], file: Path) -> None:
    """Draw the results as they stand in ``paper.json``, as a PNG: a row for each noise preset."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    presets = {name: found for name, found in results["presets"].items() if found["blocks"]}
    order = [name for name in results["plan"]["noises"] if name in presets]
    order += [name for name in presets if name not in order]
    rows = len(order)
    figure, axes = plt.subplots(
        rows, 4, figsize=(15.0, 3.5 * rows + 0.6), dpi=130, squeeze=False, layout="constrained"
    )
    for row, noise in enumerate(order):
        blocks = presets[noise]["blocks"]
        lowest = _lowest(blocks)
        for column, (metric, title) in enumerate(METRICS):
            axis = axes[row][column]
            _draw_metric(axis, blocks, metric, lowest)
            axis.set_title(title if row == 0 else "", fontsize=11)
        _draw_seconds(axes[row][3], blocks)
        axes[row][0].set_ylabel(f"{noise} noise\n% of the block's test set")
        axes[row][3].set_title("seconds" if row == 0 else "", fontsize=11)
    handles, labels = axes[0][0].get_legend_handles_labels()
    more, names = axes[0][3].get_legend_handles_labels()
    figure.legend(
        [*handles, *more], [*labels, *names], loc="outside upper center", ncols=4, frameon=False
    )
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file)
    plt.close(figure)


def _lowest(blocks: Sequence[Mapping[str, Any]]) -> float:
    """The bottom of a row's axes, in per cent: below everything drawn, the paper's included."""
    values: list[float] = [
        100 * block[role][metric]
        for block in blocks
        for role in ("best", "previous")
        for metric, _ in METRICS
        if block[role] is not None
    ]
    lowest = min([*values, 100 * paper.BLOCK_2_PREVIOUS])
    return max(0.0, lowest - max(0.4, 0.12 * (100 - lowest)))


def _draw_metric(
    axis: Any, blocks: Sequence[Mapping[str, Any]], metric: str, lowest: float
) -> None:
    # A quiet block keeps the previous best model, and has one mark alone.
    better = [block for block in blocks if not block["quiet"]]
    later = [block for block in blocks if block["previous"] is not None]
    numbers = [block["number"] for block in better]
    best = [100 * block["best"][metric] for block in better]
    previous = [100 * block["previous"][metric] for block in later]
    axis.plot(numbers, best, "o-", color=NEW, label="new best model", linewidth=2)
    axis.plot(
        [block["number"] for block in later],
        previous,
        "s--",
        color=PREVIOUS,
        label="previous best model",
        linewidth=2,
    )
    if metric == "accuracy":
        axis.plot(
            [1, 2],
            [100 * paper.BLOCK_1_BEST, 100 * paper.BLOCK_2_BEST],
            "o",
            color=PAPER,
            markerfacecolor="none",
            label="paper: new best",
        )
        axis.plot(
            [2],
            [100 * paper.BLOCK_2_PREVIOUS],
            "s",
            color=PAPER,
            markerfacecolor="none",
            label="paper: previous best",
        )
    for x, values, below in (
        (numbers, best, False),
        ([block["number"] for block in later], previous, True),
    ):
        for number, value in zip(x, values, strict=True):
            axis.annotate(
                f"{value:.2f}",
                (number, value),
                textcoords="offset points",
                xytext=(0, -14 if below else 7),
                ha="center",
                fontsize=8,
            )
    axis.set_ylim(lowest, 100 + 0.1 * (100 - lowest))
    _frame(axis, [block["number"] for block in blocks])


def _draw_seconds(axis: Any, blocks: Sequence[Mapping[str, Any]]) -> None:
    """Training, verification and consensus on a logarithmic scale, beside the paper's."""
    numbers = [block["number"] for block in blocks]
    for name, mark, label in (
        ("training", "^", "training of the best model"),
        ("consensus", "D", "consensus, a round"),
        ("verification", "v", "verification, a model"),
    ):
        # Matplotlib leaves out what is no number: the best model's training in a quiet block.
        values = [block["seconds"][name] or float("nan") for block in blocks]
        axis.plot(numbers, values, f"{mark}-", label=label, linewidth=1.5)
    color = [line.get_color() for line in axis.get_lines()]
    theirs = (
        list(paper.TRAINING_SECONDS),
        [paper.CONSENSUS_SECONDS] * 5,
        [paper.VERIFICATION_SECONDS] * 5,
    )
    for values, drawn in zip(theirs, color, strict=True):
        count = min(len(values), max(numbers))
        axis.plot(range(1, count + 1), values[:count], ":", color=drawn, alpha=0.8, linewidth=1.5)
    axis.plot([], [], ":", color=PAPER, label="paper's seconds")
    axis.set_yscale("log")
    _frame(axis, numbers)


def _frame(axis: Any, numbers: Sequence[int]) -> None:
    axis.set_xticks(range(min(numbers), max(2, *numbers) + 1) if len(numbers) > 1 else [1, 2])
    axis.set_xlim(min(numbers) - 0.4, max([2, *numbers]) + 0.4)
    axis.set_xlabel("block")
    axis.grid(axis="y", color=GRID, linewidth=0.8)
    axis.spines[["top", "right"]].set_visible(False)
