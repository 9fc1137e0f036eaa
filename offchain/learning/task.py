"""What a learning task is: samples, payloads, a network family, and points.

The chain knows neither images nor labels: it carries payload hashes, model hashes and integers.
A `Task` gives them a meaning. Classification and regression both fit, because all that enters
consensus is whether a payload and a model file are acceptable, a record for each sample, and the
points that a model earns there.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Generic, TypeVar

from offchain.crypto.sealing import MAX_PAYLOAD
from offchain.errors import ConfigurationError
from offchain.ports import TrainedModel, TrainingProgress
from offchain.protocol.words.judge import Judge
from offchain.protocol.words.parameters import LARGEST_TEST_SET

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAXIMUM_PAYLOAD_BYTES = MAX_PAYLOAD
"""The longest payload plaintext whose sealed file still fits one block."""

Samples = TypeVar("Samples")
Network = TypeVar("Network")


ProgressCallback = Callable[[TrainingProgress], None]


class Task(ABC, Generic[Samples, Network]):
    """One learning task. `Samples` is a decoded payload, `Network` a decoded model.

    Every payload of a deployment holds `samples_per_part` samples. Decoders treat their input as
    hostile: they check sizes, types, shapes and ranges before use, and their verdict is the same on
    every machine.

    Raises:
        ConfigurationError: a payload cannot hold so many samples.
    """

    maximum_samples: int = LARGEST_TEST_SET
    """Samples that a payload of the task can hold."""

    def __init__(self, samples_per_part: int) -> None:
        if not 1 <= samples_per_part <= self.maximum_samples:
            raise ConfigurationError(
                f"{samples_per_part} samples a part: {self.name} takes 1 to {self.maximum_samples}"
            )
        self.samples_per_part = samples_per_part

    @property
    @abstractmethod
    def name(self) -> str:
        """A short name of the task, for logs and its description."""

    @property
    @abstractmethod
    def payload_bytes(self) -> int:
        """The longest payload of `samples_per_part` samples, at most `MAXIMUM_PAYLOAD_BYTES`.

        All parts are padded to it before they are sealed, so that no size tells what is in one.
        """

    @abstractmethod
    def rules(self) -> Mapping[str, object]:
        """Return what nodes must agree on: names of formats, the family, records, points.

        Values are what JSON has, without fractions.
        """

    @abstractmethod
    def decode_payload(self, plaintext: bytes) -> Samples:
        """Return the samples of a payload; raise `PayloadError` if it breaks the format.

        It does so too with another number of samples than `samples_per_part`.
        """

    @abstractmethod
    def records(self, samples: Samples) -> Sequence[bytes]:
        """Return a record of fixed length for each sample, in order."""

    @abstractmethod
    def decode_model(self, data: bytes) -> Network:
        """Return the network of a model file; raise `ModelError` if it is outside the family."""

    @abstractmethod
    def points(self, network: Network, samples: Sequence[Samples]) -> NDArray[np.uint8]:
        """Return what the network earns on each sample of `samples`, in order: uint8, 0 to 255.

        More is better. Each number is the same to the bit on every device, whatever the number of
        threads and whatever other samples there are.
        """

    @abstractmethod
    def points_by_definition(self, network: Network, records: Sequence[bytes]) -> NDArray[np.uint8]:
        """Return what the network earns on the samples of some `records`, by a second arithmetic.

        It is the definition in whole numbers, without what makes `points` fast.
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

    @property
    def judge(self) -> Judge | None:
        """What the task's contract computes of one sample's record; None: it has no contract."""
        return None

    def description(self) -> bytes:
        """Return the canonical description that a deployment is bound to: compact ASCII JSON.

        Keys are in order, numbers are whole: the same rules give the same bytes everywhere.
        """
        facts = {
            "task": self.name,
            "samples_per_part": self.samples_per_part,
            "payload_bytes": self.payload_bytes,
            **self.rules(),
        }
        text = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return text.encode("ascii")
