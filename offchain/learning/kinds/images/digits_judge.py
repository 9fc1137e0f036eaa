"""The definition's verdict on one image, as the contract that judges digits on chain gives it."""

from __future__ import annotations

import numpy as np

from offchain.errors import ModelError, PayloadError
from offchain.learning.exact.integer_network import parse_model, reference_points
from offchain.learning.formats.digits import CLASSES, IMAGE_SIDE, RECORD_BYTES


class DigitsJudge:
    """Judges files and records of the digits task, one at a time and slowly."""

    def is_well_formed(self, model: bytes) -> bool:
        """Whether a file is a model of the task."""
        try:
            parse_model(model)
        except ModelError:
            return False
        return True

    def points(self, model: bytes, record: bytes) -> int:
        """1 if the model gives an image its label, else 0.

        Args:
            model: its file.
            record: the image row by row, and its label.

        Raises:
            ModelError: the file is no model.
            PayloadError: the record is none of the task's.
        """
        network = parse_model(model)
        if len(record) != RECORD_BYTES or record[-1] >= CLASSES:
            raise PayloadError(
                f"a record of {len(record)} bytes: {RECORD_BYTES} with a label below {CLASSES}"
            )
        image = np.frombuffer(record[:-1], np.uint8).reshape(1, IMAGE_SIDE, IMAGE_SIDE)
        label = np.frombuffer(record[-1:], np.uint8)
        return int(reference_points(network, image, label)[0])
