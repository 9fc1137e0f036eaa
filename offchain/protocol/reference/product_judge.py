"""A judge whose points are one product: small enough to play every dispute with it.

The twin of ``contracts/test/ProductJudge.sol``.
"""

from __future__ import annotations

from offchain.errors import ModelError, PayloadError

MODEL_BYTES = 2
RECORD_BYTES = 4


class ProductJudge:
    """A model is two bytes (a, b), a sample's record four, r; see `points`."""

    def is_well_formed(self, model: bytes) -> bool:
        """Whether a file has two bytes of which the first is not 0."""
        return len(model) == MODEL_BYTES and model[0] != 0

    def points(self, model: bytes, record: bytes) -> int:
        """(a r[0] + b r[1] + r[2]) mod 256; as judges may, it says so of any two bytes.

        Raises:
            ModelError: the file has not two bytes.
            PayloadError: the record has not four bytes.
        """
        if len(model) != MODEL_BYTES:
            raise ModelError(f"a model has {MODEL_BYTES} bytes, not {len(model)}")
        if len(record) != RECORD_BYTES:
            raise PayloadError(f"a record has {RECORD_BYTES} bytes, not {len(record)}")
        return (model[0] * record[0] + model[1] * record[1] + record[2]) % 256
