"""The command line, ``modelchain``: wires the commands and turns errors into one line.

A command's module is imported when the command runs, so that ``--help`` and small commands do not
wait for the libraries of the large ones.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from typing import Final

import click

from offchain.commands.options import version_option
from offchain.programs import run_program

COMMANDS: Final = {
    "demo": (
        "offchain.commands.demo.command:demo",
        "A whole network on this machine makes a few blocks.",
    ),
    "doctor": (
        "offchain.commands.doctor.command:doctor",
        "What is here, what is missing, how to get it.",
    ),
    "fonts": ("offchain.commands.fonts:fonts", "List and check fonts, fetch more."),
    "headers": ("offchain.commands.headers:headers", "Files of Bitcoin headers."),
    "store": ("offchain.commands.store:store", "Put files into the content store, get, list."),
    "verify": (
        "offchain.commands.verify:verify",
        "Compute everything that the chain says again.",
    ),
    "wallet": (
        "offchain.commands.wallet.balance:wallet",
        "Tokens and bonds: look, send, claim rewards.",
    ),
}
"""Where each command is, and the line that ``--help`` says of it without importing it."""


class LazyGroup(click.Group):
    """A group whose commands are named first and imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of all commands, sorted."""
        return sorted({*super().list_commands(ctx), *COMMANDS})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command by name."""
        if cmd_name not in COMMANDS:
            return super().get_command(ctx, cmd_name)
        module, attribute = COMMANDS[cmd_name][0].split(":")
        command = getattr(importlib.import_module(module), attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{COMMANDS[cmd_name][0]} is no command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands with their lines, importing none."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in sorted(COMMANDS)])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@version_option
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
