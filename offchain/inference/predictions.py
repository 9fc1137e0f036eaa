"""What a model says of samples: exact whole numbers, and their meaning for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from offchain.inference.inputs import Inputs
from offchain.inference.verified_model import VerifiedModel
from offchain.learning.own_data.prepared import Prepared

BATCH = 4_096
"""Samples that are computed together."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a model says of one sample.

    Attributes:
        text: the label, or the number with its decimals.
        confidence: for people: the softmax of the logits as the model's file scales them, 0 to 1.
            It orders labels as the logits do, and is no probability that anybody measured. None
            where a number is told.
        unit: of the number, empty for a label.
        logits: whole numbers, the same on every machine: one for each label, of which the largest
            tells it and the lowest of equal ones counts; or the one number in the task's units.
    """

    text: str
    confidence: float | None
    unit: str
    logits: tuple[int, ...]

    @property
    def label(self) -> str:
        """The label; `text` under its usual name."""
        return self.text


class Predictor:
    """Asks one model."""

    def __init__(self, model: VerifiedModel) -> None:
        self._model = model
        self.inputs = Inputs(model.deployed.task.samples)

    def predict(self, samples: Iterable[Prepared]) -> Iterator[Prediction]:
        """Yield a prediction for each sample, in order; so many at a time as are quick together."""
        batch: list[Prepared] = []
        for sample in samples:
            batch.append(sample)
            if len(batch) == BATCH:
                yield from self.of_arrays(self.inputs.gather(batch))
                batch = []
        if batch:
            yield from self.of_arrays(self.inputs.gather(batch))

    def of_arrays(self, samples: Any) -> Sequence[Prediction]:
        """Return predictions of samples as their kind's arrays."""
        deployed, data = self._model.deployed, self._model.data
        logits = deployed.kind.predict(deployed.task, data, samples)
        answers = deployed.kind.answers(deployed.task, data, logits)
        rows = logits.reshape(len(answers), -1).tolist()
        return [
            Prediction(answer.text, answer.confidence, answer.unit, tuple(row))
            for answer, row in zip(answers, rows, strict=True)
        ]
