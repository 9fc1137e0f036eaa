"""``modelchain fonts``: which fonts there are, which are used and why not, where there are more."""

from __future__ import annotations

from pathlib import Path

import click

from offchain.errors import FontError

# Named here again, and compared in a test: what has them imports NumPy and OpenCV.
SET_CHOICES = ("machine", "small", "full")


@click.group(invoke_without_command=True)
@click.option(
    "--set",
    "chosen",
    type=click.Choice(SET_CHOICES),
    default="machine",
    help="the machine's own fonts, or a set that was fetched",
)
@click.option("--names", is_flag=True, help="name every usable font, one a line")
@click.option("--skipped", is_flag=True, help="name every font that is left out, with the reason")
@click.option(
    "--write",
    "list_file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="write the list of usable fonts with their hashes; compressed if it ends in .gz",
)
@click.option("--force", is_flag=True, help="write over a list that exists")
@click.pass_context
def fonts(
    context: click.Context,
    chosen: str,
    names: bool,
    skipped: bool,
    list_file: Path | None,
    force: bool,
) -> None:
    """List and check fonts: their digits are the users' handwriting."""
    if context.invoked_subcommand is not None:
        return
    if list_file is not None and list_file.exists() and not force:
        raise FontError(f"{list_file} exists: --force writes over it")
    from offchain.commands.fonts.run import list_fonts

    list_fonts(chosen, names, skipped, list_file)


@fonts.command()
@click.option("--set", "chosen", type=click.Choice(SET_CHOICES[1:]), required=True)
def fetch(chosen: str) -> None:
    """Download the packages of a set into the user's cache, and scan them. Nothing is installed."""
    from offchain.commands.fonts.run import fetch_set

    fetch_set(chosen)
