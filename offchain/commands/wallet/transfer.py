"""What ``modelchain wallet transfer`` does: send tokens."""

from __future__ import annotations

import json

import click

from offchain.amounts import parse_decimal
from offchain.chain.abi.calls import FunctionCall
from offchain.chain.sending.accounts import load_account
from offchain.chain.sending.fees import FeePolicy
from offchain.chain.web3_chain import Web3Chain, open_contracts
from offchain.commands.wallet.shown import decimal, receiving_address
from offchain.config import Settings
from offchain.errors import ConfigurationError, InsufficientTokensError


def send_tokens(
    settings: Settings, *, amount: str, to: str, number: int | None, as_json: bool
) -> None:
    """Send tokens to an address, wait until they are there, and say so.

    Raises:
        ConfigurationError: the amount, the address or the account is none.
        ChainError: they cannot be sent.
    """
    units = parse_decimal(amount)
    if units == 0:
        raise ConfigurationError("nothing is to be sent: name an amount above 0")
    contracts = open_contracts(settings.rpc, settings.deployment)
    found = contracts.deployment
    account = load_account(settings, number, found.chain_id)
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
