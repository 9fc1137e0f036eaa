"""What a worker computes beside its loop, and how each kind of it ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from offchain.ports import TrainedModel
from offchain.protocol.rules.dataset import DataItem


@dataclass(frozen=True, slots=True)
class Training:
    """What a model is trained on."""

    round: int
    items: tuple[DataItem, ...]
    payloads: tuple[bytes, ...]
    baseline: bytes | None

    @property
    def ages(self) -> tuple[int, ...]:
        """How many rounds old each item is."""
        return tuple(max(0, self.round - item.item.scope) for item in self.items)


@dataclass(frozen=True, slots=True)
class TrainingEnded:
    """A training gave a model, or was ended by an error."""

    training: Training
    came_to: TrainedModel | Exception


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Models, by hash, that are scored on the data set of a root."""

    data_root: bytes
    models: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class EvaluationEnded:
    """An evaluation gave scores by model hash, of all models that were there; or an error."""

    evaluation: Evaluation
    came_to: Mapping[bytes, int] | Exception


ComputationEnded = TrainingEnded | EvaluationEnded
"""The end of whatever a worker computes beside its loop."""
