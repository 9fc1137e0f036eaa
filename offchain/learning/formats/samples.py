"""Samples as arrays, as every node has them in memory: one class for each kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class LabelledImages:
    """Images uint8 [n, height, width, channels] with the numbers of their labels, uint8 [n].

    Of images of one channel the last axis may be missing.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.labels)

    def chosen(self, numbers: NDArray[np.int64] | slice) -> LabelledImages:
        """Return some of the samples, in the order of their `numbers`."""
        return LabelledImages(self.images[numbers], self.labels[numbers])


@dataclass(frozen=True, slots=True, eq=False)
class TableRows:
    """Rows of a table: `columns` int32 [n, columns] and what is to be told of them, `target` [n].

    A number counts in its column's units, a category or a class is its number from 0.
    """

    columns: NDArray[np.int32]
    target: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.target)

    def chosen(self, numbers: NDArray[np.int64] | slice) -> TableRows:
        """Return some of the samples, in the order of their `numbers`."""
        return TableRows(self.columns[numbers], self.target[numbers])


@dataclass(frozen=True, slots=True, eq=False)
class LabelledTexts:
    """Texts, each as the bytes of its UTF-8, with the numbers of their labels, uint8 [n]."""

    texts: Sequence[bytes]
    labels: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.labels)

    def chosen(self, numbers: NDArray[np.int64] | slice) -> LabelledTexts:
        """Return some of the samples, in the order of their `numbers`."""
        order = np.arange(len(self))[numbers]
        return LabelledTexts([self.texts[number] for number in order], self.labels[order])
