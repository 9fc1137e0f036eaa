"""``modelchain wallet``: an account's tokens and stake, and what can be done with them."""

from __future__ import annotations

from typing import Any

import click

from offchain.commands.options import (
    Command,
    account_option,
    json_option,
    setting_options,
    start,
)
from offchain.config import DEFAULT_RELAYER, ENVIRONMENT
from offchain.programs.finite_range import FiniteRange

_BLOCK_NUMBER = click.IntRange(0, (1 << 63) - 1)


@click.group()
def wallet() -> None:
    """An account's tokens and stake: look at them, send them, claim what shared data earned."""


@wallet.command()
@click.argument("address", required=False)
@account_option()
@setting_options("rpc", "deployment")
@json_option()
def balance(address: str | None, number: int | None, **options: Any) -> None:
    """Tokens, heat, stake and ether of ADDRESS or of account N.

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
    """What happened to the tokens and the stake of ADDRESS or of account N, newest first.

    With --account also at the addresses that the node's shared data is rewarded at.
    """
    require_one(address, number)
    from offchain.commands.wallet.history import show_history

    start(show_history, {"address": address, "number": number, **options})


def carrying_options(command: Command) -> Command:
    """Options of commands whose orders relayers carry out."""
    decorators = (
        click.option(
            "--relayer",
            "urls",
            metavar="URL",
            multiple=True,
            help="who carries orders out, one of several by chance "
            f"[{ENVIRONMENT['relayer']}, {DEFAULT_RELAYER}]",
        ),
        setting_options("relayer_proxy"),
        click.option(
            "--highest-fee",
            metavar="TOKENS",
            default="0",
            help="what a relayer may ask for each order",
        ),
        click.option(
            "--wait",
            "wait_seconds",
            metavar="SECONDS",
            type=FiniteRange(0.0, 86_400.0),
            default=180.0,
            help="how long the last orders are waited for",
        ),
    )
    for decorate in reversed(decorators):
        command = decorate(command)
    return command


@wallet.command()
@click.argument("amount")
@click.argument("to")
@account_option()
@click.option(
    "--from",
    "source",
    metavar="ADDRESS",
    help="pay out of account N's address or a fresh one of its node, without ether: by an order",
)
@carrying_options
@setting_options("rpc", "deployment", "maximum_fee")
@json_option()
def transfer(source: str | None, number: int | None, **options: Any) -> None:
    """Send AMOUNT tokens (as in 12.5) to the address TO and wait until they are there.

    Without --account the key of the settings signs (a key file or a private key). With --from a
    relayer carries the transfer out, and its fee is paid beside the amount.
    """
    from offchain.commands.wallet.transfer import order_tokens, send_tokens

    if source is None:
        for name in ("urls", "highest_fee", "wait_seconds"):
            options.pop(name)
        start(send_tokens, {"number": number, **options})
    elif number is None:
        raise click.UsageError("--from needs --account N: the node that the address is of")
    else:
        start(order_tokens, {"source": source, "number": number, **options})


@wallet.command()
@account_option()
@click.option("--dry-run", is_flag=True, help="only show what would be claimed")
@setting_options("rpc", "deployment", "maximum_fee", "maximum_claim_fee")
@json_option()
def claim(number: int | None, **options: Any) -> None:
    """Claim what blocks owe account N for its models and its attestations, many in a transaction.

    A running worker does it at once; this is for what it left, or for a node that runs no more.
    Rewards of data are paid to other addresses, and are no part of it: see claim-data.
    """
    from offchain.commands.wallet.rewards import claim_rewards

    start(claim_rewards, {"number": number, **options})


@wallet.command("claim-data")
@account_option(required=True)
@click.option(
    "--to",
    "addresses",
    metavar="ADDRESS",
    multiple=True,
    help="where a reward goes, instead of a fresh address of the node's own; give one for each",
)
@click.option(
    "--together",
    metavar="ADDRESS",
    help="where all rewards go: ties them together, for everybody to see",
)
@click.option(
    "--spread",
    metavar="SECONDS",
    type=FiniteRange(0.0, 30 * 86_400.0),
    default=3_600.0,
    help="the moves are made at random moments within so long",
)
@carrying_options
@click.option("--dry-run", is_flag=True, help="only show what would be done")
@setting_options("rpc", "deployment")
@json_option()
def claim_data(addresses: tuple[str, ...], together: str | None, **options: Any) -> None:
    """Move the rewards of account N's shared data from the addresses that earned them, one by one.

    Each goes to a fresh address that the node derives for it, by an order that its own key signs
    and a relayer carries out, at a random moment: no ether, nor anything else of yours, touches
    the address. docs/Relayer.md says what that hides and what not. Interrupted, the command can be
    run again.
    """
    if addresses and together is not None:
        raise click.UsageError("give either --to or --together")
    from offchain.commands.wallet.claim import move_rewards

    start(move_rewards, {"addresses": addresses, "together": together, **options})


def require_one(address: str | None, number: int | None) -> None:
    """``UsageError`` unless exactly one of them is given."""
    if (address is None) == (number is None):
        raise click.UsageError("give either an ADDRESS or --account N")
