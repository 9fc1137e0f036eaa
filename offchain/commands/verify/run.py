"""What ``modelchain verify`` does: verify with progress shown, and say what was found."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import click
from rich import progress as bars
from rich.console import Console

from offchain.chain.reading.contracts import DeployedContracts
from offchain.commands.place import asked_place
from offchain.config import Settings
from offchain.learning.tasks.known import deployed_task, make_learner
from offchain.programs.logs import warnings_to_standard_error
from offchain.storage.location import open_store
from offchain.verification.full.verifier import VerificationReport
from offchain.verification.light.verify import LightReport
from offchain.verification.recording.differences import Difference, shown
from offchain.verification.run import verify_chain, verify_chain_lightly


@warnings_to_standard_error()
def run_verification(
    settings: Settings,
    *,
    light: bool,
    checkpoint: Path | None,
    confirmations: int,
    processes: int,
    as_json: bool,
) -> None:
    """Verify, and say what was verified.

    Raises:
        Difference: the first one between what is recorded and what follows.
        ModelChainError: the chain or the store cannot be read.
    """
    console = Console(stderr=True)
    try:
        with asked_place(settings) as place:
            if light:
                with shown_progress(console) as report_progress:
                    found: VerificationReport | LightReport = verify_chain_lightly(
                        place.contracts, confirmations=confirmations, progress=report_progress
                    )
            else:
                found = verify_fully(
                    console,
                    place.contracts,
                    place.store,
                    checkpoint=checkpoint,
                    confirmations=confirmations,
                    processes=processes,
                )
    except Difference as difference:
        if as_json:
            click.echo(json.dumps(difference_json(difference), indent=2))
        raise
    click.echo(json.dumps(report_json(found), indent=2) if as_json else summary(found))


def verify_fully(
    console: Console,
    contracts: DeployedContracts,
    store: str,
    *,
    checkpoint: Path | None = None,
    confirmations: int = 0,
    processes: int = 1,
) -> VerificationReport:
    """Verify a deployment with a content store, showing progress on a console.

    Raises:
        ConfigurationError: there is no such store, or this version does not know the task.
        WrongTaskError: this version's task is another one than the contracts are bound to.
        ModelChainError: as `verify_chain`.
    """
    open_store(store)  # what is wrong with it is said before the chain is read
    deployment = contracts.deployment
    task = deployed_task(deployment.task.description, deployment.task.judge)
    with shown_progress(console) as report_progress:
        return verify_chain(
            contracts,
            partial(open_store, store),
            partial(make_learner, task),
            checkpoint=checkpoint,
            confirmations=confirmations,
            processes=processes,
            progress=report_progress,
            notice=lambda text: console.print(text, style="dim", highlight=False, soft_wrap=True),
        )


@contextmanager
def shown_progress(console: Console) -> Iterator[Callable[[str, int, int], None]]:
    """Bars on a terminal, one for each stage; nothing elsewhere."""
    with bars.Progress(
        bars.TextColumn("{task.description}"),
        bars.BarColumn(),
        bars.MofNCompleteColumn(),
        bars.TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as display:
        tasks: dict[str, bars.TaskID] = {}

        def report(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = display.add_task(stage, total=total)
            display.update(tasks[stage], completed=done, total=total)

        yield report


def summary(report: VerificationReport | LightReport) -> str:
    """What was verified, as one line."""
    head = f"block {report.head} {report.head_hash.hex()}"
    if isinstance(report, LightReport):
        return (
            f"OK: headers, votes, blocks and claims up to EVM block {report.last_block}: {head}; "
            f"{report.headers} Bitcoin headers, {report.rounds} rounds, "
            f"{report.attestations} attestations, {report.claims} claims"
        )
    return (
        f"OK: everything up to EVM block {report.last_block}: {head}; "
        f"{report.data} data transactions, {report.total_supply} units of the token; in this run "
        f"{report.transactions} transactions, {report.headers} Bitcoin headers, "
        f"{report.rings} ring signatures, {report.evaluations} models in {report.rounds} rounds"
        + _beside(report.false_evaluations, "models were said to earn other points")
        + _beside(report.true_fallen, "true statements fell, since nobody answered for them")
    )


def _beside(count: int, what: str) -> str:
    return f"; {count} {what}, which breaks no rule" * bool(count)


def report_json(report: VerificationReport | LightReport) -> dict[str, Any]:
    """What was verified, as JSON."""
    values = {**asdict(report), "head_hash": "0x" + report.head_hash.hex()}
    # Whoever wants them asks `modelchain model list`.
    values.pop("blocks", None)
    return {"ok": True, "light": isinstance(report, LightReport), **values}


def difference_json(difference: Difference) -> dict[str, Any]:
    """A difference as JSON."""
    return {
        "ok": False,
        "kind": type(difference).__name__,
        "evm_block": difference.place.block_number,
        "log_index": difference.place.log_index,
        "record": difference.place.name,
        "what": difference.what,
        "computed": shown(difference.expected),
        "recorded": shown(difference.actual),
    }
