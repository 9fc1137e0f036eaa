"""What kinds whose samples have labels share: the labels in words, and how sure a model is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from offchain.errors import PayloadError
from offchain.learning.kinds.kind import Answer
from offchain.learning.task_file.words import (
    ClassTarget,
    ImageSamples,
    TableSamples,
    TaskFile,
    TaskFileError,
    TextSamples,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ACTIVATION_UNIT = 255
"""A floating-point activation of 1 is this whole number."""


def labelled(task: TaskFile) -> tuple[str, ...]:
    """Return the labels of a task, by their numbers; `TaskFileError` if it tells numbers."""
    samples = task.samples
    if isinstance(samples, ImageSamples | TextSamples):
        return samples.labels
    if isinstance(samples, TableSamples) and isinstance(samples.target, ClassTarget):
        return samples.target.classes
    raise TaskFileError(f"the task {task.name} has no labels")


def label_answers(labels: Sequence[str], logits: NDArray[np.int64], shift: int) -> list[Answer]:
    """Return the label of the largest logit of each sample, and its share of the softmax.

    A logit of 255 * 2^shift is one of 1 in floating point, which training gave its meaning. Of
    equal logits the lowest label counts.
    """
    import numpy as np

    chosen = np.argmax(logits, axis=1)
    scaled = (logits - logits.max(axis=1, keepdims=True)) / (ACTIVATION_UNIT * 2.0**shift)
    shares = np.exp(scaled)
    confidence = 1.0 / shares.sum(axis=1)
    return [
        Answer(labels[number], float(share))
        for number, share in zip(chosen.tolist(), confidence, strict=True)
    ]


def check_count(task: TaskFile, samples: int) -> None:
    """Raise `PayloadError` unless there are exactly as many samples as a part has."""
    if samples != task.samples_per_part:
        raise PayloadError(f"{task.name}: {samples} samples, a part has {task.samples_per_part}")
