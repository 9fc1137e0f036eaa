"""What a round costs with 10, 30 and 100 nodes: gas, time, memory and requests, and how they grow.

All nodes are real workers with real signatures, commitments, models and statements, beside one
relayer and one feeder, on one anvil; they take turns in one process, so that a machine of any size
can carry them. Data and networks are small: what is measured is the protocol and not the learning.
The relayer brings the first round's data transactions in blocks that are mined when it can add no
more to them, as on a chain whose blocks come slowly; the rest of the round is mined at once.
"""

from __future__ import annotations

import math
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory
from typing import Any

import click
import structlog

from offchain.learning.preparation import use_threads
from offchain.programs.running import run_program
from offchain.protocol.history.entries import RoundHistory
from offchain.protocol.words.status import Phase
from scripts.support.faults.process_figures import figures_of
from scripts.support.growth.sizes import deep_size
from scripts.support.load.network import LoadNetwork, load_network
from scripts.support.results import made_by, require_free, write_results

MEGABYTE = 1 << 20
TURNS = 2_000
GROWING = ("gas", "seconds", "worker_requests", "worker_calls", "history_mb")


def measure(nodes: int, folder: Path) -> dict[str, Any]:
    """The first round of so many nodes, from its opening to its end."""
    with load_network(nodes, folder) as network:
        _until(network, lambda: network.view.status.started, relays=False)
        opened = network.view.status.block_number
        before = (dict(network.counting.requests), dict(network.counting.calls))
        began, computed = time.perf_counter(), time.process_time()
        _until(network, lambda: len(network.queue.shares) >= nodes, relays=False)
        blocks = network.relay_in_blocks()
        _until(network, lambda: network.view.history.round(1).is_over)
        seconds, processor = time.perf_counter() - began, time.process_time() - computed
        entry = network.view.history.round(1)
        counted = [
            [found[f"worker {node}"] - start.get(f"worker {node}", 0) for node in range(nodes)]
            for found, start in zip(
                (network.counting.requests, network.counting.calls), before, strict=True
            )
        ]
        follower = network.workers[0]._follower
        gas = gas_of_blocks(network, opened + 1, entry.phases[-1].block_number)
        return {
            "nodes": nodes,
            "made_a_block": entry.block is not None,
            "data": len(entry.data_set or ()),
            "models": len(entry.reveals),
            "statements_opened": len(entry.stated),
            "relayer_blocks": blocks,
            "gas": sum(gas.values()),
            "gas_by_phase": by_phase(entry, gas),
            "seconds": round(seconds, 1),
            "processor_seconds": round(processor, 1),
            "worker_requests": round(mean(counted[0])),
            "worker_calls": round(mean(counted[1])),
            "history_mb": round(
                deep_size([vars(follower.history), follower.records]) / MEGABYTE, 2
            ),
            "records": len(follower.records),
            "process_mb": round(figures_of(os.getpid()).resident / MEGABYTE),
        }


def _until(network: LoadNetwork, holds: Any, *, relays: bool = True) -> None:
    for _ in range(TURNS):
        network.view.refresh()
        if holds():
            return
        network.turn()
        if relays:
            network.relay()
    waiting = network.workers[0].waiting
    raise SystemExit(f"not there after {TURNS} turns: {waiting}")


def gas_of_blocks(network: LoadNetwork, first: int, last: int) -> dict[int, int]:
    """Gas that each block used, by number."""
    numbers = range(first, last + 1)
    answers = network.ethereum.requests(
        [("eth_getBlockByNumber", (hex(number), False)) for number in numbers]
    )
    return {
        number: int(answer["gasUsed"], 16) for number, answer in zip(numbers, answers, strict=True)
    }


def by_phase(entry: RoundHistory, gas: dict[int, int]) -> dict[str, int]:
    """Gas by the phase in which it was used."""
    starts = [(0, Phase.NONE.name), *((p.block_number, p.phase.name) for p in entry.phases)]
    found: dict[str, int] = {}
    for number, used in gas.items():
        # The block that begins a phase is the end of the one before.
        name = [name for start, name in starts if start < number][-1]
        found["COLLECTION" if name == "NONE" else name] = (
            found.get("COLLECTION" if name == "NONE" else name, 0) + used
        )
    return found


def growth_of(rows: Sequence[dict[str, Any]]) -> dict[str, float]:
    """By which power of the number of nodes each figure grows, from the smallest to the largest."""
    first, last = rows[0], rows[-1]
    if len(rows) < 2:
        return {}
    return {
        name: round(
            math.log(last[name] / first[name]) / math.log(last["nodes"] / first["nodes"]), 2
        )
        for name in GROWING
        if first[name] > 0
    }


def draw_figure(rows: Sequence[dict[str, Any]], file: Path) -> None:
    """Each figure over the number of nodes."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    labels = (
        ("gas", "gas of the round"),
        ("seconds", "wall time, s"),
        ("worker_calls", "RPC calls of a worker"),
        ("history_mb", "a worker's history, MB"),
    )
    figure, places = plt.subplots(1, 4, figsize=(12.0, 3.2), layout="constrained")
    for axes, (name, label) in zip(places, labels, strict=True):
        axes.plot([row["nodes"] for row in rows], [row[name] for row in rows], marker="o")
        axes.set(xscale="log", yscale="log", xlabel="nodes", ylabel=label)
        axes.grid(alpha=0.3, which="both")
    figure.savefig(file)
    plt.close(figure)


@click.command(context_settings={"show_default": True})
@click.option(
    "--nodes",
    "sizes",
    type=click.IntRange(3, 128),
    multiple=True,
    default=(10, 30, 100),
    help="how many; may be given several times",
)
@click.option(
    "--output",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    default="docs",
    help="where results/load.json and images/load.svg go",
)
@click.option("--force", is_flag=True, help="replace results that are there")
def load(sizes: tuple[int, ...], output: Path, force: bool) -> None:
    """Measure a round with ever more nodes."""
    file = output / "results" / "load.json"
    require_free(file, force)
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    use_threads(1)
    rows = []
    for nodes in sorted(set(sizes)):
        with TemporaryDirectory(prefix="modelchain-load-") as folder:
            rows.append(measure(nodes, Path(folder)))
        print(rows[-1], flush=True)
    write_results(
        file,
        {**made_by("scripts.load"), "grows_with_power": growth_of(rows), "rounds": rows},
        indent=1,
    )
    image = output / "images" / "load.svg"
    image.parent.mkdir(parents=True, exist_ok=True)
    draw_figure(rows, image)


if __name__ == "__main__":
    sys.exit(run_program(load, "load"))
