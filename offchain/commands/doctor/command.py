"""``modelchain doctor``: what is here, what is missing and how to get it."""

from __future__ import annotations

import click

from offchain.commands.options import json_option, setting_options


@click.command()
@setting_options("rpc", "deployment")
@json_option("the findings as JSON")
@click.pass_context
def doctor(context: click.Context, rpc: str | None, deployment: str | None, as_json: bool) -> None:
    """Look at everything that the demo and a node need, and say how to get what is missing.

    Ends with 0 only if the demo can run here. An EVM node and a deployment are needed only where
    an option or a variable names one. Installs and changes nothing.
    """
    from offchain.commands.doctor.run import look_and_tell

    context.exit(look_and_tell({"rpc": rpc, "deployment": deployment}, as_json))
