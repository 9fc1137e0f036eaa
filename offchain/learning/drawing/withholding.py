"""Holding data back: some samples never leave the node, as the paper lets it.

Whole labels are kept back, or a share of all samples. Others of the node's samples take their
place, so that what it shares is as large as everybody's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from offchain.errors import ConfigurationError
from offchain.learning.formats.digits import CLASSES


@dataclass(frozen=True, slots=True)
class Withholding:
    """Samples with `labels` are held back, and a `share` of the rest; by itself nothing is.

    `share` is from 0 to 1, 1 left out.

    Raises:
        ConfigurationError: nothing would be left to share, or there is no such label.
    """

    labels: frozenset[int] = frozenset()
    share: float = 0.0

    def __post_init__(self) -> None:
        if not self.labels <= set(range(CLASSES)) or len(self.labels) == CLASSES:
            raise ConfigurationError(
                f"labels {sorted(self.labels)} to hold back: choose some of 0 to {CLASSES - 1}, "
                "not all"
            )
        if not 0.0 <= self.share < 1.0:
            raise ConfigurationError(
                f"a share of {self.share} to hold back: from 0 to 1, 1 left out"
            )

    @property
    def shared_labels(self) -> NDArray[np.int64]:
        """The labels that are shared, rising."""
        return np.array(sorted(set(range(CLASSES)) - self.labels), np.int64)

    def shared(
        self, labels: NDArray[np.int64], count: int, random: np.random.Generator
    ) -> NDArray[np.int64]:
        """Return which `count` of the samples with these `labels` [n] are shared, rising.

        Raises `ConfigurationError` if too few are left.
        """
        willing = np.flatnonzero(~np.isin(labels, sorted(self.labels)))
        held_back = round(len(willing) * self.share)
        if len(willing) - held_back < count:
            raise ConfigurationError(
                f"{len(labels)} samples, of which {len(labels) - len(willing) + held_back} are "
                f"held back: {count} are to be shared; hold back less"
            )
        chosen: NDArray[np.int64] = random.permutation(willing)[:count]
        return np.sort(chosen)
