"""``modelchain wallet transfer``: send tokens."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from offchain.chain.abi.calls import FunctionCall
from offchain.chain.client import Web3Chain, open_contracts
from offchain.chain.sending.accounts import load_account
from offchain.chain.sending.fees import FeePolicy
from offchain.commands.options import (
    account_option,
    deployment_option,
    maximum_fee_option,
    rpc_option,
)
from offchain.commands.wallet.shown import decimal, receiving_address
from offchain.config import load_settings
from offchain.errors import ConfigurationError, InsufficientTokensError
from offchain.values import parse_decimal


@click.command()
@click.argument("amount")
@click.argument("to")
@account_option
@rpc_option
@deployment_option
@maximum_fee_option
@click.option("--json", "as_json", is_flag=True, help="exact integers as JSON")
def transfer(
    amount: str,
    to: str,
    account_number: int | None,
    rpc: str | None,
    deployment: Path | None,
    maximum_fee: str | None,
    as_json: bool,
) -> None:
    """Send AMOUNT tokens (as in 12.5) to the address TO and wait until they are there.

    Without --account the key of the settings signs (a key file or a private key).
    """
    settings = load_settings(
        {"rpc": rpc, "deployment": deployment, "maximum_fee": maximum_fee}, os.environ
    )
    units = parse_decimal(amount)
    if units == 0:
        raise ConfigurationError("nothing is to be sent: name an amount above 0")
    contracts = open_contracts(settings.rpc, settings.deployment)
    found = contracts.deployment
    account = load_account(settings, account_number, found.chain_id)
    owner = str(account.address)
    receiver = receiving_address(to, found, (owner,))
    balance = contracts.read("ModelToken", "balanceOf", owner)
    if balance < units:
        raise InsufficientTokensError(owner, balance, units)
    chain = Web3Chain(contracts, account, FeePolicy(settings.maximum_fee))
    receipt = chain.call(FunctionCall("ModelToken", "transfer", (receiver, units)))
    if as_json:
        sent = {
            "chain_id": found.chain_id,
            "from": owner,
            "to": receiver,
            "amount": units,
            "transaction_hash": "0x" + receipt.transaction_hash.hex(),
            "block_number": receipt.block_number,
            "gas_used": receipt.gas_used,
        }
        click.echo(json.dumps(sent, indent=2))
        return
    click.echo(f"Sent {decimal(units)} MCT from {owner} to {receiver}")
    click.echo(
        f"Transaction 0x{receipt.transaction_hash.hex()} in block {receipt.block_number}, "
        f"{receipt.gas_used:,} gas"
    )
