"""What ``modelchain share`` does: preview, ask, then be a node that only shares."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from offchain.chain.reading.contracts import DeployedContracts
from offchain.chain.sending.accounts import AccountName, load_account
from offchain.chain.web3_chain import open_contracts
from offchain.commands.own_data.chain import preview_on
from offchain.commands.own_data.opening import Chosen, OpenedData, opened_data
from offchain.commands.own_data.preview import SharePreview
from offchain.commands.own_data.shown import preview_json, preview_lines
from offchain.commands.worker.run import node_seed, run_worker
from offchain.config import Settings
from offchain.crypto.derivation import SEED_BYTES
from offchain.errors import ConfigurationError
from offchain.learning.own_data.source import ledger_file
from offchain.learning.task_file.words import TaskFile
from offchain.learning.tasks.known import deployed_task, task_named
from offchain.node.assembly import journal_file
from offchain.protocol.deciding.policy import Role


def look_at_file(task_file: Path, *, path: Path, skip_bad: bool, as_json: bool) -> None:
    """Show what samples there are for a task file, without any chain.

    Raises:
        ModelChainError: the task file or the data cannot be read, or a sample is refused.
    """
    task = task_named(str(task_file))
    with TemporaryDirectory(prefix="modelchain-ledger-") as folder:
        ledger = Path(folder) / "ledger.sqlite"
        secret = bytes(SEED_BYTES)
        with opened_data(Chosen(path), task, ledger, secret) as opened:
            _show(SharePreview(opened.preview, None), as_json=as_json)
            opened.require_good(skip_bad)


def share_data(
    settings: Settings,
    *,
    path: Path,
    number: AccountName | None,
    urls: tuple[str, ...],
    direct: bool,
    seed_file: Path | None,
    skip_bad: bool,
    dry_run: bool,
    yes: bool,
    leave: bool,
    as_json: bool,
) -> None:
    """Preview own data on the settings' deployment, and share them.

    Raises:
        ModelChainError: they cannot be shared; nothing was signed, or what was is kept.
    """
    contracts = open_contracts(settings.rpc, settings.deployment)
    chain_id = contracts.deployment.chain_id
    has_account = number is not None or settings.private_key or settings.key_file
    if not has_account and not dry_run:
        raise ConfigurationError(
            "say whose node shares them: --account N, or a key in the settings"
        )
    account = None
    if has_account:
        account = str(load_account(settings, number, chain_id).address)
    deployed = contracts.deployment.task
    task = deployed_task(deployed.description, deployed.judge)
    with _looked_at(contracts, settings, task, path, account) as opened:
        preview = preview_on(opened.preview, task, contracts, account, direct=direct)
        _show(preview, as_json=as_json)
        opened.require_good(skip_bad)
        if not preview.transactions and not dry_run:
            per_round = contracts.parameters.parts * contracts.parameters.samples_per_part
            raise ConfigurationError(
                f"{preview.left_over} samples wait and a round takes {per_round}: add some, or run "
                "a worker with --data, which waits for them"
            )
    if dry_run:
        return
    # What is wrong with the seed is said before anybody is asked.
    node_seed(settings, chain_id, number, seed_file)
    _require_consent(yes, preview)
    run_worker(
        settings,
        given={},
        number=number,
        urls=urls,
        direct=direct,
        roles=Role.SHARE,
        nodes=1,
        position=0,
        task=None,
        data_source=None,
        data=path,
        skip_bad=skip_bad,
        threads=1,
        seed_file=seed_file,
        confirmations=None,
        phase_seconds=None,
        poll=None,
        leave=leave,
        until_shared=True,
        tells_preview=False,
    )


@contextmanager
def _looked_at(
    contracts: DeployedContracts,
    settings: Settings,
    task: TaskFile,
    path: Path,
    account: str | None,
) -> Iterator[OpenedData]:
    """The data, by a copy of the ledger that the account's node has."""
    deployment = contracts.deployment
    with TemporaryDirectory(prefix="modelchain-ledger-") as folder:
        ledger = Path(folder) / "none.sqlite"
        if account is not None:
            contract = deployment.address("ModelChain")
            ledger = ledger_file(
                journal_file(settings.state, deployment.genesis_hash, contract, account)
            )
        with opened_data(Chosen(path), task, ledger, bytes(SEED_BYTES), to_share=False) as opened:
            yield opened


def _show(preview: SharePreview, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(preview_json(preview), indent=2))
        return
    for line in preview_lines(preview):
        click.echo(line)


def _require_consent(yes: bool, preview: SharePreview) -> None:
    """Raise `ConfigurationError` unless somebody wants to share."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise ConfigurationError("nobody can be asked here: add --yes to share, or --dry-run")
    what = f"Share {preview.transactions * _per_round(preview)} samples, for good?"
    if not click.confirm(what, default=False):
        raise ConfigurationError("nothing was shared, and nothing signed")


def _per_round(preview: SharePreview) -> int:
    return 0 if preview.chain is None else preview.chain.per_round
