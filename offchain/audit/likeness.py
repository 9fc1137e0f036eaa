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
        for other in known:
            self._compare([each for each in new if (each, other) not in self._distances], other)
        table = np.zeros((len(new), len(known)))
        for row, content in enumerate(new):
            nearest = np.stack([self._distances[content, other] for other in known]).argmin(axis=0)
            table[row] = np.bincount(nearest, minlength=len(known)) / len(nearest)
        scaled: NDArray[np.float64] = table / np.maximum(table.sum(axis=0), 1e-9)
        return scaled

    def _compare(self, contents: Sequence[Content], other: Content) -> None:
        """How far the nearest of another's samples with its label is, for each sample."""
        # All contents at once: a library's threads take longer to meet than a small product takes.
        least: dict[Content, list[NDArray[np.float32]]] = {content: [] for content in contents}
        for label in sorted({label for content in contents for label in content.by_label}):
            having = [content for content in contents if label in content.by_label]
            found = _least(
                np.concatenate([content.by_label[label] for content in having]),
                other.by_label.get(label),
            )
            ends = np.cumsum([len(content.by_label[label]) for content in having])
            for content, part in zip(having, np.split(found, ends[:-1]), strict=True):
                least[content].append(part)
        for content, parts in least.items():
            self._distances[content, other] = np.concatenate(parts)


def _least(rows: NDArray[np.float32], others: NDArray[np.float32] | None) -> NDArray[np.float32]:
    """The squared distance of each row to the nearest of others."""
    if others is None:
        return np.full(len(rows), np.inf, np.float32)
    squares = (rows**2).sum(axis=1)[:, None] + (others**2).sum(axis=1) - 2 * rows @ others.T
    least: NDArray[np.float32] = squares.min(axis=1)
    return least
