"""``modelchain headers``: files of Bitcoin headers."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from offchain.bitcoin.header import display_hash
from offchain.bitcoin.rules import NETWORKS
from offchain.headers.raw_file import CheckedFile, check_header_file
from offchain.headers.replies import MAXIMUM_HEIGHT


@click.group()
def headers() -> None:
    """Files of Bitcoin headers."""


@headers.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--start-height",
    metavar="H",
    type=click.IntRange(0, MAXIMUM_HEIGHT),
    required=True,
    help="height of the file's first header",
)
@click.option(
    "--network",
    type=click.Choice(sorted(NETWORKS)),
    default="mainnet",
    help="whose rules hold",
)
def check(file: Path, start_height: int, network: str) -> None:
    """Check FILE, 80-byte headers one after another, from the first to the last.

    Sizes, links, versions, targets, retargets, proof of work and times, as far as the file tells.
    What is wrong is named with its height and byte, and the exit status is 6.
    """
    click.echo(f"{file}: {summary(check_header_file(file, start_height, NETWORKS[network]))}")


def summary(checked: CheckedFile) -> str:
    """What was found, as one line."""
    return (
        f"{checked.count} headers, heights {checked.first_height} to {checked.last_height}, "
        f"{_date(checked.first_time)} to {_date(checked.last_time)}, "
        f"{checked.retargets} retargets computed again, last hash "
        f"{display_hash(checked.last_hash)}, sha256 {checked.sha256.hex()}: all valid"
    )


def _date(time: int) -> str:
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d")
