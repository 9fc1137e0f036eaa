"""``modelchain dashboard``: a page on this machine that shows the chain."""

from __future__ import annotations

from typing import Any

import click

from offchain.commands.look.command import examples
from offchain.commands.options import setting_options, start, state_option


@click.command(
    epilog=examples(
        "modelchain dashboard", "modelchain dashboard --port 9000 --rpc http://host:8545"
    )
)
@click.option("--port", type=click.IntRange(0, 65_535), default=8560, help="0: any free one")
@setting_options("rpc", "deployment")
@state_option("where its index is kept")
def dashboard(**options: Any) -> None:
    """Show the chain as pages in a browser, until it is stopped. Nothing can be changed there.

    Only this machine can ask for them, and they load nothing from elsewhere. An index on disk
    follows the chain, so that pages are there at once, also of a long chain.
    """
    from offchain.commands.dashboard.run import run_dashboard

    start(run_dashboard, options)
