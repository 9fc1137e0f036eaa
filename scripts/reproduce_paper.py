"""The paper's experiment through the whole protocol: ``python scripts/reproduce_paper.py``.

Ten nodes make five blocks, once with moderate and once with hard noise. Killed at any time and
started again with the same options it goes on from the last block that was made.
docs/Experiment.md says what is measured and how.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

# Run as a file, the checkout is not on the path yet, or another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import click

from offchain.commands.options import CONTEXT, VERSION, start
from offchain.programs.finite_range import FiniteRange
from offchain.programs.running import run_program
from scripts.support.channels import Channels

# Named here again, and compared in a test: what has them takes long to import.
SIZE_CHOICES = ("full", "small", "tiny")
NOISES = ("light", "moderate", "strong", "hard")
FONT_SETS = ("machine", "small", "full")


@click.command(context_settings=CONTEXT, params=[VERSION])
@click.option(
    "--size",
    type=click.Choice(SIZE_CHOICES),
    default="full",
    help="full is the paper's, small takes minutes, tiny only shows that it works",
)
@click.option(
    "--noise",
    "noises",
    type=click.Choice(NOISES),
    multiple=True,
    help="noise presets; by default the size's  [moderate, hard]",
)
@click.option("--nodes", type=click.IntRange(3, 16), help="nodes, by default the size's")
@click.option("--blocks", type=click.IntRange(1, 15), help="blocks, by default the size's")
@click.option(
    "--training-seconds",
    metavar="SECONDS",
    type=FiniteRange(0.1, 86_400.0),
    help="how long each node trains in a round; by default 60 at full size, else so many steps",
)
@click.option(
    "--first-training-seconds",
    metavar="SECONDS",
    type=FiniteRange(0.1, 86_400.0),
    help="the same while there is no block; by default 100 at full size, or as --training-seconds",
)
@click.option(
    "--channels",
    metavar="A-B-C-D",
    type=Channels(),
    help="channels of the first block's networks; by default the size's  [24-40-80-96]",
)
@click.option("--threads", metavar="T", type=click.IntRange(1, 1024), help="threads that compute")
@click.option(
    "--fonts",
    metavar="COUNT",
    type=click.IntRange(0, 100_000),
    help="fonts of the run, 0 for all of the set; by default the size's",
)
@click.option(
    "--font-set",
    type=click.Choice(FONT_SETS),
    help="where fonts come from; by default the full set at full size, else the machine's",
)
@click.option(
    "--out",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="where the results go  [docs/results at full size, else out/paper-SIZE]",
)
@click.option(
    "--work",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="where chains and stores are kept  [out/paper-SIZE-run]",
)
@click.option("--force", is_flag=True, help="begin anew and replace results that are there")
@click.option("--resume", is_flag=True, help="only go on: it is an error if there is no run")
@click.option(
    "--stop-after",
    metavar="BLOCKS",
    type=click.IntRange(1),
    help="end after so many blocks of this start; the next one goes on",
)
@click.option(
    "--verify/--no-verify",
    default=None,
    help="verify each finished chain as `modelchain verify` does  [not at full size]",
)
def reproduce_paper(force: bool, resume: bool, **options: Any) -> None:
    """Run the paper's experiment through the whole protocol and write its results.

    A run that was stopped or killed goes on from its last block when it is started again with the
    same options.
    """
    if force and resume:
        raise click.UsageError("--force begins anew, --resume goes on: choose one")
    from offchain.experiment.program import run_experiment

    start(run_experiment, {"force": force, "resume": resume, **options})


if __name__ == "__main__":
    sys.exit(run_program(reproduce_paper, "reproduce_paper"))
