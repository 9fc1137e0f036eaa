"""What a node shares of the digits that it draws: the options of the fonts' data."""

from __future__ import annotations

from typing import Any, Final

import click

from offchain.programs.finite_range import FiniteRange

LABELS: Final = frozenset(range(10))


class Labels(click.ParamType[frozenset[int]]):
    """Digits joined by commas: some of them, or none."""

    name = "labels"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> frozenset[int]:
        """Return the digits; a text with anything else, or with all of them, fails."""
        if isinstance(value, frozenset):
            return value
        names = {name.strip() for name in str(value).split(",") if name.strip()}
        if not names <= {str(label) for label in LABELS}:
            self.fail(f"{value}: digits from 0 to 9, joined by commas", param, ctx)
        labels = frozenset(map(int, names))
        if labels == LABELS:
            self.fail(f"{value}: that is all there is to share", param, ctx)
        return labels


FONT_OPTIONS: Final = (
    click.Option(
        ["--shuffle/--no-shuffle"],
        default=True,
        help="mix the samples of all users in each part, or share each user's apart",
    ),
    click.Option(
        ["--withhold-labels"],
        metavar="LIST",
        type=Labels(),
        default=frozenset(),
        show_default=False,
        help="digits that are never shared, others in their place, joined by commas",
    ),
    click.Option(
        ["--withhold-percent"],
        metavar="PERCENT",
        type=FiniteRange(0.0, 99.0),
        default=0.0,
        help="part of all samples that is not shared, others in its place",
    ),
)
