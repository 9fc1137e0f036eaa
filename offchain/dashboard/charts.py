"""Charts as SVG, drawn here: nothing has to be loaded, and each has its words beside it.

A chart library would bring megabytes of JavaScript for lines between a few hundred points; this is
all that the pages need. Colours are the style sheet's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from markupsafe import Markup, escape

from offchain.dashboard.index import Course, Form, RoundGas, Score

WIDTH: Final = 720
HEIGHT: Final = 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 72, 16, 16, 34
_INTERVALS: Final = 5
"""Between lines of the grid, at most."""

_PLACES: Final = 8
"""Between numbers below it, at most."""

_ROW: Final = 24
_LABELS: Final = 150


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a chart: its name, its class in the style sheet, points (None: a gap)."""

    name: str
    style: str
    values: Sequence[float | None]


def accuracy_chart(scores: Sequence[Score]) -> Markup:
    """The best model's accuracy block by block, beside the one before on the same test samples."""

    def share(points: int | None, most: int) -> float | None:
        return None if points is None or most <= 0 else 100 * points / most

    lines = [
        Line("previous best", "before", [share(one.previous, one.most) for one in scores]),
        Line("best", "now", [share(one.points, one.most) for one in scores]),
    ]
    return line_chart("Accuracy in per cent, by block", [one.number for one in scores], lines)


def course_chart(courses: Sequence[Course], title: str, *, heat: bool) -> Markup:
    """An account's heat, or what it earned in whole tokens, round by round."""
    values = [float(one.heat if heat else one.earned // 10**18) for one in courses]
    lines = [Line(title, "now", values)]
    return line_chart(title, [one.round for one in courses], lines, from_zero=True)


def gas_chart(rounds: Sequence[RoundGas]) -> Markup:
    """What the transactions of each round used, in millions."""
    values = [one.gas / 1e6 for one in rounds]
    title = "Gas in millions, by round"
    lines = [Line(title, "now", values)]
    return line_chart(title, [one.round for one in rounds], lines, from_zero=True)


def line_chart(
    title: str, places: Sequence[int], lines: Sequence[Line], *, from_zero: bool = False
) -> Markup:
    """Lines over whole numbers; a text where there are fewer than two places.

    The axis goes from below the lowest value to above the highest, or ``from_zero``.
    """
    known = [value for line in lines for value in line.values if value is not None]
    if len(places) < 2 or not known:
        return Markup('<p class="empty">%s: nothing to draw yet.</p>') % title
    ticks = _ticks(0.0 if from_zero else min(known), max(known))
    low, high = float(ticks[0]), float(ticks[-1])
    first, last = places[0], places[-1]

    def x(place: int) -> float:
        return _LEFT + (place - first) * (WIDTH - _LEFT - _RIGHT) / (last - first)

    def y(value: float) -> float:
        return _TOP + (high - value) * (HEIGHT - _TOP - _BOTTOM) / (high - low)

    parts = [
        f'<svg class="chart lines" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(title)}: from {known[0]:.2f} to {known[-1]:.2f}">'
    ]
    for tick in ticks:
        at = y(float(tick))
        parts.append(
            f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{at:.1f}" '
            f'y2="{at:.1f}"/><text x="{_LEFT - 8}" y="{at + 4:.1f}" '
            f'text-anchor="end">{tick:f}</text>'
        )
    for place in range(first, last + 1, math.ceil((last - first) / _PLACES)):
        parts.append(
            f'<text x="{x(place):.1f}" y="{HEIGHT - 12}" text-anchor="middle">{place}</text>'
        )
    for line in lines:
        parts += _path(line, [x(place) for place in places], y)
    parts.append("</svg>")
    legend = "".join(
        f'<li class="{line.style}"><span aria-hidden="true"></span>{escape(line.name)}</li>'
        for line in lines
    )
    return Markup(  # noqa: S704  (made of numbers, and of texts that were escaped)
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(title)}, drawn">'
        + "".join(parts)
        + f'</div><ul class="legend">{legend}</ul>'
    )


def _ticks(low: float, high: float) -> list[Decimal]:
    """Round values from one that is not above the lowest to one that is not below the highest."""
    if low == high:
        low, high = (low - 1, high) if low else (0.0, 1.0)
    exponent = math.ceil(math.log10(high - low))
    steps = (Decimal(f"{digit}e{exponent + place}") for place in (-2, -1, 0) for digit in (1, 2, 5))
    for step in steps:
        first, last = math.floor(low / float(step)), math.ceil(high / float(step))
        if last - first <= _INTERVALS:
            break
    return [step * place for place in range(first, last + 1)]


def _path(line: Line, xs: Sequence[float], y: Callable[[float], float]) -> list[str]:
    steps, pen = [], "M"
    for at, value in zip(xs, line.values, strict=True):
        if value is None:
            pen = "M"
            continue
        steps.append(f"{pen}{at:.1f} {y(value):.1f}")
        pen = "L"
    dots = ""
    if len(xs) <= 60:
        dots = "".join(
            f'<circle class="{line.style}" cx="{at:.1f}" cy="{y(value):.1f}" r="3"/>'
            for at, value in zip(xs, line.values, strict=True)
            if value is not None
        )
    return [f'<path class="{line.style}" d="{" ".join(steps)}"/>', dots]


def phase_chart(found: Form, tip: int) -> Markup:
    """A round's phases on the axis of Bitcoin heights, with the relay's tip."""
    phases = found["phases"]
    if not phases:
        return Markup("")
    start = int(found["open_height"])
    runs = any(phase["ended"] is None for phase in phases)
    ends = [int(phase["end_height"]) for phase in phases]
    low, high = start, max([*ends, tip] if runs else ends) + 1
    height = _ROW * (len(phases) + 1) + 30

    def x(at: int) -> float:
        return _LABELS + (at - low) * (WIDTH - _LABELS - _RIGHT) / max(1, high - low)

    bars = [("collection", start, phases[0]["end_height"] - 1, False)]
    before = phases[0]["end_height"] - 1
    for phase in phases:
        bars.append((phase["phase"], before, phase["end_height"], phase["ended"] is None))
        before = phase["end_height"]
    parts = [
        f'<svg class="chart" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-label="Phases of round {found["number"]}, Bitcoin heights {low} to {high - 1}">'
    ]
    for row, (name, begin, end, runs) in enumerate(bars):
        top = 4 + row * _ROW
        width = max(3.0, x(end) - x(begin))
        style = "runs" if runs else "over"
        parts.append(
            f'<text x="{_LABELS - 8}" y="{top + 15}" text-anchor="end">{escape(name)}</text>'
            f'<rect class="{style}" x="{x(begin):.1f}" y="{top + 3}" width="{width:.1f}" '
            f'height="{_ROW - 8}" rx="3"/>'
        )
    if runs and tip >= low:
        parts.append(
            f'<line class="tip" x1="{x(tip):.1f}" x2="{x(tip):.1f}" y1="0" y2="{height - 24}"/>'
        )
    end = f"tip {tip}" if runs else str(high - 1)
    parts.append(
        f'<text x="{x(high):.1f}" y="{height - 8}" text-anchor="end">{end}</text>'
        f'<text x="{x(low):.1f}" y="{height - 8}">{low}</text></svg>'
    )
    return Markup(  # noqa: S704  (likewise)
        '<div class="scroll" tabindex="0" role="region" aria-label="Phases by Bitcoin height">'
        + "".join(parts)
        + "</div>"
    )
