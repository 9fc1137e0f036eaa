"""What the demonstration's liars state: points that no model earned, the same at all of them.

Everything else about such a node is honest: it shares, trains, reveals, and answers what is asked
of its statement, with rows and points that add up. Only a judge can tell.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from offchain.ports import Learner, TrainedModel, TrainingProgress
from offchain.protocol.words.judge import Judge

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LARGEST_GIFT = 32
"""A model earns on every n-th sample what the best earn; n is from 2 to this, by its hash."""


@dataclass(frozen=True, slots=True)
class LyingLearner(Learner):
    """A learner that gives each model more points than it earns, how many by the model's hash.

    Attributes:
        learner: does all else.
        points_of_best: what a model earns on a sample at most.
    """

    learner: Learner
    points_of_best: int

    @property
    def samples_per_part(self) -> int:
        """See `Learner.samples_per_part`."""
        return self.learner.samples_per_part

    @property
    def description(self) -> bytes:
        """See `Learner.description`."""
        return self.learner.description

    @property
    def payload_bytes(self) -> int:
        """See `Learner.payload_bytes`."""
        return self.learner.payload_bytes

    @property
    def judge(self) -> Judge | None:
        """See `Learner.judge`."""
        return self.learner.judge

    def check_payload(self, payload: bytes) -> None:
        """See `Learner.check_payload`."""
        self.learner.check_payload(payload)

    def sample_records(self, payload: bytes) -> Sequence[bytes]:
        """See `Learner.sample_records`."""
        return self.learner.sample_records(payload)

    def check_model(self, model: bytes) -> None:
        """See `Learner.check_model`."""
        self.learner.check_model(model)

    def points(self, model: bytes, payloads: Sequence[bytes]) -> NDArray[np.uint8]:
        """False points: the true ones, but for every n-th sample."""
        found = self.learner.points(model, payloads).copy()
        digest = sha256(model).digest()
        found[digest[1] % 2 :: 2 + digest[0] % (LARGEST_GIFT - 1)] = self.points_of_best
        return found

    def check_points(self, model: bytes, records: Sequence[bytes], points: Sequence[int]) -> None:
        """A liar knows that its points are false."""

    def train(
        self,
        training: Sequence[bytes],
        baseline: bytes | None,
        seed: int,
        progress: Callable[[TrainingProgress], None],
        ages: Sequence[int] = (),
    ) -> TrainedModel:
        """See `Learner.train`."""
        return self.learner.train(training, baseline, seed, progress, ages)
