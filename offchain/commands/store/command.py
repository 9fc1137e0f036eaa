"""``modelchain store``: put files into the content store, get them out, list them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from offchain.commands.options import setting_options, start


@click.group()
def store() -> None:
    """The content store: files of at most 17 MiB by their content identifier."""


@store.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@setting_options("store")
def put(**options: Any) -> None:
    """Keep FILEs (- for standard input) and print their identifiers, one a line.

    A file above 1 MiB is kept in leaves under a root, whose identifier is printed (bafybei...).
    """
    from offchain.commands.store.run import keep_files

    start(keep_files, options)


@store.command()
@click.argument("identifier")
@click.option(
    "--output",
    "-o",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="where it goes; standard output by default",
)
@setting_options("store")
def get(**options: Any) -> None:
    """Fetch the file named IDENTIFIER, a CID or a sha2-256 in hexadecimal, and check it."""
    from offchain.commands.store.run import get_file

    start(get_file, options)


@store.command("ls")
@click.option("--long", "-l", "with_digest", is_flag=True, help="with the sha2-256 beside each")
@setting_options("store")
def list_files(**options: Any) -> None:
    """Print the identifiers of all blocks in the store, one a line: files, leaves and roots.

    Of a daemon: all raw blocks that it has pinned, whoever pinned them.
    """
    from offchain.commands.store.run import print_identifiers

    start(print_identifiers, options)
