"""``modelchain completion``: what a shell needs to complete commands and options."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import click
from click.shell_completion import get_completion_class

from offchain.commands.look.command import examples
from offchain.errors import ConfigurationError

SHELLS: Final = ("bash", "zsh", "fish")
VARIABLE: Final = "_MODELCHAIN_COMPLETE"
"""By which the shell asks the program what may come next; click's own protocol."""


@click.command(
    epilog=examples(
        "modelchain completion bash >> ~/.bashrc",
        "modelchain completion zsh >> ~/.zshrc",
        "modelchain completion fish > ~/.config/fish/completions/modelchain.fish",
    )
)
@click.argument("shell", required=False, type=click.Choice(SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str | None) -> None:
    """Print what lets a shell complete commands and options; by default for the shell that runs."""
    name = shell or Path(os.environ.get("SHELL", "")).name
    kind = get_completion_class(name) if name in SHELLS else None
    if kind is None:
        raise ConfigurationError(f"no completion for the shell {name!r}: name bash, zsh or fish")
    root = context.find_root()
    click.echo(kind(root.command, {}, "modelchain", VARIABLE).source())
