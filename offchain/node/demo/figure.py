"""The picture at the end: per block the previous best and the new best on the same test set."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from offchain.node.demo.report import BlockReport

NEW, PREVIOUS, GRID = "#1f6f8b", "#e07a3f", "#d9d9d9"


def draw_accuracy(blocks: Sequence[BlockReport], file: Path) -> None:
    """Draw the accuracy of each block's two models on its test set, in per cent, as a PNG.

    The first block has no previous model.
    """
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt
    from matplotlib.ticker import MaxNLocator

    numbers = [block.number for block in blocks]
    new = [100 * block.best_score / block.test_samples for block in blocks]
    later = [block for block in blocks if block.number > 1]
    previous = [100 * block.baseline / block.test_samples for block in later]
    figure, axes = plt.subplots(figsize=(7.0, 4.2), dpi=150)
    axes.plot(numbers, new, "o-", color=NEW, label="new best model", linewidth=2, markersize=7)
    axes.plot(
        [block.number for block in later],
        previous,
        "s--",
        color=PREVIOUS,
        label="previous best model",
        linewidth=2,
        markersize=6,
    )
    lowest = min([*new, *previous])
    margin = max(0.5, (100 - lowest) * 0.25)
    for x, values, offset in ((numbers, new, 9), ([b.number for b in later], previous, -16)):
        for number, value in zip(x, values, strict=True):
            axes.annotate(
                f"{value:.2f}",
                (number, value),
                textcoords="offset points",
                xytext=(0, offset),
                ha="center",
                fontsize=9,
            )
    axes.set_ylim(lowest - margin, min(100.0, max([*new, *previous]) + margin))
    axes.set_xlim(numbers[0] - 0.35, numbers[-1] + 0.35)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("block")
    axes.set_ylabel("accuracy on the block's test set (%)")
    axes.grid(axis="y", color=GRID, linewidth=0.8)
    axes.spines[["top", "right"]].set_visible(False)
    # Above the axes, where no curve can be.
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, frameon=False)
    figure.tight_layout()
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file)
    plt.close(figure)
