"""The definition's verdict on one text, as the contract that judges texts on chain gives it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from offchain.errors import ModelError, PayloadError
from offchain.learning.exact.text_network import parse_model, reference_points
from offchain.learning.formats.texts import LENGTH_BYTES, record_bytes, texts_of
from offchain.learning.task_file.words import TextSamples

TEXT_JUDGE: Final = "TextJudge"
"""The contract that judges texts."""


@dataclass(frozen=True, slots=True)
class TextJudge:
    """Judges files and records of a task of texts, one at a time and slowly."""

    samples: TextSamples
    maximum_bytes: int

    @property
    def words(self) -> tuple[int, ...]:
        """What the contract is deployed with: ``contracts/judges/TextWords.sol``."""
        return self.maximum_bytes, self.samples.maximum_bytes, len(self.samples.labels)

    def is_well_formed(self, model: bytes) -> bool:
        """Whether a file is a model of the task."""
        try:
            parse_model(self.samples, model, self.maximum_bytes, is_judged=True)
        except ModelError:
            return False
        return True

    def points(self, model: bytes, record: bytes) -> int:
        """1 if the model gives a text its label, else 0.

        Args:
            model: its file.
            record: the text with its length and its label.

        Raises:
            ModelError: the file is no model.
            PayloadError: the record is none of the task's.
        """
        expected, longest = record_bytes(self.samples), self.samples.maximum_bytes
        length = int.from_bytes(record[:LENGTH_BYTES])
        if len(record) != expected or not 1 <= length <= longest:
            raise PayloadError(
                f"a record of {len(record)} bytes with a text of {length}: {expected} with 1 to "
                f"{longest}"
            )
        if record[-1] >= len(self.samples.labels):
            raise PayloadError(
                f"a record with the label {record[-1]} of {len(self.samples.labels)}"
            )
        network = parse_model(self.samples, model, self.maximum_bytes, is_judged=True)
        return int(reference_points(network, texts_of([record]))[0])
