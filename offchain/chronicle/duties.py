"""What accounts may do in each phase, and what they did not do while it lasted."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from typing import Final

from offchain.chronicle.chronicle import Chronicle, Deed
from offchain.chronicle.values import RoundView
from offchain.protocol.words.status import Phase


@dataclass(frozen=True, slots=True)
class Missed:
    """Something that an account could have done and did not.

    Attributes:
        duty: what.
        phase: in which it was to be done.
        began: seconds of the chain's time at which it could be done.
        ended: and at which it could not any more.
        ago: seconds since then.
        reason: what kept it from it, where the chain says that.
    """

    duty: str
    phase: Phase
    began: int
    ended: int
    ago: int
    reason: str | None


DUTIES: Final[tuple[tuple[Phase, Deed, str], ...]] = (
    (Phase.COMMIT, Deed.COMMITTED, "commit to a model"),
    (Phase.REPORT, Deed.REPORTED_DATA, "report on the data"),
    (Phase.REVEAL, Deed.REVEALED, "reveal its model"),
    (Phase.AVAILABLE, Deed.REPORTED_MODELS, "report on the models"),
    (Phase.ATTEST, Deed.ATTESTED, "commit to a statement"),
    (Phase.ATTEST_REVEAL, Deed.OPENED, "open its statement"),
)
"""What is to be done in which phase, and the deed that it is done by."""


def missed_duties(
    chronicle: Chronicle, seen: RoundView, account: str, now: int
) -> tuple[Missed, ...]:
    """What an account could have done in a round's phases that are over, and did not."""
    deeds = chronicle.deeds.get((seen.number, account), {})
    found = []
    for phase, deed, duty in DUTIES:
        ran = next((view for view in seen.phases if view.phase is phase), None)
        if ran is None or ran.ended is None or deed in deeds:
            continue
        if not _has_duty(seen, account, deed, deeds):
            continue
        held = chronicle.stake_at(account, ran.ended.evm_block)
        needed = chronicle.history.parameters.stake
        lacks = held < needed and deed in (Deed.COMMITTED, Deed.ATTESTED)
        found.append(
            Missed(
                duty,
                phase,
                ran.began.timestamp,
                ran.ended.timestamp,
                max(0, now - ran.ended.timestamp),
                f"its stake was {held} wei of the {needed} needed" if lacks else None,
            )
        )
    return tuple(found)


def due_now(chronicle: Chronicle, seen: RoundView, account: str) -> str | None:
    """What an account may still do in the phase that a round is in; None: nothing."""
    deeds = chronicle.deeds.get((seen.number, account), {})
    for phase, deed, duty in DUTIES:
        if seen.phase is phase and deed not in deeds and _has_duty(seen, account, deed, deeds):
            return duty
    return None


def _has_duty(seen: RoundView, account: str, deed: Deed, deeds: Container[Deed]) -> bool:
    """Whether a deed is an account's to do in a round, by what it is and did before."""
    match deed:
        case Deed.COMMITTED:
            return account in seen.members
        case Deed.REVEALED:
            return Deed.COMMITTED in deeds
        case Deed.OPENED:
            return Deed.ATTESTED in deeds
        case _:
            return account in seen.attesters
