"""``modelchain config``: what a command would work with here, and why."""

from __future__ import annotations

from typing import Any

import click

from offchain.commands.look.command import examples
from offchain.commands.options import json_option, setting_options, start_with_sources


@click.group()
def config() -> None:
    """Settings: from options, else the environment, else modelchain.toml, else defaults.

    The file is looked for in the working folder and those above it; MODELCHAIN_CONFIG names
    another one, or none.
    """


@config.command(epilog=examples("modelchain config show", "modelchain config show --json"))
@setting_options("rpc", "deployment", "store", "maximum_fee", "maximum_claim_fee")
@json_option("the settings as JSON")
def show(**options: Any) -> None:
    """Every setting with its value, and where that comes from. Secrets are not shown."""
    from offchain.commands.config.run import show_settings

    start_with_sources(show_settings, options)
