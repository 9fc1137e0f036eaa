"""Small tasks of every kind with samples that can be learned within a second."""

from __future__ import annotations

import numpy as np

from offchain.learning.formats.samples import LabelledImages, LabelledTexts, TableRows
from offchain.learning.task_file.words import (
    CategoryColumn,
    ClassTarget,
    ImageSamples,
    ModelLimits,
    NumberColumn,
    NumberTarget,
    TableSamples,
    TaskFile,
    TextSamples,
)

SAMPLES = 40

COLOURS = TaskFile(
    "colours", "images", ImageSamples(12, 10, 3, ("red", "green")), SAMPLES, ModelLimits(60_000)
)
FLOWERS = TaskFile(
    "flowers",
    "table",
    TableSamples(
        (
            NumberColumn("length", -50, 250, 1, "cm"),
            CategoryColumn("place", ("wood", "field", "garden")),
            NumberColumn("leaves", 0, 60),
        ),
        ClassTarget("flower", ("aster", "daisy", "rose")),
    ),
    SAMPLES,
    ModelLimits(),
)
PRICES = TaskFile(
    "prices",
    "table",
    TableSamples(FLOWERS.samples.columns, NumberTarget("price", -1000, 9000, 2, "€", 1500)),
    SAMPLES,
    ModelLimits(),
)
LINES = TaskFile("lines", "text", TextSamples(48, ("vowels", "others")), SAMPLES, ModelLimits())
SMALL_TASKS = (COLOURS, FLOWERS, PRICES, LINES)


def samples_of(task: TaskFile, count: int = SAMPLES, seed: int = 0):
    """Samples whose labels follow from them, the same for the same seed."""
    random = np.random.Generator(np.random.PCG64(seed))
    if task is COLOURS:
        labels = random.integers(0, 2, count, np.uint8)
        images = random.integers(0, 120, (count, 12, 10, 3), np.uint8)
        images[np.arange(count), :, :, labels] += 100
        return LabelledImages(images, labels)
    if task is LINES:
        labels = random.integers(0, 2, count, np.uint8)
        letters = (b"aeiouy", b"bcdfgh")
        texts = [
            bytes(random.choice(np.frombuffer(letters[label], np.uint8), random.integers(1, 49)))
            for label in labels
        ]
        return LabelledTexts(texts, labels)
    columns = np.column_stack(
        [
            random.integers(-50, 251, count),
            random.integers(0, 3, count),
            random.integers(0, 61, count),
        ]
    ).astype(np.int32)
    if task is FLOWERS:
        return TableRows(columns, ((columns[:, 0] > 100) + (columns[:, 1] == 1)).astype(np.int32))
    price = np.clip(
        30 * columns[:, 0] - 900 * (columns[:, 1] == 2) + 10 * columns[:, 2], -1000, None
    )
    return TableRows(columns, price.astype(np.int32))
