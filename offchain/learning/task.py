"""What a learning task is: samples, payloads, a network family, and an integer score.

The chain knows neither images nor labels: it carries payload hashes, model hashes and integers.
A `Task` gives them a meaning. Classification and regression both fit, because all that enters
consensus is how many samples a payload holds, whether a model file is acceptable, and its score.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from offchain.crypto.sealing import MAX_FILE, MAX_PLAINTEXT
from offchain.ports import TrainedModel, TrainingProgress

MAXIMUM_FILE_BYTES = MAX_FILE
"""The longest model file: one block, as a sealed payload is."""

MAXIMUM_PAYLOAD_BYTES = MAX_PLAINTEXT
"""The longest payload plaintext whose sealed file still fits one block."""

Samples = TypeVar("Samples")
Network = TypeVar("Network")


ProgressCallback = Callable[[TrainingProgress], None]


class Task(ABC, Generic[Samples, Network]):
    """One learning task. `Samples` is a decoded payload, `Network` a decoded model.

    Decoders treat their input as hostile: they check sizes, types, shapes and ranges before use,
    and their verdict is the same on every machine.
    """

    @property
    @abstractmethod
    def name(self) -> str:
        """A short name of the task, for logs."""

    @abstractmethod
    def decode_payload(self, plaintext: bytes) -> Samples:
        """Return the samples of a payload; raise `PayloadError` if it breaks the format."""

    @abstractmethod
    def sample_count(self, samples: Samples) -> int:
        """Return how many samples there are."""

    @abstractmethod
    def decode_model(self, data: bytes) -> Network:
        """Return the network of a model file; raise `ModelError` if it is outside the family."""

    @abstractmethod
    def score(self, network: Network, samples: Sequence[Samples]) -> int:
        """Return the network's score on all `samples`: an integer from 0 to their number.

        Higher is better. The result is the same to the bit on every device, whatever the number
        of threads and however the samples are split over `samples`.
        """

    @abstractmethod
    def train(
        self,
        samples: Sequence[Samples],
        previous: Network | None,
        seed: int,
        progress: ProgressCallback,
        ages: Sequence[int] = (),
    ) -> TrainedModel:
        """Train a network on `samples`, starting from `previous` if there is one.

        `ages` are how many rounds old the `samples` are; without them all are of this round. A
        task may leave out some of `samples`, and says in the result which ones it used.

        Raises `TrainingError` when the run ends without a usable model.
        """

    def check_payload(self, plaintext: bytes) -> int:
        """Return the number of samples in a payload, at least 1; raise `PayloadError` if bad."""
        return self.sample_count(self.decode_payload(plaintext))

    def check_model(self, data: bytes) -> None:
        """Raise `ModelError` unless `data` is a model of the task's family."""
        self.decode_model(data)
