"""The picture at the end: per block the previous best and the new best on the same test set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from offchain.node.demo.report import BlockReport

NEW, PREVIOUS, GRID = "#1f6f8b", "#e07a3f", "#d9d9d9"


def draw_accuracy(blocks: Sequence[BlockReport], file: Path) -> None:
    """Draw the accuracy of each block's two models on its test set, in per cent, as a PNG.

    The first block has no previous model; a quiet one keeps it, and has one mark alone.
    """
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt
    from matplotlib.ticker import MaxNLocator

    new = {b.number: 100 * b.accuracy for b in blocks if b.accuracy is not None and not b.quiet}
    previous = {
        b.number: 100 * b.previous_accuracy for b in blocks if b.previous_accuracy is not None
    }
    figure, axes = plt.subplots(figsize=(7.0, 4.2), dpi=150)
    axes.plot(*_points(new), "o-", color=NEW, label="new best model", linewidth=2, markersize=7)
    axes.plot(
        *_points(previous),
        "s--",
        color=PREVIOUS,
        label="previous best model",
        linewidth=2,
        markersize=6,
    )
    drawn = [*new.values(), *previous.values()] or [100.0]
    lowest = min(drawn)
    margin = max(0.5, (100 - lowest) * 0.25)
    for values, offset in ((new, 9), (previous, -16)):
        for number, value in values.items():
            axes.annotate(
                f"{value:.2f}",
                (number, value),
                textcoords="offset points",
                xytext=(0, offset),
                ha="center",
                fontsize=9,
            )
    axes.set_ylim(lowest - margin, min(100.0, max(drawn) + margin))
    axes.set_xlim(blocks[0].number - 0.35, blocks[-1].number + 0.35)
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


def _points(values: Mapping[int, float]) -> tuple[list[int], list[float]]:
    return list(values), list(values.values())
