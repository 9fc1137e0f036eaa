"""`make bench`: run all measurements or those that are named, and write out/bench.json."""

from __future__ import annotations

import math
import os
import sys
from pathlib import Path

import click

from offchain.programs.finite_range import FiniteRange
from offchain.programs.running import run_program
from scripts.bench.measurement import Conditions, Figure, Measurement
from scripts.support.results import made_by, write_results


@click.command(context_settings={"show_default": True})
@click.argument("names", metavar="[MEASUREMENT]...", nargs=-1)
@click.option(
    "--threads",
    type=click.IntRange(1),
    default=lambda: len(os.sched_getaffinity(0)),
    show_default="one a core",
    help="threads that compute",
)
@click.option("--device", default="cpu", help="cpu or cuda")
@click.option(
    "--size",
    type=FiniteRange(0.0, 1.0, min_open=True),
    default=1.0,
    help="part of the paper's scale",
)
@click.option(
    "--output",
    metavar="FILE",
    type=click.Path(path_type=Path),
    default="out/bench.json",
    help="where the results go",
)
def bench(names: tuple[str, ...], threads: int, device: str, size: float, output: Path) -> None:
    """Run all measurements, or those that are named; print a table and write it as JSON."""
    from offchain.learning.preparation import use_threads

    use_threads(threads, shared=False)
    measurements = _measurements(names)
    conditions = Conditions(threads, device, size)
    figures: dict[str, float | None] = {}
    targets: dict[str, float] = {}
    for measurement in measurements:
        measurement.prepare()
    for measurement in measurements:
        measured = measurement.run(conditions)
        for figure in measurement.figures:
            value = measured[figure.name]
            # What was not reached has no figure: JSON knows no infinity.
            figures[figure.name] = float(f"{value:.4g}") if math.isfinite(value) else None
            print(f"{figure.name:28} {value:12.4g}  {figure.label}{_verdict(value, figure)}")
            if figure.target is not None:
                targets[figure.name] = figure.target
        sys.stdout.flush()
    results = {
        **made_by("scripts.bench"),
        "threads": threads,
        "device": device,
        "size": size,
        "figures": figures,
        "targets": targets,
    }
    write_results(output, results, indent=2)


def _measurements(names: tuple[str, ...]) -> list[Measurement]:
    """The measurements of some names, all if there are none."""
    from scripts.bench.registry import MEASUREMENTS

    known = {measurement.name: measurement for measurement in MEASUREMENTS}
    unknown = set(names) - known.keys()
    if unknown:
        raise click.UsageError(f"no measurement {min(unknown)}: there are {', '.join(known)}")
    return [known[name] for name in names or known]


def _verdict(value: float, figure: Figure) -> str:
    if figure.target is None:
        return ""
    return f" (target {figure.target:g}: {'met' if value <= figure.target else 'missed'})"


if __name__ == "__main__":
    sys.exit(run_program(bench, "bench"))
