"""``modelchain predict``: what the chain's best model says of pictures, rows or texts."""

from __future__ import annotations

from typing import Any

import click

from offchain.commands.options import block_option, json_option, setting_options, start


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILES...")
@setting_options("rpc", "deployment", "store")
@block_option()
@click.option("--skip-bad", is_flag=True, help="go on without what does not fit the task, list it")
@json_option("the answers as JSON, with the exact whole numbers")
def predict(**options: Any) -> None:
    """Ask the chain's best model about FILES: what is in them, and how sure it is.

    The model is fetched by the hash that stands on chain, after headers and votes are verified.
    FILES are pictures (PNG, JPEG, or folders of them), tables (CSV, TSV, Parquet: a row is a
    sample) or texts (a line is a sample; - is standard input), as the chain's task has them. They
    are prepared as shared data are.

    Without --rpc, --deployment and --store, and where no chain runs, the chain that the last
    `modelchain demo` left is asked.
    """
    from offchain.commands.predict.run import answer

    start(answer, options)
