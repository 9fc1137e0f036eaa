"""Proposes what texts are: their labels, and a length that nearly all of them have room in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np

from offchain.errors import DataError
from offchain.learning.own_data.found import DataFile, Found
from offchain.learning.proposing.labels import ordered_labels
from offchain.learning.task_file.words import MAXIMUM_TEXT_BYTES, TextSamples

STEP: Final = 64
"""Lengths are proposed in multiples of so many bytes."""


def propose_text(files: Iterable[DataFile]) -> TextSamples:
    """Return the words for the texts in some files: room for all, as far as texts can be so long.

    Raises:
        DataError: there are no texts, or too few or too many labels.
    """
    labels: set[str | int] = set()
    lengths: list[int] = []
    for file in files:
        for item in file.read():
            if not isinstance(item, Found) or item.label is None or item.label == "":
                continue
            if isinstance(item.content, str):
                labels.add(item.label)
                lengths.append(len(item.content.strip().encode("utf-8", "replace")))
    if not lengths:
        raise DataError("there are no texts with labels")
    longest = int(np.max(lengths))
    return TextSamples(
        min(MAXIMUM_TEXT_BYTES, -(-max(longest, 1) // STEP) * STEP), ordered_labels(labels)
    )
