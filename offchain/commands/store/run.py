"""What ``modelchain store`` does: put files into the content store, get them out, list them."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from offchain.config import Settings
from offchain.errors import ConfigurationError, ContentTooLargeError, StoreError
from offchain.storage.cid import (
    DIGEST_SIZE,
    cid_of,
    digest_of_multibase,
    digest_of_root,
    root_cid_of,
)
from offchain.storage.files import fetch_file, keep_file
from offchain.storage.location import open_store
from offchain.storage.unixfs import LEAF_BYTES, MAXIMUM_FILE

_STANDARD_STREAM = "-"


def keep_files(settings: Settings, *, files: tuple[str, ...]) -> None:
    """Keep files and print their identifiers.

    Raises:
        ModelChainError: one cannot be read or kept; those before it are kept.
    """
    chosen = open_store(settings.store, for_writing=True)
    for file in files:
        content = _read(file)
        digest = keep_file(chosen, content)
        click.echo(cid_of(digest) if len(content) <= LEAF_BYTES else root_cid_of(digest))


def get_file(settings: Settings, *, identifier: str, output: Path | None) -> None:
    """Fetch a file and write it out.

    Raises:
        ConfigurationError: the identifier names no file.
        StoreError: it cannot be fetched or written.
    """
    digest = parse_identifier(identifier)
    content = fetch_file(open_store(settings.store), digest, MAXIMUM_FILE)
    if output is None:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    try:
        output.write_bytes(content)
    except OSError as error:
        raise StoreError(f"{output} cannot be written: {error.strerror}") from error


def print_identifiers(settings: Settings, *, with_digest: bool) -> None:
    """Print the identifiers of all files; ``StoreError`` if the store cannot be read."""
    for digest in open_store(settings.store).digests():
        click.echo(f"{cid_of(digest)}  {digest.hex()}" if with_digest else cid_of(digest))


def parse_identifier(text: str) -> bytes:
    """A file's sha2-256 from its CID or from hexadecimal digits.

    Raises:
        ConfigurationError: it is neither.
    """
    hexadecimal = text.removeprefix("0x")
    if len(hexadecimal) == 2 * DIGEST_SIZE:
        try:
            digest = bytes.fromhex(hexadecimal)
        except ValueError:
            digest = b""
        # Spaces between the digits are no digits.
        if len(digest) == DIGEST_SIZE:
            return digest
    root = digest_of_root(text)
    if root is not None:
        return root
    try:
        return digest_of_multibase(text)
    except StoreError as error:
        raise ConfigurationError(
            f"{text[:80]!r} names no file: give a CID of a raw block or of a root by its sha2-256 "
            "(bafkrei..., bafybei...), or the sha2-256 in hexadecimal"
        ) from error


def _read(file: str) -> bytes:
    """A file's content, no more than is kept; ``-`` is standard input."""
    try:
        if file == _STANDARD_STREAM:
            if sys.stdin is None:
                raise ConfigurationError("standard input cannot be read: it is closed")
            content = sys.stdin.buffer.read(MAXIMUM_FILE + 1)
        else:
            with Path(file).open("rb") as stream:
                content = stream.read(MAXIMUM_FILE + 1)
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read: {error.strerror}") from error
    if len(content) > MAXIMUM_FILE:
        size = len(content) if file == _STANDARD_STREAM else Path(file).stat().st_size
        raise ContentTooLargeError(size, MAXIMUM_FILE)
    return content
