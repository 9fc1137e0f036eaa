"""What an attack is, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

Tell = Callable[[str], None]
"""Says what an attack is doing, a line at a time."""

Figure = int | float | str
"""A measured value: counts, shares of 1, seconds."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attack.

    ``defended``: the promise held. ``plain_rule_fell``: the same attack, run against the rule that
    the promise is held against, succeeded. ``happened`` says both in a sentence or two, ``bound``
    what an attacker gains at most, where something remains.
    """

    defended: bool
    plain_rule_fell: bool
    happened: str
    bound: str = ""
    figures: Mapping[str, Figure] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Attack:
    """An attack that anybody can run.

    ``promise`` is what it attacks, ``tried`` what the attacker does, ``plain_rule`` the rule that
    it is held against: the first protocol's, the paper's or DanKu's.
    """

    name: str
    promise: str
    tried: str
    plain_rule: str
    run: Callable[[Tell], Outcome]
