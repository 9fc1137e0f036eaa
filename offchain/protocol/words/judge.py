"""The judge of a task, as the contracts have it (``contracts/interfaces/IJudge.sol``)."""

from __future__ import annotations

from typing import Final, Protocol

JUDGE_WORDS: Final = "judge_words"
"""In a task's rules: the whole numbers that its judge is deployed with, where it takes any."""


class Judge(Protocol):
    """Decides disputes about points and about forms; what it answers depends on its bytes alone.

    It need not look at all of a model's values to give points: of a file that is malformed these
    may be any number, or an error.
    """

    def is_well_formed(self, model: bytes) -> bool:
        """Whether a file, of at least one byte, is a model of the task."""

    def points(self, model: bytes, record: bytes) -> int:
        """What a model earns on one sample, 0 to 255, by the sample's record.

        Raises:
            ModelError: the file cannot be read.
            PayloadError: the record cannot.
        """
