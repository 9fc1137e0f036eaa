"""The figure beside the results: what each task's chain reached, and what its peers did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

OURS, OTHERS = "#1b6ca8", "#7a8894"

LABEL_PART = 0.08
"""Of a panel's range that the label of a block takes."""


def draw(tasks: Mapping[str, Mapping[str, Any]], file: Path) -> None:
    """Draw a panel for each task: the model after each block, and the peers; more is better."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, panels = plt.subplots(
        len(tasks), 1, figsize=(7.4, 1.6 * len(tasks) + 0.4), layout="constrained", squeeze=False
    )
    for axes, found in zip(panels[:, 0], tasks.values(), strict=True):
        peers = {name: peer["value"] for name, peer in found["peers"].items()}
        rows = ["Model Chain", *peers]
        axes.plot(found["ours"], 0, "o", color=OURS)
        axes.plot(list(peers.values()), range(1, len(rows)), "o", color=OTHERS)
        for row, value in enumerate([found["ours"], *peers.values()]):
            axes.annotate(f"{value:.2f}", (value, row), (7, -3), fontsize=8, **_OFFSET)
        valued = [block for block in found["blocks"] if block["value"] is not None]
        made = [(block["value"], str(block["number"])) for block in valued]
        values = [found["ours"], *peers.values(), *(value for value, _ in made)]
        span = max(values) - min(values) or 1.0
        axes.set_xlim(min(values) - 0.15 * span, max(values) + 0.2 * span)
        for near in _near(made, LABEL_PART * span):
            axes.plot([value for value, _ in near], [0] * len(near), "|", color=OURS, markersize=10)
            label = f"block {', '.join(number for _, number in near)}"
            axes.annotate(label, (near[0][0], 0), (0, 8), fontsize=6, ha="center", **_OFFSET)
        axes.set_yticks(range(len(rows)), rows)
        axes.set_ylim(len(rows) - 0.5, -0.9)
        axes.set_title(f"{found['title']}: {found['unit']}", fontsize=8, loc="left")
        axes.tick_params(labelsize=8)
        axes.grid(axis="x", alpha=0.3)
    figure.savefig(file)
    plt.close(figure)


def _near(made: Sequence[tuple[float, str]], room: float) -> list[list[tuple[float, str]]]:
    """Group blocks, each with its value, where labels of their own would cover each other."""
    groups: list[list[tuple[float, str]]] = []
    for value, number in sorted(made):
        if groups and value - groups[-1][0][0] < room:
            groups[-1].append((value, number))
        else:
            groups.append([(value, number)])
    return groups


_OFFSET: dict[str, Any] = {"textcoords": "offset points"}
