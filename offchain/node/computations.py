"""What a worker computes beside its loop, and how each kind of it ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from offchain.ports import TrainedModel
from offchain.protocol.rules.statements import Points


@dataclass(frozen=True, slots=True)
class Training:
    """What a model is trained on.

    For each of the ``payloads``: the identifier of the data transaction that it is a part of, and
    how many rounds old it is.
    """

    round: int
    payloads: tuple[bytes, ...]
    ids: tuple[bytes, ...]
    ages: tuple[int, ...]
    baseline: bytes | None

    def ids_of(self, used: tuple[int, ...] | None) -> tuple[bytes, ...]:
        """The data transactions of some payloads by number (None: of all), each once, in order."""
        numbers = range(len(self.ids)) if used is None else used
        return tuple(dict.fromkeys(self.ids[number] for number in numbers))


@dataclass(frozen=True, slots=True)
class Trained:
    """A model with what it was trained on."""

    training: Training
    model: TrainedModel


@dataclass(frozen=True, slots=True)
class TrainingEnded:
    """A training for a round gave a model, or was ended by an error."""

    round: int
    came_to: Trained | Exception


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Models, by hash, that are evaluated on what a hash stands for: a data set's test parts."""

    judged_on: bytes
    models: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class EvaluationEnded:
    """An evaluation gave points by model hash, of all models that were there; or an error."""

    evaluation: Evaluation
    came_to: Mapping[bytes, Points] | Exception


@dataclass(frozen=True, slots=True)
class Recheck:
    """Models, by hash, a sample of whose points is computed again.

    ``judged_on`` stands for a data set's test parts, as in `Evaluation`.
    """

    judged_on: bytes
    models: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class RecheckEnded:
    """A second look at points found them right (None), or was ended by an error."""

    recheck: Recheck
    came_to: Exception | None


ComputationEnded = TrainingEnded | EvaluationEnded | RecheckEnded
"""The end of whatever a worker computes beside its loop."""
