"""``modelchain wallet``: an account's tokens and bonds, and what can be done with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from offchain.commands.options import (
    account_option,
    json_option,
    relayer_option,
    setting_options,
    start,
)

_BLOCK_NUMBER = click.IntRange(0, (1 << 63) - 1)


@click.group()
def wallet() -> None:
    """An account's tokens and bonds: look at them, send them, claim what shared data earned."""


@wallet.command()
@click.argument("address", required=False)
@account_option()
@setting_options("rpc", "deployment")
@json_option()
def balance(address: str | None, number: int | None, **options: Any) -> None:
    """Tokens, heat, share keys, bonds and ether of ADDRESS or of account N.

    With --account also the tokens at the fresh addresses that the node's shared data is rewarded
    at: only its secrets tell which those are.
    """
    require_one(address, number)
    from offchain.commands.wallet.balance import show_balance

    start(show_balance, {"address": address, "number": number, **options})


@wallet.command()
@click.argument("address", required=False)
@account_option()
@setting_options("rpc", "deployment")
@click.option(
    "--limit",
    metavar="N",
    type=click.IntRange(1, 10_000),
    default=50,
    help="entries at most, the newest ones",
)
@click.option("--from-block", metavar="B", type=_BLOCK_NUMBER, default=0, help="look back to it")
@click.option("--to-block", metavar="B", type=_BLOCK_NUMBER, help="begin there, not at the latest")
@json_option()
def history(address: str | None, number: int | None, **options: Any) -> None:
    """What happened to the tokens and bonds of ADDRESS or of account N, newest first.

    With --account also at the addresses that the node's shared data is rewarded at.
    """
    require_one(address, number)
    from offchain.commands.wallet.history import show_history

    start(show_history, {"address": address, "number": number, **options})


@wallet.command()
@click.argument("amount")
@click.argument("to")
@account_option()
@setting_options("rpc", "deployment", "maximum_fee")
@json_option()
def transfer(**options: Any) -> None:
    """Send AMOUNT tokens (as in 12.5) to the address TO and wait until they are there.

    Without --account the key of the settings signs (a key file or a private key).
    """
    from offchain.commands.wallet.transfer import send_tokens

    start(send_tokens, options)


@wallet.command("claim-data")
@account_option(required=True)
@click.option(
    "--to",
    "addresses",
    metavar="ADDRESS",
    multiple=True,
    help="where a reward goes; give one for each reward, fresh and not tied to each other",
)
@click.option(
    "--to-file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="further addresses, one a line",
)
@click.option(
    "--share-destinations",
    is_flag=True,
    help="let several rewards go to one address, or to the account itself: ties them together",
)
@click.option(
    "--spread",
    metavar="SECONDS",
    type=click.FloatRange(0.0, 30 * 86_400.0),
    default=3_600.0,
    help="the moves are made at random moments within so long",
)
@relayer_option("who carries the orders out")
@click.option(
    "--highest-fee",
    metavar="TOKENS",
    default="0",
    help="what the relayer may ask for each order",
)
@click.option(
    "--wait",
    "wait_seconds",
    metavar="SECONDS",
    type=click.FloatRange(0.0, 86_400.0),
    default=180.0,
    help="how long the last orders are waited for",
)
@click.option("--dry-run", is_flag=True, help="only show what would be done")
@setting_options("rpc", "deployment")
@json_option()
def claim_data(**options: Any) -> None:
    """Move the rewards of account N's shared data from their fresh addresses, one by one.

    Each goes to an address of its own by an order that its own key signs and a relayer carries
    out, at a random moment: no ether, nor anything else of yours, touches the address.
    docs/Relayer.md says what that hides and what not. Interrupted, the command can be run again.
    """
    from offchain.commands.wallet.claim import move_rewards

    start(move_rewards, options)


def require_one(address: str | None, number: int | None) -> None:
    """``UsageError`` unless exactly one of them is given."""
    if (address is None) == (number is None):
        raise click.UsageError("give either an ADDRESS or --account N")
