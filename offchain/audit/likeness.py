"""How much alike data transactions are: whose samples lie nearest to whose.

A hand's digits lie nearest to digits of the same hand, sample by sample; means over all hands of a
node tell it from another far less well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
        table = np.zeros((len(new), len(known)))
        for row, content in enumerate(new):
            distances = np.stack([self._nearest(content, other) for other in known])
            nearest = np.bincount(distances.argmin(axis=0), minlength=len(known))
            table[row] = nearest / distances.shape[1]
        return np.asarray(table / np.maximum(table.sum(axis=0), 1e-9))

    def _nearest(self, content: Content, other: Content) -> NDArray[np.float32]:
        """How far the nearest of another's samples with its label is, for each sample."""
        found = self._distances.get((content, other))
        if found is None:
            found = np.concatenate(
                [
                    _least(rows, other.by_label.get(label))
                    for label, rows in content.by_label.items()
                ]
            )
            self._distances[content, other] = found
        return found


def _least(rows: NDArray[np.float32], others: NDArray[np.float32] | None) -> NDArray[np.float32]:
    if others is None:
        return np.full(len(rows), np.inf, np.float32)
    squares = (rows**2).sum(axis=1)[:, None] + (others**2).sum(axis=1) - 2 * rows @ others.T
    least: NDArray[np.float32] = squares.min(axis=1)
    return least
