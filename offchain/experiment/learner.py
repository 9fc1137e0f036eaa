"""The digits task for nodes of one process: payloads decoded once, every computation timed."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from offchain.experiment.stopwatch import Stopwatch, Work
from offchain.learning.formats.digits import DigitSamples
from offchain.learning.tasks.digits import DigitsTask
from offchain.learning.training.settings import TrainingSettings
from offchain.ports import Learner, TrainedModel, TrainingProgress
from offchain.protocol.words.judge import Judge

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class DecodedPayloads:
    """Decoded payloads by the hash of their plaintexts, up to a number of bytes.

    Decoding depends on the plaintext alone, so that what one node has decoded is what every other
    would: sharing it saves memory and leaves out no node's own check of what it fetched.

    Args:
        maximum_bytes: of all images that are kept; beyond it the ones longest unused are decoded
            again when they are needed.
    """

    def __init__(self, maximum_bytes: int = 4 << 30) -> None:
        self._maximum = maximum_bytes
        self._held: OrderedDict[bytes, DigitSamples] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def get(self, plaintext: bytes, decode: Callable[[bytes], DigitSamples]) -> DigitSamples:
        """The samples of a plaintext; raises what ``decode`` raises."""
        digest = hashlib.sha256(plaintext).digest()
        with self._lock:
            held = self._held.get(digest)
            if held is not None:
                self._held.move_to_end(digest)
                return held
        samples = decode(plaintext)
        with self._lock:
            if digest not in self._held:
                self._held[digest] = samples
                self._size += samples.images.nbytes
            while self._size > self._maximum:
                _, dropped = self._held.popitem(last=False)
                self._size -= dropped.images.nbytes
        return samples


class SharedDigitsTask(DigitsTask):
    """The digits task for all nodes of the process, with payloads decoded once.

    Args:
        samples_per_part: in each payload.
        settings: with which the previous best network is trained.
        first_settings: with which a new one is, while there is no block.
        decoded: what was decoded.
    """

    def __init__(
        self,
        samples_per_part: int,
        settings: TrainingSettings,
        first_settings: TrainingSettings,
        decoded: DecodedPayloads,
    ) -> None:
        super().__init__(samples_per_part, settings, first_settings=first_settings)
        self._decoded = decoded

    def decode_payload(self, plaintext: bytes) -> DigitSamples:
        """Return the samples of a payload; see `digits.decode_payload`."""
        return self._decoded.get(plaintext, super().decode_payload)


@dataclass(frozen=True, slots=True)
class TimedLearner(Learner):
    """A node's learner: trains and judges alone on the machine, and takes the time.

    Attributes:
        learner: does it.
        node: whose this one is.
        stopwatch: takes the times.
        report: is told of the progress of trainings.
    """

    learner: Learner
    node: int
    stopwatch: Stopwatch
    report: Callable[[int, TrainingProgress], None]

    @property
    def samples_per_part(self) -> int:
        """See `Learner.samples_per_part`."""
        return self.learner.samples_per_part

    @property
    def payload_bytes(self) -> int:
        """See `Learner.payload_bytes`."""
        return self.learner.payload_bytes

    @property
    def description(self) -> bytes:
        """See `Learner.description`."""
        return self.learner.description

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

    def check_points(self, model: bytes, records: Sequence[bytes], points: Sequence[int]) -> None:
        """See `Learner.check_points`."""
        self.learner.check_points(model, records, points)

    def train(
        self,
        training: Sequence[bytes],
        baseline: bytes | None,
        seed: int,
        progress: Callable[[TrainingProgress], None],
        ages: Sequence[int] = (),
    ) -> TrainedModel:
        """See `Learner.train`."""

        def told(step: TrainingProgress) -> None:
            self.report(self.node, step)
            progress(step)

        with self.stopwatch.computing(Work.TRAINING, self.node):
            return self.learner.train(training, baseline, seed, told, ages)

    def points(self, model: bytes, payloads: Sequence[bytes]) -> NDArray[np.uint8]:
        """See `Learner.points`."""
        with self.stopwatch.computing(Work.JUDGING, self.node):
            return self.learner.points(model, payloads)
