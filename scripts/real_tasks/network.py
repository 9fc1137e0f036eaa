"""One real task through the whole protocol: contracts, nodes that split the data, blocks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from offchain.config import PROJECT, RECORDED_HEADERS
from offchain.experiment.driving import Driver, Turn
from offchain.experiment.learner import TimedLearner
from offchain.experiment.nodes import LocalNetwork, local_network
from offchain.experiment.stopwatch import Stopwatch
from offchain.learning.kinds.kind import Kind, LearnerSettings
from offchain.learning.kinds.known import find_kind
from offchain.learning.own_data.ledger import Ledger
from offchain.learning.own_data.own_data import OwnData
from offchain.learning.own_data.source import OwnDataSource
from offchain.learning.task_file.toml import write_task_file
from offchain.learning.task_file.words import TaskFile
from offchain.learning.tasks.known import option_values
from offchain.learning.tasks.learner import TaskLearner
from offchain.node.demo.local_network import START_SECONDS, DemoPlan
from offchain.ports import DataSource, Learner, TrainingProgress
from offchain.protocol.words.parameters import DEMO
from offchain.protocol.words.status import ZERO_HASH
from offchain.storage.local import LocalStore
from scripts.real_tasks.data import RealTask, figure_of

LEDGER: Final = "data.sqlite"

SIGNIFICANCE: Final = 100
"""As on a live chain: the demo's 200 asks for more than some dozen test samples can show."""


@dataclass(frozen=True, slots=True)
class BlockResult:
    """A block of a real task.

    Attributes:
        number: of the block, from 1.
        round: that made it.
        quiet: whether the best model stayed the one before.
        value: what its best model reaches on the test data, in the task's unit; None: none yet.
        net: its advantage on the round's own test parts, in points; None in a quiet block.
        models: models that were revealed in the round.
        voices: valid ones among them that are no variants.
        length: of the best model's file, in bytes.
        seconds: since the block before, on the machine that all nodes share.
    """

    number: int
    round: int
    quiet: bool
    value: float | None
    net: int | None
    models: int
    voices: int
    length: int | None
    seconds: float


def make_blocks(
    real: RealTask,
    data: Path,
    test: Any,
    folder: Path,
    *,
    nodes: int,
    blocks: int,
    options: Mapping[str, object],
    say: Callable[[str], None],
) -> list[BlockResult]:
    """Make the blocks, and judge the best model after each on test data that no node has.

    Args:
        real: the task.
        data: the training data, which the nodes split.
        test: the test data as the kind's arrays.
        folder: for chain, store and ledgers.
        nodes: how many.
        blocks: how many.
        options: of the kind: how models are trained.
        say: told how it goes.

    Raises:
        ModelChainError: the network makes no block.
    """
    kind = find_kind(real.task.kind)
    found: list[BlockResult] = []
    stopwatch = Stopwatch(time.monotonic)
    with _network(real, kind, data, folder, nodes, options, stopwatch, say) as network:
        driver = Driver(network, stopwatch, threading.Event(), _Stages(say).tell)
        for number in range(1, blocks + 1):
            began = time.monotonic()
            driver.run_until_block(number)
            seconds = time.monotonic() - began
            block = network.observer.history.blocks[number]
            entry = network.observer.history.round(block.round)
            _, *rows = entry.statements[block.statement]
            value = size = None
            if block.model_hash != ZERO_HASH:
                model = LocalStore(folder / "store").get(block.model_hash)
                size = len(model)
                predicted = predicted_by(kind, real.task, model, test)
                value = round(figure_of(real.unit, predicted, test), 3)
            found.append(
                BlockResult(
                    number,
                    block.round,
                    block.quiet,
                    value,
                    None if block.quiet else rows[block.best_reveal].net,
                    len(entry.reveals),
                    block.voices,
                    size,
                    round(seconds, 1),
                )
            )
            say(f"block {number}: {found[-1]}")
    return found


def predicted_by(
    kind: Kind[Any, Any], task: TaskFile, model: bytes, samples: Any
) -> NDArray[np.float64]:
    """Return what a model says of samples: the number of a label, or a number; float64 [n]."""
    found = kind.predict(task, model, samples)
    return (found.argmax(axis=1) if found.ndim == 2 else found).astype(np.float64)


@contextmanager
def _network(
    real: RealTask,
    kind: Kind[Any, Any],
    data: Path,
    folder: Path,
    nodes: int,
    options: Mapping[str, object],
    stopwatch: Stopwatch,
    say: Callable[[str], None],
) -> Iterator[LocalNetwork]:
    task, (parts, test_parts) = real.task, real.parts
    settings = LearnerSettings(option_values(task, options), "cpu")
    learner = TaskLearner(kind.make_task(task, settings))
    folder.mkdir(parents=True, exist_ok=True)
    task_file = folder / "task.toml"
    task_file.write_text(write_task_file(task), encoding="utf-8")
    parameters = replace(
        DEMO,
        parts=parts,
        test_parts=test_parts,
        samples_per_part=task.samples_per_part,
        start_seconds=START_SECONDS,
        significance=SIGNIFICANCE,
    )
    plan = DemoPlan(PROJECT, folder, RECORDED_HEADERS, nodes, parameters, task=str(task_file))

    def learner_of(node: int) -> Learner:
        return TimedLearner(learner, node, stopwatch, _Trainings(say).tell)

    with ExitStack() as stack:

        def source_of(node: int, seed: bytes) -> DataSource:
            ledger = stack.enter_context(Ledger(folder / "nodes" / str(node) / LEDGER))
            source = OwnDataSource(
                OwnData(data, task.samples, node, nodes),
                ledger,
                partial(kind.encode_payload, task),
                task.samples_per_part,
                seed,
            )
            report = source.scan()
            say(f"node {node} has {report.accepted} samples")
            return source

        network = stack.enter_context(local_network(plan, None, learner_of, source_of))
        yield network


class _Stages:
    """Says when another part of a round begins."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._last: tuple[int, str] | None = None

    def tell(self, turn: Turn) -> None:
        """See `Driver`."""
        if (turn.round, turn.stage) != self._last:
            self._last = turn.round, turn.stage
            self._say(f"round {turn.round} {turn.stage}")


class _Trainings:
    """Says how trainings go, a few times each."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._told = 0.0

    def tell(self, node: int, progress: TrainingProgress) -> None:
        """See `TimedLearner`."""
        if time.monotonic() - self._told > 20.0:
            self._told = time.monotonic()
            self._say(
                f"node {node}: step {progress.step} of {progress.total}, loss {progress.loss:.4f}, "
                f"{progress.images_per_second:,.0f} samples a second"
            )
