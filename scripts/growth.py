"""How a worker's step, memory and start grow with the chain's age, on a history that nobody made.

A follower as the worker has one follows a synthetic chain for `--rounds` rounds of `--nodes`
members. At some ages a worker is started beside it from the checkpoint that lies on disk, and goes
through a round: it takes six steps at each block, five of which find nothing new. It is not reached
by anybody, so a step is what the worker itself computes; reading the chain costs what the node's
answer takes.

Beside it, for few rounds: a worker that forgets nothing.
"""

from __future__ import annotations

import gc
import secrets
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import click
import structlog

from offchain.chain.checkpoint import Memory
from offchain.chain.follower import ChainFollower
from offchain.crypto.derivation import NodeSecrets
from offchain.learning.tasks.known import make_learner, task_named
from offchain.node.assembly import Adapters, assemble_worker, memory_beside
from offchain.node.direct_outlet import DirectOutlet
from offchain.node.journal import Journal
from offchain.node.loop import LoopSettings, Worker
from offchain.node.own import Own
from offchain.programs.running import run_program
from offchain.protocol.deciding.policy import Policy, Role
from offchain.protocol.deciding.retention import Retention
from offchain.protocol.words.parameters import Parameters
from offchain.protocol.words.records import DataShared, RoundOpened
from offchain.protocol.words.status import Phase
from offchain.storage.local import LocalStore
from scripts.support.growth.sizes import deep_size
from scripts.support.growth.synthetic import SyntheticChain
from scripts.support.results import made_by, require_free, write_results

AGES = (3, 10, 30, 100, 300, 1_000)
LOOK_BLOCKS = 8
IDLE_STEPS = 5
GENESIS_HASH = b"\x01" * 32
MEGABYTE = 1 << 20


@dataclass(slots=True)
class Steps:
    """Milliseconds that the worker's thread computed in its steps, by phase."""

    fresh: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    idle: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def figures(self) -> dict[str, Any]:
        """The dearest phase's median of each kind, and the dearest step of all."""
        both = {
            name: self.fresh.get(name, []) + self.idle.get(name, [])
            for name in {*self.fresh, *self.idle}
        }
        every = sorted(step for steps in both.values() for step in steps)
        dearest = max(both, key=lambda name: median(both[name]))
        return {
            "step_ms": round(median(both[dearest]), 2),
            "phase": dearest,
            "idle_ms": round(max(median(steps) for steps in self.idle.values()), 2),
            "median_ms": round(median(every), 2),
            "95_percent_ms": round(every[int(0.95 * len(every))], 2),
            "largest_ms": round(every[-1], 2),
            "steps": len(every),
        }


def make_worker(
    chain: SyntheticChain, folder: Path, journal: Journal, memory: Memory | None
) -> Worker:
    """A worker that keeps the chain going, whose turn never comes."""
    own = Own(
        chain.account,
        NodeSecrets(bytes(32), chain.domain),
        chain.domain,
        chain.parameters,
        tuple(chain.accounts),
        0,
        0,
        False,
    )
    learner = make_learner(task_named("digits", chain.parameters.samples_per_part))
    store = LocalStore(folder / "store")
    return assemble_worker(
        Adapters(chain, store, learner, None, DirectOutlet(chain, store)),
        own,
        Policy(frozenset({Role.KEEP}), phase_seconds=10**9),
        journal,
        time.monotonic,
        secrets.token_bytes,
        LoopSettings(turn=1e9),
        memory,
    )


def through_a_round(chain: SyntheticChain, worker: Worker, journal: Journal) -> Steps:
    """Let a worker go through the second round that opens, whose data it saw being shared."""
    found, never = Steps(), threading.Event()
    opened = 0
    while opened < 3:
        phase = chain.mine().name
        for record in chain.blocks[-1]:
            opened += isinstance(record, RoundOpened)
            if isinstance(record, DataShared):
                # As if all parts had been fetched and opened.
                for part, root in enumerate(chain.part_roots):
                    journal.keep_part_root(record.id, part, root)
        for steps in (found.fresh, *[found.idle] * IDLE_STEPS):
            began = time.thread_time()
            worker.step(never)
            if opened == 2:
                steps[phase].append(1_000 * (time.thread_time() - began))
    return found


def measure_forgetting(
    parameters: Parameters, nodes: int, ages: Sequence[int], folder: Path
) -> list[dict[str, Any]]:
    """What a worker that forgets takes at each age."""
    chain = SyntheticChain(nodes, parameters)
    memory = memory_beside(folder / "worker.sqlite", GENESIS_HASH, Retention(chain.account))
    follower = ChainFollower(chain, chain.domain, 1, memory)
    rows: list[dict[str, Any]] = []
    records = refresh_seconds = 0.0
    for age in ages:
        while follower.history.opened < age:
            for _ in range(LOOK_BLOCKS):
                chain.mine()
                records += len(chain.blocks[-1])
            began = time.thread_time()
            follower.refresh()
            refresh_seconds += time.thread_time() - began
        if memory.file is not None:
            memory.file.wait(60.0)
        gc.collect()
        size = deep_size(
            [vars(follower.history), follower.records, follower._base, follower._next_base]
        )
        with Journal(folder / f"{age}.sqlite") as journal:
            began = time.perf_counter()
            worker = make_worker(chain, folder, journal, memory)
            worker.step(threading.Event())
            start = time.perf_counter() - began
            steps = through_a_round(chain, worker, journal)
        rows.append(
            {
                "rounds": age,
                **steps.figures(),
                "history_mb": round(size / MEGABYTE, 2),
                "start_s": round(start, 3),
                "records": int(records),
                "refresh_us_a_record": round(1e6 * refresh_seconds / max(1.0, records), 1),
                "farthest_read_blocks": chain.farthest_read,
            }
        )
        print(rows[-1], flush=True)
        follower.refresh()
    return rows


def measure_remembering(
    parameters: Parameters, nodes: int, ages: Sequence[int], folder: Path
) -> list[dict[str, Any]]:
    """The same for a worker that remembers everything."""
    rows = []
    for age in ages:
        chain = SyntheticChain(nodes, parameters, held_blocks=None)
        while chain.status().collection.round < age:
            chain.mine()
        with Journal(folder / f"everything-{age}.sqlite") as journal:
            began = time.perf_counter()
            worker = make_worker(chain, folder, journal, None)
            worker.step(threading.Event())
            start = time.perf_counter() - began
            steps = through_a_round(chain, worker, journal)
        follower = ChainFollower(chain, chain.domain, 1)
        size = deep_size([vars(follower.history), follower.records])
        rows.append(
            {
                "rounds": age,
                **steps.figures(),
                "history_mb": round(size / MEGABYTE, 2),
                "start_s": round(start, 3),
            }
        )
        print(rows[-1], flush=True)
    return rows


def draw_figure(
    forgetting: list[dict[str, Any]], everything: list[dict[str, Any]], nodes: int, file: Path
) -> None:
    """Three curves over the chain's age."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    shown = (
        ("step_ms", "a step in the dearest phase, ms", 20.0),
        ("history_mb", "the history, MB", 100.0),
        ("start_s", "a start, s", 10.0),
    )
    figure, places = plt.subplots(1, 3, figsize=(10.5, 3.4), layout="constrained")
    for axes, (name, label, target) in zip(places, shown, strict=True):
        for rows, what in ((forgetting, "forgets"), (everything, "remembers everything")):
            axes.plot(
                [row["rounds"] for row in rows],
                [row[name] for row in rows],
                marker="o",
                label=what,
            )
        axes.axhline(target, linestyle=":", color="grey", label="target")
        axes.set(xscale="log", yscale="log", xlabel=f"rounds of {nodes} nodes", ylabel=label)
        axes.grid(alpha=0.3)
    places[0].legend(fontsize=8)
    figure.savefig(file)
    plt.close(figure)


@click.command(context_settings={"show_default": True})
@click.option("--rounds", type=click.IntRange(3), default=1_000, help="the greatest age")
@click.option("--nodes", type=click.IntRange(3, 128), default=100, help="members of every epoch")
@click.option("--parts", type=click.IntRange(2, 32), default=20, help="parts of a data transaction")
@click.option(
    "--everything",
    type=click.IntRange(0),
    default=30,
    help="the greatest age at which a worker that forgets nothing is measured; 0: none",
)
@click.option(
    "--output",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    default="docs",
    help="where results/growth.json and images/growth.svg go",
)
@click.option("--force", is_flag=True, help="replace results that are there")
def growth(rounds: int, nodes: int, parts: int, everything: int, output: Path, force: bool) -> None:
    """Measure what a worker takes as the chain grows old."""
    file = output / "results" / "growth.json"
    require_free(file, force)
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    parameters = Parameters(
        parts=parts, test_parts=min(3, parts - 1), epoch_rounds=8, maximum_members=128
    )
    ages = sorted({*(age for age in AGES if age < rounds), rounds})
    with TemporaryDirectory(prefix="modelchain-growth-") as name:
        folder = Path(name)
        forgetting = measure_forgetting(parameters, nodes, ages, folder)
        beside = [age for age in AGES if age <= everything]
        remembering = measure_remembering(parameters, nodes, beside, folder)
    size = f"{rounds}x{nodes}"
    results = {
        **made_by("scripts.growth"),
        f"step_ms_{size}": forgetting[-1]["step_ms"],
        f"history_mb_{size}": forgetting[-1]["history_mb"],
        f"start_s_{size}": forgetting[-1]["start_s"],
        "nodes": nodes,
        "parts": parts,
        "phases": [phase.name for phase in Phase if phase.competes],
        "forgets": forgetting,
        "remembers_everything": remembering,
    }
    write_results(file, results, indent=1)
    image = output / "images" / "growth.svg"
    image.parent.mkdir(parents=True, exist_ok=True)
    draw_figure(forgetting, remembering, nodes, image)


if __name__ == "__main__":
    sys.exit(run_program(growth, "growth"))
