"""Faults on a network of real processes, and what becomes of its rounds: docs/results/faults.json.

Groups of faults, each on a network of its own: anvil, relayer, feeder and nodes as processes, at
small size. Each fault has one round; its verdict says whether the round made its block all the
same, was voided by somebody, or whether a program ended with one sentence, and after how many
seconds. At the end of a group everything is looked at once more: whether a stake burned, whether
more was minted than blocks pay, and whether the whole chain verifies with its content store.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

import click

from offchain.commands.demo.run import interrupted_by_signals
from offchain.errors import ConfigurationError
from offchain.programs.running import run_program
from offchain.programs.standard_output import tell
from scripts.support.faults.groups import GROUPS, NotHere
from scripts.support.faults.session import Verdict
from scripts.support.results import made_by, write_results


@click.command(context_settings={"show_default": True})
@click.argument("names", metavar="[GROUP]...", nargs=-1)
@click.option(
    "--output",
    metavar="FILE",
    type=click.Path(path_type=Path),
    default="docs/results/faults.json",
    help="where the verdicts go; groups that are not played stay as they are",
)
@click.option("--keep", is_flag=True, help="keep the logs of all processes in out/faults")
def faults(names: tuple[str, ...], output: Path, keep: bool) -> int:
    """Play all groups of faults, or those that are named."""
    unknown = set(names) - GROUPS.keys()
    if unknown:
        raise click.UsageError(f"no group {min(unknown)}: there are {', '.join(GROUPS)}")
    with interrupted_by_signals():
        return play(names or tuple(GROUPS), output, keep)


def play(names: tuple[str, ...], output: Path, keep: bool) -> int:
    """Play groups, and write each one's verdicts down; returns 1 if one is not good."""
    found = read(output)
    bad = 0
    for name in names:
        print(f"{name}: {GROUPS[name].what}", flush=True)
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="modelchain-faults-") as folder:
            place = kept(name) if keep else Path(folder)
            try:
                played = GROUPS[name].play(place, show)
            except NotHere as reason:
                print(f"  not played: {reason}", flush=True)
                found[name] = {"what": GROUPS[name].what, "not_played": str(reason)}
                continue
        bad += sum(not verdict.good for verdict in played.verdicts) + (not played.balance.is_good)
        found[name] = {
            "what": GROUPS[name].what,
            **made_by("scripts.faults"),
            "seconds": round(time.monotonic() - began, 1),
            "verdicts": [verdict.as_json() for verdict in played.verdicts],
            "balance": played.balance.as_json(),
        }
        print(f"  {played.balance}", flush=True)
        write_results(output, found, indent=1)
    if bad:
        tell(f"faults: {bad} verdicts are not what they ought to be: read {output}")
    return 1 if bad else 0


def kept(group: str) -> Path:
    """A new folder for a group's files that stays."""
    Path("out/faults").mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=f"{group}-", dir="out/faults")).resolve()


def read(file: Path) -> dict[str, object]:
    """The verdicts so far; none if there is no such file.

    Raises:
        ConfigurationError: it cannot be read, or has something else.
    """
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{file} cannot be read ({error}): choose another") from error
    if not isinstance(found, dict):
        raise ConfigurationError(f"{file} has no verdicts: choose another")
    return found


def show(verdict: Verdict) -> None:
    """Print a verdict in a line."""
    mark = "  " if verdict.good else "! "
    said = f" ({verdict.said})" if verdict.said else ""
    print(
        f"{mark}{verdict.fault}: {verdict.outcome} after {verdict.seconds:.1f} s{said}", flush=True
    )


if __name__ == "__main__":
    sys.exit(run_program(faults, "faults"))
