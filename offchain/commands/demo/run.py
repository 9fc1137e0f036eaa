"""What ``modelchain demo`` does: a whole network on this machine makes a few blocks."""

from __future__ import annotations

import json
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import FrameType

from rich.console import Console
from rich.live import Live

from offchain.chain.reading.balances import Balances, read_balances
from offchain.chain.reading.gas import gas_by_function
from offchain.commands.demo.own_data import look_at_data
from offchain.commands.demo.screen import (
    describe,
    progress,
    show_balances,
    show_block,
    show_dispute,
)
from offchain.commands.verify.run import report_json, summary, verify_fully
from offchain.commands.wallet.balance import balances_json
from offchain.config import APPLICATION, PROJECT, Settings
from offchain.crypto.derivation import SEED_BYTES, node_seed_from_mnemonic
from offchain.errors import ConfigurationError, ModelChainError
from offchain.headers.source import recorded_file
from offchain.inference.kept_chain import KeptChain, keep_chain
from offchain.learning.kinds.known import find_kind
from offchain.learning.kinds.options import TRAINING_SECONDS
from offchain.learning.task_file.words import TaskFile
from offchain.learning.tasks.known import make_source
from offchain.node.demo.figure import draw_accuracy
from offchain.node.demo.local_network import DemoNetwork, DemoPlan, running_network
from offchain.node.demo.watching import Stage, Watcher
from offchain.toolchain.anvil import DEVELOPMENT_MNEMONIC

CLAIM_SECONDS = 60.0
"""How long the last block's rewards are waited for."""

OWN_TRAINING_SECONDS = 40.0
"""For a model of own data: nodes that share a machine train at the same time."""

MAXIMUM_VOIDS = 3
"""Void rounds after which something is wrong."""

_POLL_SECONDS = 0.25


class DemoFailedError(ModelChainError):
    """The network did not make the blocks that were asked for."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the demo is to do."""

    blocks: int
    json_file: Path
    figure: Path
    kept: Path
    timeout: float


def show_demo(
    settings: Settings,
    *,
    nodes: int,
    rounds: int,
    json_file: Path,
    figure: Path,
    task: str,
    data: Path | None,
    skip_bad: bool,
    training_seconds: float | None,
    liars: int,
    keep: bool,
    timeout: float,
) -> None:
    """Run the demo; its logs are kept where it fails.

    Raises:
        ModelChainError: it could not be done.
    """
    require_writable(json_file)
    require_writable(figure)
    require_writable(settings.kept.with_suffix(".tmp"))
    console = Console(highlight=False)
    wanted = Wanted(rounds, json_file, figure, settings.kept, timeout)
    with ExitStack() as stack:
        stack.enter_context(interrupted_by_signals())
        folder = stack.enter_context(working_folder(keep))
        headers = recorded_file(settings.headers)
        plan = DemoPlan(
            PROJECT,
            folder,
            headers,
            nodes,
            task=task,
            liars=liars,
            data=data and data.absolute(),
            skip_bad=skip_bad,
            training_seconds=training_seconds,
        )
        if data is not None and training_seconds is None and takes_seconds(plan.task_file):
            plan = replace(plan, training_seconds=OWN_TRAINING_SECONDS)
        try:
            run_demo(console, plan, wanted)
        except ModelChainError:
            kept = keep_logs(plan)
            where = "Nothing was started" if kept is None else f"The logs are in {kept}"
            console.print(f"[red]The demo has failed.[/red] {where}")
            raise


def takes_seconds(task: TaskFile) -> bool:
    """Whether nodes can be told how long to train: a kind of somebody else's may not know it."""
    return any(option.name == TRAINING_SECONDS.name for option in find_kind(task.kind).options)


def run_demo(console: Console, plan: DemoPlan, wanted: Wanted) -> None:
    """Make the blocks and show them.

    Raises:
        ModelChainError: it could not be done; says which log to read where a process ended.
    """
    began = time.monotonic()
    console.print(f"[bold]Model Chain[/bold]: looking at this machine's data for {plan.task}")
    # What the nodes will do first, once: what fails here fails before anything is started.
    if plan.data is None:
        make_source(plan.task_file, 0, plan.nodes, bytes(SEED_BYTES))
    else:
        look_at_data(console, plan, wanted.blocks)
    with running_network(plan, lambda step: console.print(f"  {step}")) as network:
        watcher = Watcher(network, time.monotonic)
        make_blocks(console, network, watcher, wanted, began)
        seconds = time.monotonic() - began
        balances = node_balances(network)
        for worker in network.workers:
            network.children.stop_one(worker)
        console.print("Verifying all of it, from the chain and the store alone")
        verified_from = time.monotonic()
        report = verify_fully(console, network.contracts, str(plan.folder / "store"))
        verification = {
            **report_json(report),
            "seconds": round(time.monotonic() - verified_from, 2),
        }
        write_json(wanted.json_file, network, watcher, balances, seconds, verification)
        kept = keep_chain(
            wanted.kept, network.anvil.dump_state(), plan.deployment, plan.folder / "store"
        )
    show_balances(console, balances)
    reports = [watcher.report(number) for number in range(1, wanted.blocks + 1)]
    draw_accuracy(reports, wanted.figure)
    console.print(f"{wanted.blocks} blocks in {seconds:.0f} s")
    last = reports[-1]
    if last.quiet and last.previous_accuracy == 1.0:
        console.print("The best model gets all test samples right: nothing is left to improve")
    console.print(summary(report), soft_wrap=True)
    console.print(f"Figures in {wanted.json_file}, picture in {wanted.figure}", soft_wrap=True)
    console.print(usage(kept), soft_wrap=True)


def usage(kept: KeptChain) -> str:
    """How the best model is used, now that the chain has ended."""
    called = Path(sys.argv[0])
    program = _from_here(called) if called.name == APPLICATION else APPLICATION
    return (
        f"The chain and its models are kept in {_from_here(kept.folder)}. Ask the best one:\n"
        f"  {program} predict FILE...\n"
        f"  {program} model show"
    )


def _from_here(path: Path) -> Path:
    """A path as it is typed in this folder, if it is below."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def require_writable(file: Path) -> None:
    """Try a file that the demo is to write, before it takes minutes to have what belongs in it.

    Raises:
        ConfigurationError: it cannot be written.
    """
    existed = file.exists()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("ab"):
            pass
        if not existed:
            file.unlink()
    except OSError as error:
        raise ConfigurationError(
            f"{file} cannot be written: {error.strerror}: choose another file"
        ) from error


def make_blocks(
    console: Console, network: DemoNetwork, watcher: Watcher, wanted: Wanted, began: float
) -> None:
    """Watch until all blocks are made and their rewards claimed; show each."""
    shown = told = 0
    feeding = True
    stage: Stage | None = None
    claims_until: float | None = None
    with Live(console=console, refresh_per_second=4, transient=True) as live:
        while shown < wanted.blocks:
            now = time.monotonic()
            network.children.check()
            watcher.refresh()
            check_health(watcher, wanted, now - began)
            if watcher.stage != stage:
                stage = watcher.stage
                if stage is not None and not console.is_terminal:
                    console.print(f"{now - began:6.1f} s  round {stage.round} {describe(stage)}")
            for event in watcher.disputes[told:]:
                show_dispute(console, event, network.plan, now - began)
            told = len(watcher.disputes)
            live.update(progress(watcher, network.workers, wanted.blocks, now - began))
            if feeding and watcher.blocks >= wanted.blocks:
                # Nothing more is to be made: the nodes only claim.
                network.children.stop_one(network.feeder)
                feeding, claims_until = False, now + CLAIM_SECONDS
            late = claims_until is not None and now > claims_until
            while shown < watcher.blocks and (watcher.is_claimed(shown + 1) or late):
                shown += 1
                report = watcher.report(shown)
                show_block(console, report, watcher.seconds_of(report.round))
            time.sleep(_POLL_SECONDS)


def check_health(watcher: Watcher, wanted: Wanted, seconds: float) -> None:
    """Raise `DemoFailedError` if it takes too long or too many rounds are void."""
    if seconds > wanted.timeout and watcher.blocks < wanted.blocks:
        raise DemoFailedError(
            f"{watcher.blocks} of {wanted.blocks} blocks after {wanted.timeout:.0f} s"
        )
    if len(watcher.voids) >= MAXIMUM_VOIDS:
        reasons = ", ".join(f"{number}: {reason.name}" for number, reason in watcher.voids)
        raise DemoFailedError(f"too many rounds are void ({reasons})")


def node_balances(network: DemoNetwork) -> list[Balances]:
    """What every node owns, the rewards at its derived addresses too."""
    deployment = network.contracts.deployment
    balances = []
    for node, owner in enumerate(network.accounts()):
        seed = node_seed_from_mnemonic(DEVELOPMENT_MNEMONIC, node)
        secrets = deployment.node_secrets(seed)
        balances.append(read_balances(network.contracts, owner, secrets))
    return balances


def write_json(
    file: Path,
    network: DemoNetwork,
    watcher: Watcher,
    balances: list[Balances],
    seconds: float,
    verification: dict[str, object],
) -> None:
    """Write the figures of the run.

    Raises:
        ConfigurationError: the file cannot be written.
    """
    blocks = []
    for number in range(1, watcher.blocks + 1):
        first, last = watcher.evm_block_of[number - 1] + 1, watcher.evm_block_of[number]
        report = watcher.report(number)
        gas = gas_by_function(network.contracts, first, last)
        blocks.append(report.as_json(gas, watcher.seconds_of(report.round)))
    chain_id = network.contracts.deployment.chain_id
    content = {
        "seconds": round(seconds, 2),
        "nodes": network.plan.nodes,
        "liars": network.plan.liars,
        "task": network.plan.task,
        "parameters": asdict(network.plan.deployed_parameters),
        "blocks": blocks,
        "disputes": [event.as_json() for event in watcher.disputes],
        "voids": [{"round": number, "reason": reason.name} for number, reason in watcher.voids],
        "balances": [balances_json(balance, chain_id) for balance in balances],
        "verification": verification,
    }
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be written: {error.strerror}") from error


@contextmanager
def working_folder(keep: bool) -> Iterator[Path]:
    """Where the network's files go: a folder that vanishes, or ``out/demo``."""
    if keep:
        folder = Path("out/demo").resolve()
        if folder.exists() and any(folder.iterdir()):
            folder = Path(tempfile.mkdtemp(prefix="demo-", dir=folder.parent))
        folder.mkdir(parents=True, exist_ok=True)
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="modelchain-") as name:
        yield Path(name)


def keep_logs(plan: DemoPlan) -> Path | None:
    """Copy the logs of a failed run to where they stay; None: there are none."""
    logs = list(plan.logs.glob("*.log"))
    if not logs:
        return None
    target = Path("out/demo-logs")
    target.mkdir(parents=True, exist_ok=True)
    for log in logs:
        (target / log.name).write_bytes(log.read_bytes())
    return target


@contextmanager
def interrupted_by_signals() -> Iterator[None]:
    """Let SIGTERM end the demo as Ctrl-C does, so that its children end with it."""

    def interrupt(_: int, __: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = None
    if threading.current_thread() is threading.main_thread():
        before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        if before is not None:
            signal.signal(signal.SIGTERM, before)
    sys.stdout.flush()
