"""The command line, ``modelchain``: wires the commands and turns errors into one line.

Each command is a folder of `offchain.commands`: its options stand in ``command.py``, which is
imported when it is called, and what it does is imported when it runs.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from typing import Final

import click

from offchain.commands.options import CONTEXT, VERSION
from offchain.programs.running import run_program

COMMANDS: Final = {
    "account": "Accounts by name: new, import, back up, recover.",
    "attack": "Try the promises of the protocol, each by its attack.",
    "audit": "Try to name who shared, from all that is public.",
    "block": "One block: its models, votes and rewards.",
    "blocks": "The blocks of the model chain, newest first.",
    "completion": "Completion of commands for bash, zsh and fish.",
    "config": "Settings, and where each comes from.",
    "contracts": "Addresses of the contracts, and their ABI.",
    "dashboard": "The chain as pages in a browser on this machine.",
    "demo": "A whole network on this machine makes a few blocks.",
    "doctor": "What is here, what is missing, how to get it.",
    "fonts": "List and check fonts, fetch more.",
    "headers": "Files of Bitcoin headers.",
    "model": "The chain's models: list, show, export.",
    "nodes": "Accounts that take part, and who is waited for.",
    "predict": "What the chain's best model says of pictures, rows or texts.",
    "round": "One round: phases, data, models, disputes.",
    "share": "Share your own samples, after a look at them.",
    "status": "The chain, its phase, and your node, on one screen.",
    "store": "Put files into the content store, get, list.",
    "task": "What a chain learns: propose a task file, check, show.",
    "up": "A network on this machine that goes on until stopped.",
    "verify": "Compute everything that the chain says again.",
    "wallet": "Tokens and stake: look, send, claim rewards.",
    "why": "Why an account got what it got in a round.",
}
"""The line that ``--help`` says of each command, without importing it."""

PLACES: Final = {
    **{name: ("look", name) for name in ("status", "why", "blocks", "block", "nodes", "contracts")},
    "round": ("look", "one_round"),
}
"""Folder and name of commands that do not have a folder of their own name."""


class LazyGroup(click.Group):
    """A group whose commands are named first and imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of all commands, sorted."""
        return sorted({*super().list_commands(ctx), *COMMANDS})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command by name."""
        if cmd_name not in COMMANDS:
            return super().get_command(ctx, cmd_name)
        folder, name = PLACES.get(cmd_name, (cmd_name, cmd_name))
        module = importlib.import_module(f"offchain.commands.{folder}.command")
        command: click.Command = getattr(module, name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands with their lines, importing none."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))


@click.group(
    cls=LazyGroup,
    context_settings=CONTEXT,
    params=[VERSION],
    epilog="Each command shows its options with --help. Exit statuses and what --json prints are "
    "in docs/CommandLine.md; 2 is wrong use, 4 a chain that cannot be read.",
)
def modelchain() -> None:
    """Share data anonymously, train, and let the better model carry the vote."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and end the process with its exit status."""
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status. An error is one line on standard error."""
    return run_program(modelchain, "modelchain", arguments)


if __name__ == "__main__":
    main()
