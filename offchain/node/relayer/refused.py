"""What becomes of a message that somebody hands to a relayer."""

from __future__ import annotations

from enum import Enum

from offchain.errors import RelayerError
from offchain.refusals import CONTRACT_STATUS, AnyCode, RefusalCode


class Verdict(Enum):
    """What becomes of a message that is in order."""

    NEW = "new"
    KNOWN = "known"  # on chain already: nothing to do


class Refused(RelayerError):
    """A message that the relayer does not take.

    ``code`` is a word for programs, the message the reason with the values that were compared.
    ``retry_after`` says after how many seconds it makes sense to try again, where that is known.
    """

    def __init__(self, code: AnyCode, reason: str, retry_after: int | None = None) -> None:
        super().__init__(reason)
        self.code = code
        self.retry_after = retry_after

    @property
    def status(self) -> int:
        """The HTTP status that says so."""
        return self.code.status if isinstance(self.code, RefusalCode) else CONTRACT_STATUS
