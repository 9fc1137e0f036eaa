"""What a network's processes hold, round after round: docs/results/soak.json and a picture.

A whole network of real processes (anvil, relayer, feeder, nodes) makes blocks at small size, and
after each round it is written down what relayer, feeder and every node hold: memory, open files,
threads; and what their state and the store take on disk. What grows with every round shows as a
slope over the rounds after the first ones.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import linear_regression

import click

from offchain.commands.demo.run import interrupted_by_signals
from offchain.config import PROJECT, RECORDED_HEADERS
from offchain.errors import ModelChainError
from offchain.node.demo.local_network import DemoNetwork, DemoPlan, running_network
from offchain.node.demo.watching import Watcher
from offchain.programs.finite_range import FiniteRange
from offchain.programs.running import run_program
from scripts.support.faults.process_figures import ProcessFigures, figures_of
from scripts.support.results import made_by, require_free, write_results

SETTLING_ROUNDS = 20
"""Rounds in which caches fill and libraries are loaded: they are no part of a slope."""

POLL_SECONDS = 0.25
EVERY = 5
"""Rounds after which the results are written down, so that a run that is cut short has some."""

MEGABYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class RoundFigures:
    """What was found when a round was over; ``disk`` are bytes of the state and the store."""

    round: int
    seconds: float
    blocks: int
    processes: Mapping[str, ProcessFigures]
    disk: Mapping[str, int]

    def as_json(self) -> dict[str, object]:
        """It as it goes into the results."""
        return {
            "round": self.round,
            "seconds": round(self.seconds, 1),
            "blocks": self.blocks,
            "processes": {name: asdict(found) for name, found in self.processes.items()},
            "disk": dict(self.disk),
        }


@dataclass
class Soak:
    """A run: what was asked for and what was found so far."""

    rounds: int
    until: float
    found: list[RoundFigures] = field(default_factory=list)
    voids: int = 0

    @property
    def is_over(self) -> bool:
        """Whether all rounds were made, or the time is up."""
        return len(self.found) >= self.rounds or time.monotonic() > self.until


def soak(network: DemoNetwork, run: Soak, report: Callable[[], None]) -> None:
    """Watch the network round after round; ``report`` is called after each.

    Raises:
        ChildEndedError: a process has ended.
        ChainError: the chain cannot be read.
    """
    watcher = Watcher(network, time.monotonic)
    began = time.monotonic()
    done = 0
    while not run.is_over:
        network.children.check()
        watcher.refresh()
        over = watcher.blocks + len(watcher.voids)
        if over > done:
            done = over
            now = time.monotonic()
            run.voids = len(watcher.voids)
            run.found.append(look(network, done, now - began, watcher.blocks))
            began = now
            report()
        time.sleep(POLL_SECONDS)


def look(network: DemoNetwork, number: int, seconds: float, blocks: int) -> RoundFigures:
    """What the processes hold now."""
    folder = network.plan.folder
    return RoundFigures(
        number,
        seconds,
        blocks,
        {child.name: figures_of(child.process.pid) for child in network.children.running},
        {name: size_of(folder / name) for name in ("state", "store")},
    )


def size_of(folder: Path) -> int:
    """Bytes of all files under a folder; files come and go meanwhile."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                total += (Path(place) / name).stat().st_size
            except OSError:
                continue
    return total


def growth(found: Sequence[RoundFigures]) -> dict[str, dict[str, float]]:
    """What each process gains in a round, after the first rounds: the slopes of straight lines."""
    steady = [figures for figures in found if figures.round > SETTLING_ROUNDS]
    if len(steady) < SETTLING_ROUNDS:
        return {}
    rounds = [figures.round for figures in steady]

    def slope(values: Sequence[int]) -> float:
        return linear_regression(rounds, values).slope

    grows = {}
    for name in steady[0].processes:
        held = [figures.processes[name] for figures in steady]
        grows[name] = {
            "kilobytes_a_round": round(slope([h.anonymous for h in held]) / 1024, 2),
            "handles_a_round": round(slope([h.handles for h in held]), 4),
            "threads_a_round": round(slope([h.threads for h in held]), 4),
        }
    return grows


def draw(found: Sequence[RoundFigures], file: Path) -> None:
    """Draw memory and open files of each process by round."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, (memory, handles) = plt.subplots(2, 1, figsize=(8, 6), sharex=True)
    rounds = [figures.round for figures in found]
    for name in found[0].processes:
        held = [figures.processes[name] for figures in found]
        memory.plot(rounds, [h.resident / MEGABYTE for h in held], label=name, linewidth=1)
        handles.plot(rounds, [h.handles for h in held], label=name, linewidth=1)
    memory.set_ylabel("memory in MB (resident)")
    handles.set_ylabel("open files")
    handles.set_xlabel("round")
    for axes in (memory, handles):
        axes.set_ylim(bottom=0)
        axes.grid(alpha=0.3)
    memory.legend(fontsize="small", ncols=3)
    figure.tight_layout()
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, dpi=120)
    plt.close(figure)


@click.command(context_settings={"show_default": True})
@click.option("--rounds", type=click.IntRange(1, 300), default=200, help="rounds at most")
@click.option("--minutes", type=FiniteRange(0.5), default=120.0, help="... or so long")
@click.option("--nodes", type=click.IntRange(3, 16), default=3, help="worker processes")
@click.option("--task", default="diabetes", help="what the nodes learn, see docs/Tasks.md")
@click.option(
    "--output",
    metavar="FILE",
    type=click.Path(path_type=Path),
    default="docs/results/soak.json",
    help="where the figures go",
)
@click.option(
    "--picture",
    metavar="FILE",
    type=click.Path(path_type=Path),
    default="docs/images/soak.png",
    help="where the picture goes",
)
@click.option("--force", is_flag=True, help="replace results that are there")
def soak_network(
    rounds: int, minutes: float, nodes: int, task: str, output: Path, picture: Path, force: bool
) -> None:
    """Let a network make many rounds, and write down what its processes hold."""
    require_free(output, force)
    made = made_by("scripts.soak")
    began = time.monotonic()
    run = Soak(rounds, began + 60 * minutes)

    def save() -> None:
        results = {
            **made,
            "nodes": nodes,
            "task": task,
            "asked": rounds,
            "rounds": len(run.found),
            "blocks": run.found[-1].blocks,
            "voids": run.voids,
            "seconds": round(time.monotonic() - began, 1),
            "settling_rounds": SETTLING_ROUNDS,
            "growth": growth(run.found),
            "found": [figures.as_json() for figures in run.found],
        }
        write_results(output, results, indent=1)
        draw(run.found, picture)

    def report() -> None:
        last = run.found[-1]
        held = sum(figures.resident for figures in last.processes.values()) / MEGABYTE
        print(
            f"round {last.round}: {last.seconds:.1f} s, {held:.0f} MB in all, "
            f"{last.blocks} blocks, {run.voids} void",
            flush=True,
        )
        if last.round % EVERY == 0:
            save()

    with tempfile.TemporaryDirectory(prefix="modelchain-soak-") as name:
        plan = DemoPlan(
            PROJECT, Path(name), RECORDED_HEADERS, nodes, task=task, training_seconds=1.0
        )
        try:
            with (
                interrupted_by_signals(),
                running_network(plan, lambda step: print(step, flush=True)) as network,
            ):
                soak(network, run, report)
        except ModelChainError:
            for log in plan.logs.glob("*.log"):
                print(f"--- {log.name}\n{log.read_text()[-3000:]}", file=sys.stderr)
            raise
        finally:
            if run.found:
                save()


if __name__ == "__main__":
    sys.exit(run_program(soak_network, "soak"))
