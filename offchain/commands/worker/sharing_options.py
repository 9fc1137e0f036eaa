"""Options of a node about what it shares: each hides something and may cost accuracy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

import click

from offchain.errors import ConfigurationError
from offchain.protocol.deciding.policy import TIMESTAMP_SHIFT_SECONDS

DIGITS = frozenset(range(10))


@dataclass(frozen=True, slots=True)
class SharingOptions:
    """How a node shares.

    Attributes:
        timestamp_shift: seconds below which an item's claimed time is shifted back.
        shuffled: whether items mix the samples of the node's users.
        withheld_labels: digits that are not shared.
        withheld_share: part of all samples that is not shared, from 0 to 1.
    """

    timestamp_shift: int = TIMESTAMP_SHIFT_SECONDS
    shuffled: bool = True
    withheld_labels: frozenset[int] = frozenset()
    withheld_share: float = 0.0


def sharing_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of a command, as its argument ``sharing``, a `SharingOptions`."""

    @click.option(
        "--timestamp-shift",
        metavar="SECONDS",
        type=click.IntRange(1, 86_400),
        default=TIMESTAMP_SHIFT_SECONDS,
        show_default=True,
        help="an item claims a time up to so long before the real one; 1 shifts nothing",
    )
    @click.option(
        "--shuffle/--no-shuffle",
        "shuffled",
        default=True,
        help="mix the samples of all users in each item, or share each user's apart",
    )
    @click.option(
        "--withhold-labels",
        metavar="LIST",
        default="",
        help="digits that are never shared, joined by commas",
    )
    @click.option(
        "--withhold-percent",
        metavar="PERCENT",
        type=click.FloatRange(0.0, 99.0),
        default=0.0,
        help="part of all samples that is not shared",
    )
    @wraps(command)
    def gathered(
        *arguments: Any,
        timestamp_shift: int,
        shuffled: bool,
        withhold_labels: str,
        withhold_percent: float,
        **others: Any,
    ) -> Any:
        sharing = SharingOptions(
            timestamp_shift, shuffled, parse_labels(withhold_labels), withhold_percent / 100.0
        )
        return command(*arguments, sharing=sharing, **others)

    return gathered


def parse_labels(text: str) -> frozenset[int]:
    """Digits joined by commas; ``ConfigurationError`` if one is none, or all are named."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not set(names) <= {str(digit) for digit in DIGITS}:
        raise ConfigurationError(f"--withhold-labels {text}: digits from 0 to 9, joined by commas")
    labels = frozenset(map(int, names))
    if labels == DIGITS:
        raise ConfigurationError(f"--withhold-labels {text}: that is all there is to share")
    return labels
