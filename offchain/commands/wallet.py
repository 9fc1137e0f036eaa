"""``modelchain wallet``: what an account owns and has at stake."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from offchain.chain.balances import Balances, read_balances
from offchain.chain.client import open_contracts
from offchain.commands.options import account_option, deployment_option, rpc_option
from offchain.commands.owners import named_owner, require_one
from offchain.commands.shown import decimal
from offchain.commands.wallet_claim import claim_data
from offchain.commands.wallet_history import history
from offchain.commands.wallet_transfer import transfer
from offchain.config import load_settings


@click.group()
def wallet() -> None:
    """An account's tokens and bonds: look at them, send them, claim what shared data earned."""


@wallet.command()
@click.argument("address", required=False)
@account_option
@rpc_option
@deployment_option
@click.option("--json", "as_json", is_flag=True, help="exact integers as JSON")
def balance(
    address: str | None,
    account_number: int | None,
    rpc: str | None,
    deployment: Path | None,
    as_json: bool,
) -> None:
    """Tokens, heat, share keys, bonds and ether of ADDRESS or of account N.

    With --account also the tokens at the fresh addresses that the node's shared data is rewarded
    at: only its secrets tell which those are.
    """
    require_one(address, account_number)
    settings = load_settings({"rpc": rpc, "deployment": deployment}, os.environ)
    contracts = open_contracts(settings.rpc, settings.deployment)
    chain_id = contracts.deployment.chain_id
    owner, secrets = named_owner(settings, contracts.deployment, address, account_number)
    found = read_balances(contracts, owner, secrets)
    if as_json:
        click.echo(json.dumps(balances_json(found, chain_id), indent=2))
    else:
        Console().print(balances_table(found, secrets is not None))


def balances_json(balances: Balances, chain_id: int) -> dict[str, object]:
    """Balances as exact integers: tokens in their smallest unit, bonds and ether in wei."""
    return {"chain_id": chain_id, **asdict(balances), "reward_tokens": balances.reward_tokens}


def balances_table(balances: Balances, with_rewards: bool) -> Table:
    """Balances of one account, for people."""
    table = Table(title=balances.account, title_justify="left", show_header=False)
    table.add_column(style="bold")
    table.add_column(justify="right")
    table.add_column(style="dim")
    table.add_row("Tokens", decimal(balances.tokens), "MCT")
    if with_rewards:
        addresses = f"MCT at {len(balances.rewards)} reward addresses"
        table.add_row("Data rewards", decimal(balances.reward_tokens), addresses)
    table.add_row("Heat", str(balances.heat), "")
    table.add_row(
        "Share keys", f"{balances.held_keys} of {balances.key_quota}", "active in the next round"
    )
    table.add_row("Model bonds", decimal(balances.model_bonds), "ETH locked")
    table.add_row("Key bonds", decimal(balances.key_bonds), "ETH locked")
    table.add_row("Ether", decimal(balances.ether), "ETH")
    table.caption = f"at EVM block {balances.block_number}"
    table.caption_justify = "left"
    return table


def accounts_table(rows: Sequence[Balances]) -> Table:
    """Balances of several accounts, one a line."""
    table = Table(title="Balances", title_justify="left")
    table.add_column("Account")
    for name in ("MCT", "Data rewards", "Heat", "Share keys", "Model bonds", "Key bonds", "ETH"):
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(
            row.account,
            decimal(row.tokens),
            decimal(row.reward_tokens),
            str(row.heat),
            f"{row.held_keys} of {row.key_quota}",
            decimal(row.model_bonds),
            decimal(row.key_bonds),
            decimal(row.ether),
        )
    return table


for command in (transfer, history, claim_data):
    wallet.add_command(command)
