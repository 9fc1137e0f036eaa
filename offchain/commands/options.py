"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from offchain.config import ENVIRONMENT, version

Command = TypeVar("Command", bound=Callable[..., Any])


def version_option(command: Command) -> Command:
    """``--version``: prints the program's name and version, and ends."""

    def show(context: click.Context, _: click.Parameter, asked: bool) -> None:
        if asked:
            click.echo(f"{context.find_root().info_name} {version()}")
            context.exit()

    return click.option(
        "--version",
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=show,
        help="show the version and end",
    )(command)


def rpc_option(command: Command) -> Command:
    """``--rpc URL``, as the argument `rpc`: None if it is not given."""
    return click.option(
        "--rpc", metavar="URL", help=f"the EVM node's address [{ENVIRONMENT['rpc']}]"
    )(command)


def deployment_option(command: Command) -> Command:
    """``--deployment PATH``, as the argument `deployment`: None if it is not given."""
    return click.option(
        "--deployment",
        metavar="PATH",
        type=click.Path(path_type=Path),
        help=f"deployment file, or folder of them by chain id [{ENVIRONMENT['deployment']}]",
    )(command)


def account_option(command: Command) -> Command:
    """``--account N``, as the argument `account_number`: None if it is not given."""
    return click.option(
        "--account",
        "account_number",
        metavar="N",
        type=click.IntRange(0, 2**31 - 1),
        help=f"number of the account under the mnemonic [{ENVIRONMENT['mnemonic']}]",
    )(command)


def store_option(command: Command) -> Command:
    """``--store STORE``, as the argument `store`: None if it is not given."""
    return click.option(
        "--store",
        metavar="STORE",
        help=f"content store: a folder, local:FOLDER or ipfs:MULTIADDR [{ENVIRONMENT['store']}]",
    )(command)


def maximum_fee_option(command: Command) -> Command:
    """``--maximum-fee GWEI``, as the argument `maximum_fee`: None if it is not given."""
    return click.option(
        "--maximum-fee",
        metavar="GWEI",
        help=f"never pay more for one gas [{ENVIRONMENT['maximum_fee']}]",
    )(command)
