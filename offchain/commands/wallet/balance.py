"""What ``modelchain wallet balance`` shows: what an account owns and has at stake."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

import click
from rich.console import Console
from rich.table import Table

from offchain.amounts import decimal
from offchain.chain.reading.balances import Balances, read_balances
from offchain.chain.sending.accounts import AccountName
from offchain.chain.web3_chain import open_contracts
from offchain.commands.wallet.owners import named_owner
from offchain.commands.wallet.tables import add_exact_column, fits, flowing, print_whole
from offchain.config import Settings

UNKNOWN_ROUND: Final = (1 << 32) - 1
"""What stands for a round that is not known yet."""


def show_balance(
    settings: Settings, *, address: str | None, number: AccountName | None, as_json: bool
) -> None:
    """Show what an address or a numbered account owns and has at stake.

    Raises:
        ModelChainError: it cannot be read.
    """
    contracts = open_contracts(settings.rpc, settings.deployment)
    chain_id = contracts.deployment.chain_id
    owner, secrets = named_owner(settings, contracts.deployment, address, number)
    found = read_balances(contracts, owner, secrets)
    if as_json:
        click.echo(json.dumps(balances_json(found, chain_id), indent=2))
    else:
        print_whole(balances_table(found, secrets is not None), Console())


def balances_json(balances: Balances, chain_id: int) -> dict[str, object]:
    """Balances as exact integers: tokens in their smallest unit, stake and ether in wei."""
    return {"chain_id": chain_id, **asdict(balances), "reward_tokens": balances.reward_tokens}


def balances_table(balances: Balances, with_rewards: bool) -> Table:
    """Balances of one account, for people."""
    table = Table(
        title=balances.account,
        title_justify="left",
        caption=f"at EVM block {balances.block_number}",
        caption_justify="left",
        show_header=False,
    )
    table.add_column(style="bold", no_wrap=True)
    add_exact_column(table, "")
    table.add_column(style="dim")
    table.add_row("Tokens", decimal(balances.tokens), "MCT")
    if with_rewards:
        addresses = f"MCT at {len(balances.rewards)} fresh addresses"
        table.add_row("Data rewards", decimal(balances.reward_tokens), addresses)
    table.add_row("Heat", str(balances.heat), "")
    table.add_row("Member", yes_or_no(balances.is_member), "of the current epoch")
    free = f"ETH, {freedom(balances.stake_free_from)}" if balances.stake else "ETH"
    table.add_row("Stake", decimal(balances.stake), free)
    table.add_row("Ether", decimal(balances.ether), "ETH")
    return table


def show_accounts(rows: Sequence[Balances], with_rewards: bool, console: Console) -> None:
    """Print balances of several accounts: a table, or a paragraph each where it is too wide."""
    table = accounts_table(rows, with_rewards)
    if fits(table, console):
        console.print(table)
        return
    for row in rows:
        console.print(row.account, style="bold", highlight=False, soft_wrap=True)
        console.print(flowing(figures(row, with_rewards), console.width), soft_wrap=True)


def accounts_table(rows: Sequence[Balances], with_rewards: bool) -> Table:
    """Balances of several accounts, one a line."""
    table = Table(title="Balances", title_justify="left")
    add_exact_column(table, "Account", justify="left")
    names = ["MCT", "Heat", "Member", "Stake", "ETH"]
    if with_rewards:
        names.insert(1, "Data rewards")
    for name in names:
        add_exact_column(table, name)
    for row in rows:
        cells = [
            decimal(row.tokens),
            str(row.heat),
            yes_or_no(row.is_member),
            decimal(row.stake),
            decimal(row.ether),
        ]
        if with_rewards:
            cells.insert(1, decimal(row.reward_tokens))
        table.add_row(row.account, *cells)
    return table


def figures(balances: Balances, with_rewards: bool) -> list[str]:
    """Balances of one account in words; stake and rewards only where there are any."""
    found = [f"{decimal(balances.tokens)} MCT"]
    if with_rewards and balances.rewards:
        count = len(balances.rewards)
        found.append(f"{decimal(balances.reward_tokens)} MCT at {count} fresh addresses")
    found += [f"heat {balances.heat}", "member" if balances.is_member else "no member"]
    if balances.stake:
        found.append(f"{decimal(balances.stake)} ETH at stake")
    return [*found, f"{decimal(balances.ether)} ETH"]


def freedom(round_number: int) -> str:
    """From when on a stake can be taken back, by `IMembership.stakeFreeFrom`, for people."""
    if round_number == UNKNOWN_ROUND:
        return "held until a draw is made or an epoch opens"
    return f"held until round {round_number} collects" if round_number else "free"


def yes_or_no(value: bool) -> str:
    """A fact for people."""
    return "yes" if value else "no"
