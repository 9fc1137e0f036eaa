"""``modelchain wallet history``: transfers, rewards and bonds."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from offchain.chain.client import open_contracts
from offchain.chain.reading.balances import reward_places
from offchain.chain.reading.token_history import (
    MAXIMUM_ENTRIES,
    HistoryEntry,
    Kind,
    TokenHistory,
    read_history,
)
from offchain.commands.options import account_option, deployment_option, rpc_option
from offchain.commands.wallet.owners import named_owner, require_one
from offchain.commands.wallet.shown import decimal
from offchain.commands.wallet.tables import add_exact_column, print_whole
from offchain.config import load_settings
from offchain.protocol.words.records import KeysRegistered

_LAST_MOMENT = 253_402_300_799  # the last second of the year 9999
_BLOCK_NUMBER = click.IntRange(0, (1 << 63) - 1)


@click.command()
@click.argument("address", required=False)
@account_option
@rpc_option
@deployment_option
@click.option(
    "--limit",
    metavar="N",
    type=click.IntRange(1, MAXIMUM_ENTRIES),
    default=50,
    show_default=True,
    help="entries at most, the newest ones",
)
@click.option("--from-block", metavar="B", type=_BLOCK_NUMBER, default=0, help="look back to it")
@click.option("--to-block", metavar="B", type=_BLOCK_NUMBER, help="begin there, not at the latest")
@click.option("--json", "as_json", is_flag=True, help="exact integers as JSON")
def history(
    address: str | None,
    account_number: int | None,
    rpc: str | None,
    deployment: Path | None,
    limit: int,
    from_block: int,
    to_block: int | None,
    as_json: bool,
) -> None:
    """What happened to the tokens and bonds of ADDRESS or of account N, newest first.

    With --account also at the addresses that the node's shared data is rewarded at.
    """
    require_one(address, account_number)
    settings = load_settings({"rpc": rpc, "deployment": deployment}, os.environ)
    contracts = open_contracts(settings.rpc, settings.deployment)
    owner, secrets = named_owner(settings, contracts.deployment, address, account_number)
    places: dict[str, tuple[int, int]] = {}
    if secrets is not None:
        latest = contracts.ethereum.block_number()
        registered = contracts.events("KeyRegistry", KeysRegistered, latest, account=owner)
        places = reward_places(contracts, secrets, registered)
    found = read_history(
        contracts, owner, places, limit=limit, first_block=from_block, last_block=to_block
    )
    if as_json:
        chain_id = contracts.deployment.chain_id
        click.echo(json.dumps(history_json(found, owner, chain_id), indent=2))
    else:
        print_whole(history_table(found, owner, places), Console())


def history_json(found: TokenHistory, owner: str, chain_id: int) -> dict[str, object]:
    """A history with exact integers: tokens in their smallest unit, bonds in wei."""
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


def history_table(found: TokenHistory, owner: str, places: Mapping[str, tuple[int, int]]) -> Table:
    """A history for people."""
    table = Table(title=owner, title_justify="left", box=None, pad_edge=False)
    add_exact_column(table, "Block")
    add_exact_column(table, "Time (UTC)", justify="left")
    table.add_column("What", overflow="fold")
    add_exact_column(table, "MCT")
    add_exact_column(table, "ETH bond")
    for entry in found.entries:
        table.add_row(
            str(entry.block_number),
            moment(entry.timestamp),
            described(entry, owner, places),
            decimal(entry.tokens) if entry.tokens else "",
            "" if entry.bond is None else decimal(entry.bond),
        )
    rest = "" if found.complete else "; there is more before: --limit or --to-block show it"
    table.caption = f"EVM blocks {found.first_block} to {found.last_block}{rest}"
    table.caption_justify = "left"
    return table


def described(entry: HistoryEntry, owner: str, places: Mapping[str, tuple[int, int]]) -> str:
    """What happened, in words; addresses are cut, ``--json`` has them in full."""
    words = entry.kind.value
    match entry.kind:
        case Kind.MODEL_REWARD | Kind.ATTESTATION_REWARD | Kind.DATA_REWARD:
            words += f" of block {entry.subject}"
        case Kind.MODEL_BOND_LOCKED | Kind.MODEL_BOND_RETURNED | Kind.MODEL_BOND_BURNED:
            words += f" in round {entry.subject}"
        case Kind.KEY_BOND_LOCKED | Kind.KEY_BOND_RETURNED:
            words += f" of registration {entry.subject}"
        case Kind.SENT:
            words += f" to {cut(str(entry.other))}"
        case Kind.RECEIVED | Kind.MOVED:
            words += f" from {cut(str(entry.other))}"
        case _:
            pass
    if entry.account in places and entry.account != owner:
        scope, key = places[entry.account]
        words += f" (scope {scope}, key {key})"
    return words


def cut(address: str) -> str:
    """An address's ends, for people to recognise."""
    return f"{address[:8]}..{address[-6:]}"


def moment(timestamp: int) -> str:
    """A block's time for people; as it is, if it is no time (a node may say anything)."""
    if timestamp > _LAST_MOMENT:
        return str(timestamp)
    return f"{datetime.fromtimestamp(timestamp, UTC):%Y-%m-%d %H:%M}"
