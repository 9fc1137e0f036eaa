"""How much alike data transactions are: whose samples lie nearest to whose.

A hand's digits lie nearest to digits of the same hand, sample by sample; means over all hands of a
node tell it from another far less well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np
from numpy.typing import NDArray

MOST_LABELS: Final = 32
"""Last bytes of records that are taken for labels; with more different ones they are none."""

MOST_SAMPLES: Final = 1_000
"""Of a data transaction's samples so many are looked at, evenly spread."""


@dataclass(frozen=True, slots=True, eq=False)
class Content:
    """The samples of a data transaction by label: each float32 [samples, bytes of a record]."""

    by_label: Mapping[int, NDArray[np.float32]]


def content_of(records: Sequence[bytes], is_labelled: bool) -> Content:
    """What is compared of a data transaction.

    Args:
        records: the task's sample records, all of one length.
        is_labelled: whether last bytes are labels; see `are_labelled`.
    """
    chosen = records[:: -(-len(records) // MOST_SAMPLES)]
    table = np.frombuffer(b"".join(chosen), np.uint8).reshape(len(chosen), -1)
    labels = table[:, -1] if is_labelled else np.zeros(len(chosen), np.uint8)
    return Content(
        {int(label): table[labels == label].astype(np.float32) for label in np.unique(labels)}
    )


def are_labelled(records: Sequence[bytes]) -> bool:
    """Whether the last bytes of records are few enough to be labels."""
    return len({record[-1] for record in records}) <= MOST_LABELS


class Likeness:
    """Compares contents. What was compared once is remembered."""

    def __init__(self) -> None:
        self._distances: dict[tuple[Content, Content], NDArray[np.float32]] = {}

    def votes(self, new: Sequence[Content], known: Sequence[Content]) -> NDArray[np.float64]:
        """Which part of each new content's samples lies nearest to which known: [new, known].

        Columns are then scaled to one sum, so that none is near to everything.
        """
        missing = [pair for pair in product(new, known) if pair not in self._distances]
        # A dictionary for its order: each once, as they came.
        self._compare(
            list(dict.fromkeys(each for each, _ in missing)),
            list(dict.fromkeys(other for _, other in missing)),
        )
        table = np.zeros((len(new), len(known)))
        for row, content in enumerate(new):
            nearest = np.stack([self._distances[content, other] for other in known]).argmin(axis=0)
            table[row] = np.bincount(nearest, minlength=len(known)) / len(nearest)
        scaled: NDArray[np.float64] = table / np.maximum(table.sum(axis=0), 1e-9)
        return scaled

    def _compare(self, contents: Sequence[Content], others: Sequence[Content]) -> None:
        """How near the nearest of each other's samples with its label is, for each sample."""
        # All at once: one large product is far faster than many small ones.
        least: dict[Content, list[NDArray[np.float32]]] = {content: [] for content in contents}
        for label in sorted({label for content in contents for label in content.by_label}):
            for content, found in zip(contents, _least(contents, others, label), strict=True):
                least[content].append(found)
        for content, parts in least.items():
            joined = np.concatenate(parts)
            for column, other in enumerate(others):
                self._distances[content, other] = joined[:, column]


def _least(
    contents: Sequence[Content], others: Sequence[Content], label: int
) -> list[NDArray[np.float32]]:
    """For each content, of each sample with a label, how near the nearest of each other is.

    Squared distances without what only the sample itself adds: float32 [samples, others].
    """
    having = [column for column, other in enumerate(others) if label in other.by_label]
    found = [
        np.full((len(content.by_label.get(label, ())), len(others)), np.inf, np.float32)
        for content in contents
    ]
    if having:
        tables = [others[column].by_label[label] for column in having]
        known = np.concatenate(tables)
        starts = np.cumsum([0, *map(len, tables)])[:-1]
        squares = (known**2).sum(axis=1)
        for content, nearest in zip(contents, found, strict=True):
            if len(nearest):
                distances = squares - 2 * content.by_label[label] @ known.T
                nearest[:, having] = np.minimum.reduceat(distances, starts, axis=1)
    return found
