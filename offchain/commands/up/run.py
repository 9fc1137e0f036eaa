"""What ``modelchain up`` does: starts a network, shows it, keeps it going until it is stopped."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.live import Live

from offchain.chain.deployment.file import read_deployment
from offchain.chronicle.reading import ChronicleReader
from offchain.commands.demo.own_data import look_at_data
from offchain.commands.look.points import full_points
from offchain.commands.up.screen import Screen
from offchain.config import DEFAULT_TASK, PROJECT, Settings
from offchain.errors import ChainError, ConfigurationError
from offchain.headers.source import recorded_file
from offchain.learning.tasks.known import built_in, deployed_task, task_named
from offchain.node.demo.lasting_network import LastingNetwork, LastingPlan, nodes_of, task_of
from offchain.node.demo.local_network import DemoPlan
from offchain.programs.running import stop_on_signals

POLL_SECONDS: Final = 0.5
DEFAULT_NODES: Final = 4


def run_up(
    settings: Settings,
    *,
    nodes: int | None,
    folder: Path,
    task: str | None,
    data: Path | None,
    skip_bad: bool,
    port: int,
    relayer_port: int,
    patience: float,
) -> None:
    """Run a network until it is stopped.

    Raises:
        ConfigurationError: another one is in the folder than was asked for, or one runs there.
        ModelChainError: it cannot be started, or its chain ended.
    """
    plan = make_plan(settings, nodes, folder, task, patience)
    plan = replace(plan, data=data and data.absolute(), skip_bad=skip_bad)
    require_data(plan)
    console = Console(highlight=False)
    if data is not None and nodes_of(plan.folder) is None:
        # What would end every node, again and again, is said before any is started.
        look_at_data(console, plan, 1)
    began = time.monotonic()

    def report(step: str) -> None:
        console.print(f"{time.monotonic() - began:6.1f} s  {step}", soft_wrap=True, markup=False)

    report(f"{plan.nodes} nodes learn {plan.task} in {plan.folder}")
    with ExitStack() as stack:
        running = stack.enter_context(LastingNetwork(LastingPlan(plan, port, relayer_port), report))
        # Until here Ctrl-C leaves at once, and what was started ends.
        stopped = stop_on_signals()
        if running.is_resumed:
            report("it goes on where it was")
        report(f"in another terminal: cd {plan.folder} && modelchain status --account 0")
        watch(running, console, stopped, began)
        with console.status("stopping: the nodes end, the chain is saved", spinner="line"):
            stack.close()
    report(f"stopped; `modelchain up --folder {plan.folder}` goes on from here")


def make_plan(
    settings: Settings, nodes: int | None, folder: Path, task: str | None, patience: float
) -> DemoPlan:
    """What is to be started: a new network, or the one that is in the folder.

    Raises:
        ConfigurationError: that one has other nodes or another task than were asked for.
    """
    place = folder.expanduser().resolve()
    known, learned = nodes_of(place), task_of(place)
    wanted = None if task is None else task_named(task).name
    for name, given, found in (("nodes", nodes, known), ("task", wanted, learned)):
        if given is not None and found is not None and given != found:
            raise ConfigurationError(
                f"the network in {place} has {found} as its {name}, not {given}: leave --{name} "
                "out, or name another folder with --folder"
            )
    return DemoPlan(
        PROJECT,
        place,
        recorded_file(settings.headers),
        known or nodes or DEFAULT_NODES,
        patience=patience,
        task=learned or task or DEFAULT_TASK,
    )


def require_data(plan: DemoPlan) -> None:
    """Raise `ConfigurationError` where the nodes would have nothing to share."""
    if plan.data is not None:
        return
    if plan.deployment.exists():
        deployed = read_deployment(plan.deployment).task
        task = deployed_task(deployed.description, deployed.judge)
    else:
        task = plan.task_file
    if built_in(task) is None:
        raise ConfigurationError(
            f"no data come with the task {task.name}: name samples that the nodes split, "
            "--data PATH"
        )


def watch(
    running: LastingNetwork, console: Console, stopped: threading.Event, began: float
) -> None:
    """Tend a network and show it until it is stopped."""
    network = running.network
    points = full_points(network.contracts.deployment.task)
    reader = ChronicleReader(network.contracts, points)
    screen = Screen(console, network, points, began)
    with Live(
        console=console, refresh_per_second=2, transient=True, auto_refresh=console.is_terminal
    ) as live:
        while not stopped.is_set():
            for line in running.tend():
                screen.tell(line)
            try:
                reader.refresh()
            except ChainError as error:
                screen.tell(f"the chain cannot be read, trying again: {error}")
            else:
                screen.tell_news(reader.chronicle)
                if console.is_terminal:
                    live.update(screen.view(reader.chronicle))
            stopped.wait(POLL_SECONDS)
