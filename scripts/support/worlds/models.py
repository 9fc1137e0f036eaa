"""Made-up models of made-up data: who is how skilled gets which samples right."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from offchain.crypto.hashing import keccak256
from offchain.protocol.rules.statements import Points

LUCK = 15
"""How far chance moves a model's skill at one sample, up or down."""


@dataclass(frozen=True)
class Model:
    """A model of a round: what its node reveals, and how good it is.

    A sample's difficulty is from 0 to 99; a model gets it right iff its skill, moved by its own
    luck at this sample, is above. So the better of two models differs from the other mostly to its
    own advantage, and two models of one skill differ.

    Attributes:
        file: its content.
        training_root: as committed to.
        salt: of the commitment.
        skill: from 0 to 100.
        luck: what its luck is drawn from; a variant of another model has that one's.
        is_malformed: whether nobody can read it.
    """

    file: bytes
    training_root: bytes
    salt: bytes
    skill: int
    luck: bytes
    is_malformed: bool = False

    @property
    def model_hash(self) -> bytes:
        """sha2-256 of the file."""
        return hashlib.sha256(self.file).digest()

    def points(self, data_id: bytes, samples: int) -> list[int]:
        """Its points for the test samples of a data transaction: 1 for each that it gets right."""
        return [
            int(
                self.skill + _drawn(self.luck, data_id, sample) % (2 * LUCK + 1) - LUCK > difficulty
            )
            for sample in range(samples)
            for difficulty in [_drawn(b"", data_id, sample) % 100]
        ]


def all_points(model: Model, data_ids: list[bytes], samples: int) -> Points:
    """A model's points for all test samples of a data set."""
    points = [point for data_id in data_ids for point in model.points(data_id, samples)]
    return np.array(points, np.uint8)


def _drawn(*parts: bytes | int) -> int:
    text = b"".join(part if isinstance(part, bytes) else b"%d" % part for part in parts)
    return int.from_bytes(keccak256(text), "big")
