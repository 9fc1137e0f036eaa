"""Runs a plan from where it stands: preset by preset, block by block, kept after every block."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TextIO, TypeVar, cast

import numpy as np
import structlog
from numpy.typing import NDArray

from offchain.experiment.driving import Display, Driver
from offchain.experiment.folder import Progress, RunFolder, kept_chain
from offchain.experiment.learner import DecodedPayloads, SharedDigitsTask, TimedLearner
from offchain.experiment.nodes import LocalNetwork, local_network
from offchain.experiment.plan import ExperimentPlan
from offchain.experiment.reporting.block_figures import (
    BlockFigures,
    block_figures,
    decoded_test,
    round_seconds,
)
from offchain.experiment.stopwatch import Stopwatch
from offchain.learning.drawing.noise import PRESETS
from offchain.learning.drawing.planned_source import PlannedDigitsSource
from offchain.learning.exact.evaluation import ExactEvaluator
from offchain.learning.exact.integer_network import parse_model
from offchain.learning.fonts.atlas import GlyphAtlas
from offchain.learning.fonts.plan import FontPlan
from offchain.learning.tasks.digits import DigitsLearner
from offchain.learning.tasks.known import drawing_seed
from offchain.learning.tasks.learner import TaskLearner
from offchain.learning.training.settings import FULL_SIZE, TrainingSettings
from offchain.node.demo.chain_state import save_chain
from offchain.node.demo.local_network import DemoPlan
from offchain.ports import DataSource, Learner
from offchain.programs.standard_output import SteadyStream
from offchain.storage.local import LocalStore
from offchain.verification.run import verify_chain

log = structlog.get_logger()

Result = TypeVar("Result")

NO_END = 10**9
"""So many epochs end no training: its steps do."""


@dataclass(frozen=True, slots=True)
class Experiment:
    """All that a run needs.

    Attributes:
        plan: what is run.
        run: the folder that it is kept in.
        project: the checkout, compiled.
        headers: description of the recorded Bitcoin headers.
        atlas: the machine's fonts.
        fonts: which of them each node has in which round.
        stopped: tells to stop.
        display: is told how it goes.
    """

    plan: ExperimentPlan
    run: RunFolder
    project: Path
    headers: Path
    atlas: GlyphAtlas
    fonts: FontPlan
    stopped: threading.Event
    display: Display


def run_preset(experiment: Experiment, noise: str, blocks: int) -> None:
    """Make up to ``blocks`` further blocks of a preset, as far as the plan has them.

    After every block the chain and the figures are kept.

    Raises:
        Interrupted: told to stop.
        ModelChainError: it could not be done.
    """
    run, plan = experiment.run, experiment.plan
    progress = run.progress(noise)
    done = len(progress.blocks) if progress else 0
    last = min(plan.blocks, done + blocks)
    if last <= done:
        return
    if progress is None:
        run.clear(noise)
    run.forget_nodes(noise)
    stopwatch = Stopwatch(time.monotonic)
    with (
        _logging_to(run.preset(noise) / "run.log"),
        _network(experiment, noise, progress, stopwatch) as network,
    ):
        driver = Driver(
            network, stopwatch, experiment.stopped, partial(experiment.display.turn, noise)
        )
        for number in range(done + 1, last + 1):
            driver.run_until_block(number)
            figures = _in_thread(partial(_figures, network, stopwatch, number))
            chain = f"chain-{number}.json"
            save_chain(network.anvil, run.preset(noise) / chain)
            before = run.progress(noise)
            blocks_before: Sequence[dict[str, Any]] = before.blocks if before else ()
            run.save(
                noise,
                Progress(chain, (*blocks_before, figures.as_json()), network.observer.voids),
            )
            experiment.display.block(noise, figures)


def verify_preset(experiment: Experiment, noise: str) -> str:
    """Verify the kept chain of a preset from chain and store alone, as ``modelchain verify`` does.

    Returns what was verified, in a line, which is kept as well.

    Raises:
        Difference: the first one between what is recorded and what follows.
        ModelChainError: the chain cannot be loaded or read.
    """
    run = experiment.run
    progress = run.progress(noise)
    if progress is None:
        return "nothing: there is no block"
    folder = run.preset(noise)
    with kept_chain(run, noise, folder / "anvil-verify.log") as contracts:
        report = _in_thread(
            partial(
                verify_chain,
                contracts,
                partial(LocalStore, folder / "store"),
                partial(DigitsLearner, contracts.parameters.samples_per_part),
                progress=experiment.display.verifying,
            )
        )
    found = (
        f"OK: block {report.head}, {report.data} data transactions, {report.transactions} "
        f"transactions, {report.headers} Bitcoin headers, {report.rings} ring signatures, "
        f"{report.evaluations} models of {report.rounds} rounds evaluated"
    )
    run.save(noise, replace(progress, verified=found))
    return found


def training_settings(plan: ExperimentPlan, *, first: bool) -> TrainingSettings:
    """How a node trains: until its seconds are over, or in few steps where the plan has them.

    ``first`` asks for those of a new network, while there is no block.
    """
    if plan.training_steps is not None:
        return TrainingSettings(
            channels=plan.channels,
            seconds=plan.training_seconds,
            epochs=NO_END,
            maximum_steps=plan.training_steps,
        )
    seconds = plan.training_seconds
    if first and plan.first_training_seconds is not None:
        seconds = plan.first_training_seconds
    return replace(FULL_SIZE, channels=plan.channels, seconds=seconds)


@contextmanager
def _network(
    experiment: Experiment, noise: str, progress: Progress | None, stopwatch: Stopwatch
) -> Iterator[LocalNetwork]:
    """The preset's network, from its saved chain where there is one."""
    plan, folder = experiment.plan, experiment.run.preset(noise)
    task = SharedDigitsTask(
        plan.samples_per_part,
        training_settings(plan, first=False),
        training_settings(plan, first=True),
        DecodedPayloads(),
    )
    learner = TaskLearner(task)

    def learner_of(node: int) -> Learner:
        return TimedLearner(learner, node, stopwatch, experiment.display.training)

    def source_of(node: int, seed: bytes) -> DataSource:
        return PlannedDigitsSource(
            experiment.atlas,
            experiment.fonts,
            node,
            drawing_seed(seed),
            PRESETS[noise],
            plan.samples_per_part,
            plan.transforms,
            processes=plan.threads,
        )

    saved = None if progress is None else folder / progress.chain
    network = DemoPlan(experiment.project, folder, experiment.headers, plan.nodes, plan.parameters)
    with local_network(network, saved, learner_of, source_of) as found:
        yield found


def _in_thread(compute: Callable[[], Result]) -> Result:
    """Compute in a thread that ends then, as the nodes do.

    OpenMP keeps a team of threads for each thread that computed, and as soon as there are more of
    them than cores, none looks before it sleeps (see `preparation`): with a team of the main thread
    every later training was seen to take twice as long.
    """
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(compute).result()


def _figures(network: LocalNetwork, stopwatch: Stopwatch, number: int) -> BlockFigures:
    """A block's figures, its models judged again on its test set, from chain and store alone."""
    block = network.observer.judged_block(number)
    test = decoded_test(block)
    evaluator = ExactEvaluator()

    def classes(model: bytes | None) -> NDArray[np.int64] | None:
        return None if model is None else evaluator.classes(parse_model(model), test.images)

    nodes = network.accounts
    winner = None if block.winner is None else nodes.index(block.winner)
    seconds = round_seconds(stopwatch, block.round, winner, len(nodes))
    best, previous = classes(block.best), classes(block.previous)
    return block_figures(block, test, best, previous, nodes, seconds)


@contextmanager
def _logging_to(file: Path) -> Iterator[None]:
    """Let the nodes' log go to a file, as lines of key and value."""
    with file.open("a", encoding="utf-8", errors="backslashreplace") as output:
        structlog.configure(
            processors=[
                structlog.contextvars.merge_contextvars,
                structlog.processors.add_log_level,
                structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False),
                structlog.processors.KeyValueRenderer(key_order=["timestamp", "node", "event"]),
            ],
            logger_factory=structlog.PrintLoggerFactory(cast(TextIO, SteadyStream(lambda: output))),
            cache_logger_on_first_use=False,
        )
        try:
            yield
        finally:
            structlog.reset_defaults()
