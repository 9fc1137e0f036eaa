"""The figure beside the results: what each task's chain reached, and what its peers did."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any


def draw(tasks: Mapping[str, Mapping[str, Any]], file: Path) -> None:
    """Draw a panel for each task: bars of the chain's model and of the peers, and the blocks."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, panels = plt.subplots(
        len(tasks), 1, figsize=(7.2, 1.6 * len(tasks) + 0.4), layout="constrained", squeeze=False
    )
    for axes, found in zip(panels[:, 0], tasks.values(), strict=True):
        names = ["Model Chain", *found["peers"]]
        values = [found["ours"], *(peer["value"] for peer in found["peers"].values())]
        bars = axes.barh(names, values, color=["#1b6ca8", *["#b8c4ce"] * len(found["peers"])])
        axes.bar_label(bars, [f"{value:.2f}" for value in values], padding=3, fontsize=8)
        for number, block in enumerate(found["blocks"], 1):
            if block["value"] is not None:
                axes.plot([block["value"]], [0], marker="|", color="black", markersize=9)
                axes.annotate(str(number), (block["value"], -0.42), fontsize=6, ha="center")
        lowest = min([*values, *(one["value"] for one in found["blocks"] if one["value"])])
        span = max(values) - lowest
        axes.set_xlim(lowest - 0.3 * span - 0.5, max(values) + 0.25 * span + 0.5)
        axes.invert_yaxis()
        axes.set_title(f"{found['title']}: {found['unit']}", fontsize=9, loc="left")
        axes.tick_params(labelsize=8)
    figure.savefig(file)
    plt.close(figure)
