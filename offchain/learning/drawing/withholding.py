"""Holding data back: a node shares less than it has, as the paper lets it.

Whole labels are kept back, or a share of all samples. What is held back is decided by a seed of the
node's own, so that a node that starts again shares the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from offchain.errors import ConfigurationError
from offchain.learning.formats.digits import (
    CLASSES,
    MAXIMUM_PAYLOAD_SAMPLES,
    DigitSamples,
    decode_payload,
    encode_payload,
)
from offchain.ports import DataSource


@dataclass(frozen=True, slots=True)
class WithholdingSource(DataSource):
    """The digits of a `source` without those with `labels`, and without a `share` of the rest.

    `share` is from 0 to 1, 1 left out. Of each payload at least one sample stays, since an item
    without samples is not valid; if all have held-back labels, it is one of those.
    """

    source: DataSource
    seed: int
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

    def draw(self, round_number: int, count: int) -> list[bytes]:
        """Return `count` payload plaintexts for a round, as the source draws them but shorter."""
        return [
            self._shortened(plaintext, round_number, item)
            for item, plaintext in enumerate(self.source.draw(round_number, count))
        ]

    def _shortened(self, plaintext: bytes, round_number: int, item: int) -> bytes:
        samples = decode_payload(plaintext, MAXIMUM_PAYLOAD_SAMPLES)
        sequence = np.random.SeedSequence([self.seed, round_number, item])
        random = np.random.Generator(np.random.PCG64(sequence))
        order = random.permutation(len(samples))
        held_back = np.isin(samples.labels[order], sorted(self.labels))
        willing = order[~held_back]
        if not len(willing):
            return _encoded(samples, order[:1])
        kept = max(1, round(len(willing) * (1.0 - self.share)))
        return _encoded(samples, np.sort(willing[:kept]))


def _encoded(samples: DigitSamples, kept: NDArray[np.int64]) -> bytes:
    return encode_payload(DigitSamples(samples.images[kept], samples.labels[kept]))
