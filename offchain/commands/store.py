"""``modelchain store``: put files into the content store, get them out, list them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from offchain.commands.options import store_option
from offchain.config import load_settings
from offchain.errors import ConfigurationError, ContentTooLargeError, StoreError
from offchain.storage.cid import DIGEST_SIZE, cid_of, digest_of_multibase
from offchain.storage.local import MAXIMUM_CONTENT
from offchain.storage.location import open_store

_STANDARD_STREAM = "-"


@click.group()
def store() -> None:
    """The content store: files of at most 1 MiB by their content identifier."""


@store.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@store_option
def put(files: tuple[str, ...], store: str | None) -> None:
    """Keep FILEs (- for standard input) and print their identifiers, one a line."""
    chosen = open_store(load_settings({"store": store}, os.environ).store)
    for file in files:
        click.echo(cid_of(chosen.put(_read(file))))


@store.command()
@click.argument("identifier")
@click.option(
    "--output",
    "-o",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="where it goes; standard output by default",
)
@store_option
def get(identifier: str, output: Path | None, store: str | None) -> None:
    """Fetch the file named IDENTIFIER, a CID or a sha2-256 in hexadecimal, and check it."""
    digest = parse_identifier(identifier)
    content = open_store(load_settings({"store": store}, os.environ).store).get(digest)
    if output is None:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    try:
        output.write_bytes(content)
    except OSError as error:
        raise StoreError(f"{output} cannot be written: {error.strerror}") from error


@store.command()
@click.option("--long", "-l", "with_digest", is_flag=True, help="with the sha2-256 beside each")
@store_option
def ls(with_digest: bool, store: str | None) -> None:
    """Print the identifiers of all files in the store, one a line.

    Of a daemon: all raw blocks that it has pinned, whoever pinned them.
    """
    chosen = open_store(load_settings({"store": store}, os.environ).store)
    for digest in chosen.digests():
        click.echo(f"{cid_of(digest)}  {digest.hex()}" if with_digest else cid_of(digest))


def parse_identifier(text: str) -> bytes:
    """A file's sha2-256 from its CID or from hexadecimal digits.

    Raises:
        ConfigurationError: it is neither.
    """
    hexadecimal = text.removeprefix("0x")
    if len(hexadecimal) == 2 * DIGEST_SIZE:
        try:
            return bytes.fromhex(hexadecimal)
        except ValueError:
            pass
    try:
        return digest_of_multibase(text)
    except StoreError as error:
        raise ConfigurationError(
            f"{text[:80]!r} names no file: give a CID of a raw block by its sha2-256 (bafkrei...), "
            "or the sha2-256 in hexadecimal"
        ) from error


def _read(file: str) -> bytes:
    """A file's content, no more than is kept; ``-`` is standard input."""
    try:
        if file == _STANDARD_STREAM:
            content = sys.stdin.buffer.read(MAXIMUM_CONTENT + 1)
        else:
            with Path(file).open("rb") as stream:
                content = stream.read(MAXIMUM_CONTENT + 1)
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read: {error.strerror}") from error
    if len(content) > MAXIMUM_CONTENT:
        size = len(content) if file == _STANDARD_STREAM else Path(file).stat().st_size
        raise ContentTooLargeError(size, MAXIMUM_CONTENT)
    return content
