"""How one dispute that was played at random ended."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from offchain.protocol.words.disputes import FallReason


@dataclass(frozen=True)
class Outcome:
    """How a game ended.

    Attributes:
        truth: why the true statement fell; None: it stands.
        lie: why the lie fell; None: it stands.
        met: what happened on the way, and errors by name.
    """

    truth: FallReason | None
    lie: FallReason | None
    met: Counter[str]
