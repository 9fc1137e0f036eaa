"""``modelchain share PATH``: your own samples, previewed, then shared once each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from offchain.commands.options import (
    account_option,
    json_option,
    relayers_option,
    setting_options,
    start,
    state_option,
)


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@account_option()
@setting_options("rpc", "deployment", "store", "maximum_fee")
@state_option("where is kept what was shared")
@relayers_option("where shares go, to one of several by chance")
@click.option(
    "--direct",
    is_flag=True,
    help="share with the account's own transactions: everybody sees whose data it is",
)
@click.option(
    "--seed-file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="the node's seed, 32 bytes in hexadecimal, instead of the mnemonic's",
)
@click.option(
    "--task",
    "task_file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="with --dry-run: look at the samples for this task file, and ask no chain",
)
@click.option("--skip-bad", is_flag=True, help="share the rest where some do not fit the task")
@click.option("--dry-run", is_flag=True, help="show the preview, and sign nothing")
@click.option("--yes", is_flag=True, help="share without asking")
@click.option(
    "--leave", is_flag=True, help="apply for no further epoch: share in the one that runs"
)
@json_option("the preview as JSON")
def share(task_file: Path | None, dry_run: bool, **options: Any) -> None:
    """Look at the samples under PATH and share them, some in every round, until all are shared.

    PATH is a folder of pictures by label, an idx, npz, CSV, TSV or Parquet file or a folder of
    them, texts by label, or a folder that Hugging Face's library saved; docs/OwnData.md has all
    layouts. Before anything is signed it says how many samples fit, what is done to them, what
    sharing costs, what others will see, and which rule of privacy is broken by what. Stopped or
    killed and started again, it goes on, and shares nothing twice.
    """
    from offchain.commands.share.run import look_at_file, share_data

    if task_file is None:
        start(share_data, {"dry_run": dry_run, **options})
        return
    if not dry_run:
        raise click.UsageError("--task needs --dry-run: what is shared fits the deployment's task")
    kept = {name: options[name] for name in ("path", "skip_bad", "as_json")}
    look_at_file(task_file, **kept)
