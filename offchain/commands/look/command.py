"""``modelchain status``, ``why``, ``blocks``, ``block``, ``round``, ``nodes``, ``contracts``."""

from __future__ import annotations

from typing import Any

import click

from offchain.commands.options import json_option, setting_options, start, whose_option

_NUMBER = click.IntRange(1, 2**32 - 1)


def examples(*lines: str) -> str:
    """The end of a command's help: how it is called."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


@click.command(
    epilog=examples(
        "modelchain status",
        "modelchain status --account 0",
        "modelchain status --account alice --json",
    )
)
@whose_option("whose node is shown too")
@setting_options("rpc", "deployment")
@json_option()
def status(**options: Any) -> None:
    """Where the chain is, when its phase ends, and what your node did and has to do next."""
    from offchain.commands.look.run import show_status

    start(show_status, options)


@click.command(
    epilog=examples(
        "modelchain why --account 0",
        "modelchain why --account 0 --round 3",
        "modelchain why --account 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266 --json",
    )
)
@whose_option("who is asked about: anybody", required=True)
@click.option(
    "--round",
    "number",
    metavar="R",
    type=_NUMBER,
    help="a round; by default the last one that ended, or the one that runs",
)
@setting_options("rpc", "deployment")
@json_option()
def why(**options: Any) -> None:
    """Why an account has what it has of a round, from the chain alone.

    What it did; its model's net advantage against what was needed, its rank and voice; its
    statement against the table; each reward or the rule that denied it; what it missed, and how
    long ago.
    """
    from offchain.commands.look.run import show_why

    start(show_why, options)


@click.command(epilog=examples("modelchain blocks", "modelchain blocks --limit 100 --json"))
@click.option("--limit", metavar="N", type=click.IntRange(1, 10_000), default=20, help="at most")
@setting_options("rpc", "deployment")
@json_option()
def blocks(**options: Any) -> None:
    """The blocks of the model chain, newest first."""
    from offchain.commands.look.run import show_blocks

    start(show_blocks, options)


@click.command(epilog=examples("modelchain block 3", "modelchain block 3 --json"))
@click.argument("number", metavar="N", type=_NUMBER)
@setting_options("rpc", "deployment")
@json_option()
def block(**options: Any) -> None:
    """Block N: its models, votes and rewards."""
    from offchain.commands.look.run import show_block

    start(show_block, options)


@click.command("round", epilog=examples("modelchain round", "modelchain round 4 --json"))
@click.argument("number", metavar="[N]", type=_NUMBER, required=False)
@setting_options("rpc", "deployment")
@json_option()
def one_round(**options: Any) -> None:
    """Round N, or the one that runs: phases, data, models, statements, disputes."""
    from offchain.commands.look.run import show_round

    start(show_round, options)


@click.command(epilog=examples("modelchain nodes", "modelchain nodes --json"))
@setting_options("rpc", "deployment")
@json_option()
def nodes(**options: Any) -> None:
    """All accounts that take part: heat, stake, blocks won, earnings, and who is waited for."""
    from offchain.commands.look.run import show_nodes

    start(show_nodes, options)


@click.command(epilog=examples("modelchain contracts", "modelchain contracts --json"))
@setting_options("rpc", "deployment")
@json_option()
def contracts(**options: Any) -> None:
    """Addresses of the deployment's contracts, and where their ABI is."""
    from offchain.commands.look.run import show_contracts

    start(show_contracts, options)
