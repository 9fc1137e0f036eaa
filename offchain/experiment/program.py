"""The command line of the experiment."""

from __future__ import annotations

import gzip
import importlib
import os
import secrets as randomness
import sys
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.live import Live

from offchain.config import PROJECT, load_settings
from offchain.errors import ConfigurationError
from offchain.experiment.folder import RunFolder
from offchain.experiment.plan import SIZES, ExperimentPlan
from offchain.experiment.reporting.machine import commit_of, describe_machine, peak_memory
from offchain.experiment.reporting.results import require_free, write_results
from offchain.experiment.screen import Screen
from offchain.headers.source import recorded_file
from offchain.learning.exact.channel_text import parse_channels
from offchain.learning.exact.integer_network import DIGITS_FAMILY
from offchain.programs import stop_on_signals

if TYPE_CHECKING:
    from offchain.experiment.fonts import ChosenFonts

NOISES = ("light", "moderate", "strong", "hard")
FONT_SETS = ("machine", "small", "full")


class Channels(click.ParamType[tuple[int, ...]]):
    """Channels of a network's convolutions, as they stand in its description: 16-32-64-64."""

    name = "channels"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """Return the numbers, one for each convolution of the digits family and as it allows."""
        if isinstance(value, tuple):
            return value
        try:
            return parse_channels(value, DIGITS_FAMILY)
        except ConfigurationError as error:
            self.fail(str(error), param, ctx)


CHANNELS = Channels()


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option(
    "--size",
    type=click.Choice(sorted(SIZES)),
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
    type=click.FloatRange(0.1, 86_400.0),
    help="how long each node trains in a round; by default 60 at full size, else so many steps",
)
@click.option(
    "--first-training-seconds",
    metavar="SECONDS",
    type=click.FloatRange(0.1, 86_400.0),
    help="the same while there is no block; by default 100 at full size, or as --training-seconds",
)
@click.option(
    "--channels",
    metavar="A-B-C-D",
    type=CHANNELS,
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
def reproduce_paper(
    size: str,
    noises: tuple[str, ...],
    nodes: int | None,
    blocks: int | None,
    training_seconds: float | None,
    first_training_seconds: float | None,
    channels: tuple[int, ...] | None,
    threads: int | None,
    fonts: int | None,
    font_set: str | None,
    out: Path | None,
    work: Path | None,
    force: bool,
    resume: bool,
    stop_after: int | None,
    verify: bool | None,
) -> None:
    """Run the paper's experiment through the whole protocol and write its results.

    A run that was stopped or killed goes on from its last block when it is started again with the
    same options.
    """
    if force and resume:
        raise click.UsageError("--force begins anew, --resume goes on: choose one")
    plan = make_plan(
        size,
        noises=tuple(dict.fromkeys(noises)) or None,
        nodes=nodes,
        blocks=blocks,
        channels=channels,
        training_seconds=training_seconds,
        first_training_seconds=first_training_seconds,
        threads=threads,
        fonts=fonts,
        font_set=font_set,
    )
    folder = RunFolder(work or Path("out") / f"paper-{size}-run")
    results = out or (PROJECT / "docs" / "results" if size == "full" else Path(f"out/paper-{size}"))
    if resume and not folder.exists:
        raise ConfigurationError(f"there is no run in {folder.folder} to go on with")
    settings = load_settings({}, os.environ)
    headers = recorded_file(settings.headers)
    known = None if force or not folder.exists else str(folder.run["id"])
    require_free(results, known, force)
    _use(plan.threads)
    stopped = stop_on_signals()
    console = Console()
    console.print("[bold]The paper's experiment[/bold]: looking at this machine's fonts")
    from offchain.experiment.fonts import choose_fonts
    from offchain.learning.fonts.sets import font_list

    chosen = choose_fonts(plan)
    plan = replace(plan, fonts=len(chosen.used))
    if force or not folder.exists:
        listed = gzip.compress(font_list(chosen.used).encode(), mtime=0)
        folder.begin(randomness.token_hex(8), plan, chosen.as_json(), listed)
    folder.require_same(plan, chosen.digest)
    tell_plan(console, plan, chosen, folder.folder)
    piece = _piece()
    folder.add_piece(piece)
    began = time.monotonic()
    try:
        run_presets(console, plan, folder, headers, chosen, stopped, stop_after, verify)
    finally:
        piece["seconds"] = round(time.monotonic() - began, 1)
        piece["peak_memory_bytes"] = peak_memory()
        folder.add_piece(piece)
        found = write_results(folder, plan, results)
    state = "complete" if found["complete"] else "not complete yet: start it again to go on"
    console.print(f"Results in {results}: {state}", soft_wrap=True)


def make_plan(size: str, **chosen: Any) -> ExperimentPlan:
    """The plan of a size with the fields that were chosen otherwise; None leaves the size's."""
    given = {name: value for name, value in chosen.items() if value is not None}
    if "training_seconds" in given or "first_training_seconds" in given:
        # Who gives seconds wants them: not the steps of a small size, nor another time at first.
        given = {"training_steps": None, "first_training_seconds": None, **given}
    return replace(SIZES[size], **given)


def tell_plan(console: Console, plan: ExperimentPlan, fonts: ChosenFonts, folder: Path) -> None:
    """Say what is going to be run."""
    training = f"{plan.training_seconds:g} s"
    if plan.training_steps is not None:
        training = f"{plan.training_steps} steps"
    elif plan.first_training_seconds is not None:
        training += f" (before the first block {plan.first_training_seconds:g} s)"
    console.print(
        f"{plan.nodes} nodes with {plan.items} items of {plan.samples} images in a round: "
        f"{plan.images:,} images a block, {plan.test_images:,} of them test; "
        f"{len(fonts.used):,} fonts ({fonts.used.family_count:,} plainly different); "
        f"{plan.blocks} blocks with {' and '.join(plan.noises)} noise; "
        f"{training} of training a node and round; kept in {folder}",
        soft_wrap=True,
        highlight=False,
    )


def run_presets(
    console: Console,
    plan: ExperimentPlan,
    folder: RunFolder,
    headers: Path,
    fonts: ChosenFonts,
    stopped: threading.Event,
    stop_after: int | None,
    verify: bool | None,
) -> None:
    """Run what is missing of every preset; raises as `run_preset`."""
    from offchain.experiment.running import Experiment, run_preset, verify_preset

    left = stop_after or plan.blocks * len(plan.noises)
    screen = Screen(console, time.monotonic)
    with Live(console=console, get_renderable=screen.view, refresh_per_second=2, transient=True):
        experiment = Experiment(
            plan, folder, PROJECT, headers, fonts.atlas, fonts.dealt, stopped, screen.display()
        )
        for noise in plan.noises:
            before = folder.progress(noise)
            had = len(before.blocks) if before else 0
            run_preset(experiment, noise, left)
            after = folder.progress(noise)
            has = len(after.blocks) if after else 0
            left -= has - had
            wanted = plan.size != "full" if verify is None else verify
            if wanted and after and has >= plan.blocks and after.verified is None:
                screen.say(f"{noise}: {verify_preset(experiment, noise)}")


def _piece() -> dict[str, Any]:
    """What is kept about this start of the program."""
    return {
        "started": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "command": " ".join(["python", *map(_relative, sys.argv)]),
        "commit": commit_of(PROJECT),
        "machine": describe_machine(),
    }


def _relative(argument: str) -> str:
    """An argument without the place of the checkout."""
    return argument.replace(str(PROJECT) + os.sep, "")


def _use(threads: int) -> None:
    from offchain.learning.preparation import use_threads, warm_up

    use_threads(threads, shared=False)
    warm_up()
    # What is imported at the first training only would be another commit's code by then, where the
    # checkout is worked on during a run of hours.
    importlib.import_module("offchain.learning.training.candidate")
