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
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from offchain.commands.demo.run import interrupted_by_signals
from offchain.errors import ConfigurationError
from offchain.programs.running import run_program
from offchain.programs.standard_output import tell
from scripts.support.faults.balance import Balance
from scripts.support.faults.groups import GROUPS, NotHere
from scripts.support.faults.session import Verdict
from scripts.support.faults.table import write_table
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
@click.option(
    "--document",
    metavar="FILE",
    type=click.Path(path_type=Path),
    default="docs/Faults.md",
    help="whose table of verdicts is replaced",
)
@click.option("--keep", is_flag=True, help="keep the logs of all processes in out/faults")
def faults(names: tuple[str, ...], output: Path, document: Path, keep: bool) -> int:
    """Play all groups of faults, or those that are named."""
    unknown = set(names) - GROUPS.keys()
    if unknown:
        raise click.UsageError(f"no group {min(unknown)}: there are {', '.join(GROUPS)}")
    with interrupted_by_signals():
        bad = play(names or tuple(GROUPS), output, keep)
    write_table(document, read(output))
    if bad:
        tell(f"faults: {bad} verdicts are not what they ought to be: read {output}")
    return 1 if bad else 0


@dataclass
class Record:
    """The verdicts of a group, written down after each: a run that is ended has what it came to."""

    name: str
    output: Path
    found: dict[str, Any]
    made: Mapping[str, object]
    began: float = field(default_factory=time.monotonic)
    verdicts: list[Verdict] = field(default_factory=list)
    balance: Balance | None = None

    def take(self, verdict: Verdict) -> None:
        """Print a verdict and write it down."""
        show(verdict)
        self.verdicts.append(verdict)
        self.write()

    def write(self) -> None:
        """Write down all that there is."""
        self.found[self.name] = {
            **self.made,
            "seconds": round(time.monotonic() - self.began, 1),
            "verdicts": [verdict.as_json() for verdict in self.verdicts],
            "balance": None if self.balance is None else self.balance.as_json(),
        }
        write_results(self.output, self.found, indent=1)


def play(names: tuple[str, ...], output: Path, keep: bool) -> int:
    """Play groups, and write each one's verdicts down; returns how many are not good."""
    found = read(output)
    bad = 0
    for name in names:
        group = GROUPS[name]
        print(f"{name}: {group.what}", flush=True)
        record = Record(name, output, found, {"what": group.what, **made_by("scripts.faults")})
        with tempfile.TemporaryDirectory(prefix="modelchain-faults-") as folder:
            try:
                balance = group.play(kept(name) if keep else Path(folder), record.take)
            except NotHere as reason:
                print(f"  not played: {reason}", flush=True)
                found[name] = {"what": group.what, "not_played": str(reason)}
                write_results(output, found, indent=1)
                continue
        record.balance = balance
        record.write()
        print(f"  {balance}", flush=True)
        bad += sum(not verdict.good for verdict in record.verdicts) + (not balance.is_good)
    return bad


def kept(group: str) -> Path:
    """A new folder for a group's files that stays."""
    Path("out/faults").mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=f"{group}-", dir="out/faults")).resolve()


def read(file: Path) -> dict[str, Any]:
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
