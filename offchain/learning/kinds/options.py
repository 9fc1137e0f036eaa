"""Options that several kinds take: one object each, so that the command line has them once."""

from __future__ import annotations

from typing import Final

import click

from offchain.programs.finite_range import FiniteRange

TRAINING_SECONDS: Final = click.Option(
    ["--training-seconds"],
    metavar="SECONDS",
    type=FiniteRange(0.1, 86_400.0),
    default=None,
    help="how long one model is trained at most",
)
