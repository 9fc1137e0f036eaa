"""What ``python scripts/reproduce_paper.py`` does once its options are read."""

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

from rich.console import Console
from rich.live import Live

from offchain.config import PROJECT, Settings
from offchain.errors import ConfigurationError
from offchain.experiment.folder import RunFolder
from offchain.experiment.plan import SIZES, ExperimentPlan
from offchain.experiment.reporting.machine import commit_of, describe_machine, peak_memory
from offchain.experiment.reporting.results import require_free, write_results
from offchain.experiment.screen import Screen
from offchain.headers.source import recorded_file
from offchain.programs.running import stop_on_signals
from offchain.protocol.words.parameters import DEMO

if TYPE_CHECKING:
    from offchain.experiment.fonts import ChosenFonts


def run_experiment(
    settings: Settings,
    *,
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
    """Run what is missing of the experiment, from the options of ``scripts/reproduce_paper.py``.

    Raises:
        ConfigurationError: there is no run to go on with, or results would be written over.
        ModelChainError: it could not be done.
    """
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
        f"{plan.nodes} nodes with {DEMO.parts} parts of {plan.samples_per_part} images in a round: "
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
