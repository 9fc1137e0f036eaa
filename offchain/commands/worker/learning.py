"""What a worker learns with and shares: the task's learner, the processes it trains in, its data.

PyTorch, which takes long to load, is imported within the functions that need it: what is wrong with
a worker's settings is said before.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from offchain.commands.worker.sharing_options import SharingOptions
from offchain.errors import ConfigurationError
from offchain.learning.preparation import use_threads, warm_up
from offchain.learning.tasks import known as tasks
from offchain.learning.tasks.known import DIGITS, drawing_seed
from offchain.learning.training.place import ProcessPlace
from offchain.ports import DataSource, Learner

if TYPE_CHECKING:
    from offchain.learning.training.processes import TrainingProcesses


def help_training(place: ProcessPlace, threads: int, shared: bool) -> None:
    """Take part in the trainings of torchrun's first process until it ends."""
    use_threads(threads, shared=shared)
    from offchain.learning.training.processes import TrainingProcesses

    processes = TrainingProcesses(place)
    # Whoever stops torchrun stops all its processes; the first one ends in order, this one then.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    processes.help()


@contextmanager
def training_processes(
    place: ProcessPlace, threads: int, shared: bool
) -> Iterator[TrainingProcesses | None]:
    """The processes that train together, None where this one is alone; it is ready to compute."""
    use_threads(threads, shared=shared)
    if place.size == 1:
        yield None
        return
    from offchain.learning.training.processes import TrainingProcesses

    processes = TrainingProcesses(place)
    try:
        yield processes
    finally:
        processes.end()


def make_learner(
    task: str,
    maximum_samples: int,
    size: str,
    training_seconds: float | None,
    processes: TrainingProcesses | None = None,
) -> Learner:
    """The task's learner.

    Raises:
        ConfigurationError: what only digits have is asked of another task.
    """
    from offchain.learning.tasks.learner import DigitsLearner
    from offchain.learning.training.settings import FULL_SIZE, TrainingSettings

    # In the time that passes anyway until there is data.
    threading.Thread(target=warm_up, name="warm-up", daemon=True).start()
    if task != DIGITS:
        if processes is not None or size == "full":
            raise ConfigurationError(
                f"{task} is trained by one process within seconds: leave --training and torchrun "
                "to digits"
            )
        return tasks.make_learner(task, maximum_samples, training_seconds)
    settings = FULL_SIZE if size == "full" else TrainingSettings()
    if training_seconds is not None:
        settings = replace(settings, seconds=training_seconds)
    return DigitsLearner(maximum_samples, settings, processes=processes)


def make_source(
    task: str, node: int, nodes: int, seed: bytes, sharing: SharingOptions
) -> DataSource:
    """The task's data, split among ``nodes``; what is drawn follows from the node's seed.

    Of digits that are drawn, ``sharing`` says how they are mixed and what is held back.

    Raises:
        ConfigurationError: there is too little data, or what only digits have is asked of another
            task.
        FontError: there are too few fonts.
    """
    if task != DIGITS:
        if sharing.withheld_labels or sharing.withheld_share or not sharing.shuffled:
            raise ConfigurationError(
                f"{task} is shared as it is: leave the options on labels, shares and users to "
                "digits"
            )
        return tasks.make_source(task, node, nodes, seed)
    from offchain.learning.drawing.endless_source import DigitsDataSource
    from offchain.learning.drawing.withholding import WithholdingSource
    from offchain.learning.fonts.atlas import default_cache_folder, load_atlas

    atlas = load_atlas(default_cache_folder())
    number = drawing_seed(seed)
    source = DigitsDataSource(atlas, node, nodes, number, shuffled=sharing.shuffled)
    if not sharing.withheld_labels and not sharing.withheld_share:
        return source
    return WithholdingSource(source, number, sharing.withheld_labels, sharing.withheld_share)
