"""What ``modelchain wallet history`` shows: transfers, rewards and the stake."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime

import click
from rich.console import Console
from rich.table import Table

from offchain.amounts import decimal
from offchain.chain.reading.balances import RewardPlace, reward_places
from offchain.chain.reading.token_history import (
    HistoryEntry,
    Kind,
    TokenHistory,
    read_history,
)
from offchain.chain.sending.accounts import AccountName
from offchain.chain.web3_chain import open_contracts
from offchain.commands.wallet.owners import named_owner
from offchain.commands.wallet.tables import add_exact_column, print_whole
from offchain.config import Settings

_LAST_MOMENT = 253_402_300_799  # the last second of the year 9999


def show_history(
    settings: Settings,
    *,
    address: str | None,
    number: AccountName | None,
    limit: int,
    from_block: int,
    to_block: int | None,
    as_json: bool,
) -> None:
    """Show the newest entries of an address or of a numbered account.

    Raises:
        ModelChainError: they cannot be read.
    """
    contracts = open_contracts(settings.rpc, settings.deployment)
    owner, secrets = named_owner(settings, contracts.deployment, address, number)
    places: dict[str, RewardPlace] = {}
    if secrets is not None:
        latest = contracts.ethereum.block_number()
        places = reward_places(contracts, owner, secrets, latest)
    found = read_history(
        contracts, owner, places, limit=limit, first_block=from_block, last_block=to_block
    )
    if as_json:
        chain_id = contracts.deployment.chain_id
        click.echo(json.dumps(history_json(found, owner, chain_id), indent=2))
    else:
        print_whole(history_table(found, owner, places), Console())


def history_json(found: TokenHistory, owner: str, chain_id: int) -> dict[str, object]:
    """A history with exact integers: tokens in their smallest unit, the stake in wei."""
    entries = []
    for entry in found.entries:
        sent = entry.transaction_hash
        values = {
            "kind": entry.kind.value,
            "transaction_hash": None if sent is None else "0x" + sent.hex(),
        }
        entries.append(asdict(entry) | values)
    return {
        "chain_id": chain_id,
        "account": owner,
        "first_block": found.first_block,
        "last_block": found.last_block,
        "complete": found.complete,
        "entries": entries,
    }


def history_table(found: TokenHistory, owner: str, places: Mapping[str, RewardPlace]) -> Table:
    """A history for people."""
    rest = "" if found.complete else "; there is more before: --limit or --to-block show it"
    table = Table(
        title=owner,
        title_justify="left",
        caption=f"EVM blocks {found.first_block} to {found.last_block}{rest}",
        caption_justify="left",
        box=None,
        pad_edge=False,
    )
    add_exact_column(table, "Block")
    add_exact_column(table, "Time (UTC)", justify="left")
    table.add_column("What", overflow="fold")
    add_exact_column(table, "MCT")
    add_exact_column(table, "ETH stake")
    for entry in found.entries:
        table.add_row(
            str(entry.block_number),
            moment(entry.timestamp),
            described(entry, owner, places),
            decimal(entry.tokens) if entry.tokens else "",
            decimal(entry.stake) if entry.stake else "",
        )
    return table


def described(entry: HistoryEntry, owner: str, places: Mapping[str, RewardPlace]) -> str:
    """What happened, in words; addresses are cut, ``--json`` has them in full."""
    words = entry.kind.value
    if entry.round is not None:
        words += f" of round {entry.round}"
    if entry.kind is Kind.SENT:
        words += f" to {cut(str(entry.other))}"
    if entry.kind in (Kind.RECEIVED, Kind.MOVED):
        words += f" from {cut(str(entry.other))}"
    if entry.account in places and entry.account != owner:
        place = places[entry.account]
        words += f" ({'payout' if place.is_payout else 'reward'} address of {place.round_number})"
    return words


def cut(address: str) -> str:
    """An address's ends, for people to recognise."""
    return f"{address[:8]}..{address[-6:]}"


def moment(timestamp: int) -> str:
    """A block's time for people; as it is, if it is no time (a node may say anything)."""
    if timestamp > _LAST_MOMENT:
        return str(timestamp)
    return f"{datetime.fromtimestamp(timestamp, UTC):%Y-%m-%d %H:%M}"
