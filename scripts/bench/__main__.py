"""`make bench`: run all measurements or those that are named, and write out/bench.json."""

import argparse
import json
import math
import os
import sys
from pathlib import Path

from offchain.errors import ModelChainError
from offchain.learning.preparation import use_threads


def main() -> int:
    """Measure as the command line says; returns the exit status."""
    try:
        _measure()
    except ModelChainError as error:
        print(f"bench: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def _measure() -> None:
    """Measure, print a table, write the file."""
    parser = argparse.ArgumentParser(prog="python -m scripts.bench", description=__doc__)
    parser.add_argument("names", nargs="*", help="measurements, all if none is named")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--size", type=float, default=1.0, help="part of the paper's scale")
    parser.add_argument("--output", type=Path, default=Path("out/bench.json"))
    chosen = parser.parse_args()
    if not 0.0 < chosen.size <= 1.0 or chosen.threads < 1:
        parser.error("the size is above 0 and at most 1, and there is at least 1 thread")
    use_threads(chosen.threads, shared=False)

    from offchain.experiment.reporting.machine import commit_of, describe_machine
    from scripts.bench.measurement import Conditions
    from scripts.bench.registry import MEASUREMENTS

    known = {measurement.name: measurement for measurement in MEASUREMENTS}
    unknown = set(chosen.names) - known.keys()
    if unknown:
        parser.error(f"no measurement {min(unknown)}: there are {', '.join(known)}")
    conditions = Conditions(chosen.threads, chosen.device, chosen.size)
    figures: dict[str, float | None] = {}
    targets: dict[str, float] = {}
    measurements = [known[name] for name in chosen.names or known]
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
        "command": "python -m scripts.bench " + " ".join(sys.argv[1:]),
        "machine": describe_machine(),
        "commit": commit_of(Path.cwd()),
        "threads": conditions.threads,
        "device": conditions.device,
        "size": conditions.size,
        "figures": figures,
        "targets": targets,
    }
    chosen.output.parent.mkdir(parents=True, exist_ok=True)
    chosen.output.write_text(
        json.dumps(results, indent=2, allow_nan=False) + "\n", encoding="utf-8"
    )


def _verdict(value, figure) -> str:
    if figure.target is None:
        return ""
    return f" (target {figure.target:g}: {'met' if value <= figure.target else 'missed'})"


if __name__ == "__main__":
    sys.exit(main())
