"""A second look at points before anything is stated or disputed by them.

A statement that is false costs its supporters their stakes, and a memory error makes false points
as well as a lie does. So a node computes a random sample of what it is about to state by a second
arithmetic, the task's definition in whole numbers (`offchain.ports.Learner.check_points`), and
states nothing of a round in which the two differ.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
import structlog

from offchain.errors import PointsDifferError
from offchain.node.attesting import RETRY_SECONDS
from offchain.node.background import Background, Cancelled
from offchain.node.computations import ComputationEnded, Recheck, RecheckEnded
from offchain.node.payloads import Payloads
from offchain.node.round_data import RoundData
from offchain.ports import Learner
from offchain.protocol.rules.statements import Points

log = structlog.get_logger()

SAMPLES = 160
"""Samples that are computed again, of all models together: about a second on one core."""

FEWEST = 8
"""Of each model at least."""

PARTS = 16
"""Test parts that the samples come from: reading one costs time too."""


class Rechecking:
    """Computes a sample of a round's points again.

    Args:
        payloads: the round's data.
        learner: computes by the definition.
        background: runs it.
        randomness: bytes that nobody can foresee: which samples are looked at again.
        clock: seconds.
    """

    def __init__(
        self,
        payloads: Payloads,
        learner: Learner,
        background: Background[ComputationEnded],
        randomness: Callable[[int], bytes],
        clock: Callable[[], float],
    ) -> None:
        self._payloads = payloads
        self._learner = learner
        self._background = background
        self._randomness = randomness
        self._clock = clock
        self._is_running = False
        self._failed_until = 0.0
        self._passed: set[Recheck] = set()
        self._differ: set[bytes] = set()

    @property
    def is_running(self) -> bool:
        """Whether points are computed again now, or what failed rests."""
        return self._is_running or self._clock() < self._failed_until

    def is_passed(self, recheck: Recheck) -> bool:
        """Whether the points of these models have been found right."""
        return recheck in self._passed

    def differ(self, on: bytes) -> bool:
        """Whether points on test parts have been found wrong: nothing of them may be stated."""
        return on in self._differ

    def start(
        self,
        data: RoundData,
        file: Callable[[bytes], bytes],
        points: Mapping[bytes, Points],
    ) -> None:
        """Compute a random sample again; nothing happens while something else is computed.

        Args:
            data: the round's D.
            file: gives a model's file by its hash.
            points: of every model that is well formed, by its hash.
        """
        if self._background.name is not None:
            return
        recheck = Recheck(data.judged_on, tuple(sorted(points)))
        each = max(FEWEST, SAMPLES // max(1, len(points)))
        random = np.random.default_rng(int.from_bytes(self._randomness(16), "big"))

        def compute() -> None:
            records = self._some_records(data, random)
            for model, stated in sorted(points.items()):
                self._background.step()
                chosen = random.permutation(sorted(records))[:each].tolist()
                found = [records[number] for number in chosen]
                self._learner.check_points(file(model), found, stated[chosen].tolist())

        self._is_running = True
        self._background.start(
            f"second look at round {data.round}", compute, partial(RecheckEnded, recheck)
        )

    def finish(self, ended: RecheckEnded) -> None:
        """Take what the second look came to."""
        self._is_running = False
        recheck, error = ended.recheck, ended.came_to
        if error is None:
            self._passed = {recheck}
            log.info("points computed again are the same", models=len(recheck.models))
        elif isinstance(error, PointsDifferError):
            self._differ = {recheck.judged_on}
            log.error("nothing is stated of this round", reason=str(error))
        elif not isinstance(error, Cancelled):
            self._failed_until = self._clock() + RETRY_SECONDS
            log.warning("points cannot be computed again now", reason=str(error))

    def _some_records(self, data: RoundData, random: np.random.Generator) -> dict[int, bytes]:
        """The records of some test parts' samples, by their numbers among all test samples."""
        size, parts = self._learner.samples_per_part, data.test_parts
        return {
            part * size + number: record
            for part in random.permutation(len(parts))[:PARTS].tolist()
            for number, record in enumerate(
                self._learner.sample_records(self._payloads.plaintext(*parts[part]))
            )
        }
