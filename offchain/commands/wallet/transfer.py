"""What ``modelchain wallet transfer`` does: send tokens."""

from __future__ import annotations

import json
import time
from random import SystemRandom

import click
from eth_account.signers.local import LocalAccount

from offchain.amounts import decimal, parse_decimal
from offchain.chain.abi.calls import FunctionCall
from offchain.chain.reading.balances import reward_places
from offchain.chain.reading.contracts import DeployedContracts
from offchain.chain.sending.accounts import AccountName, load_account
from offchain.chain.sending.fees import FeePolicy
from offchain.chain.web3_chain import Web3Chain, open_contracts
from offchain.commands.wallet.owners import node_secrets
from offchain.commands.wallet.shown import (
    checked_address,
    receipt_form,
    receipt_line,
    receiving_address,
    warn,
)
from offchain.config import Settings
from offchain.errors import ConfigurationError, InsufficientTokensError
from offchain.node.wallet.carriers import open_carriers
from offchain.node.wallet.payments import Payment, pay_by_order


def send_tokens(
    settings: Settings, *, amount: str, to: str, number: AccountName | None, as_json: bool
) -> None:
    """Send tokens to an address, wait until they are there, and say so.

    Raises:
        ConfigurationError: the amount, the address or the account is none.
        ChainError: they cannot be sent.
    """
    units = positive_amount(amount)
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
            **receipt_form(receipt),
        }
        click.echo(json.dumps(sent, indent=2))
        return
    click.echo(f"Sent {decimal(units)} MCT from {owner} to {receiver}")
    click.echo(receipt_line(receipt))


def order_tokens(
    settings: Settings,
    *,
    amount: str,
    to: str,
    number: AccountName,
    source: str,
    urls: tuple[str, ...],
    highest_fee: str,
    wait_seconds: float,
    as_json: bool,
) -> None:
    """Have a relayer send tokens of an account that has no ether, and say so once they are there.

    Raises:
        ConfigurationError: an amount or an address is none, or the source is not the node's.
        RelayerError: no relayer carries the order out, or none was seen to.
        ChainError: the chain cannot be read, or there are too few tokens.
    """
    units, limit = positive_amount(amount), parse_decimal(highest_fee)
    contracts = open_contracts(settings.rpc, settings.deployment)
    found = contracts.deployment
    account = load_account(settings, number, found.chain_id)
    holder = checked_address(source)
    receiver = receiving_address(to, found, (holder,))
    payment = Payment(
        holder, own_key(settings, contracts, account, number, holder), receiver, units
    )
    relayers, proxy = urls or (settings.relayer,), settings.relayer_proxy
    with open_carriers(relayers, found, limit, SystemRandom(), warn, proxy) as carriers:
        order = pay_by_order(contracts, payment, carriers, time.monotonic, time.sleep, wait_seconds)
    if as_json:
        paid = {
            "chain_id": found.chain_id,
            "from": holder,
            "to": receiver,
            "amount": units,
            "fee": order.fee,
            "nonce": "0x" + order.nonce(found.domain()).hex(),
        }
        click.echo(json.dumps(paid, indent=2))
        return
    fee = f" and {decimal(order.fee)} MCT to the relayer {order.relayer}" if order.fee else ""
    click.echo(f"Sent {decimal(units)} MCT from {holder} to {receiver}{fee}")


def own_key(
    settings: Settings,
    contracts: DeployedContracts,
    account: LocalAccount,
    number: AccountName,
    holder: str,
) -> bytes:
    """The private key of an address of an account's node; 32 bytes.

    Raises:
        ConfigurationError: the address is none of the node's.
    """
    if holder == account.address:
        return bytes(account.key)
    secrets = node_secrets(settings, contracts.deployment, number)
    latest = contracts.ethereum.block_number()
    place = reward_places(contracts, str(account.address), secrets, latest).get(holder)
    if place is None:
        raise ConfigurationError(
            f"{holder} is no address of account {number}: `modelchain wallet balance --account "
            f"{number} --json` lists those that have tokens"
        )
    return place.key(secrets)


def positive_amount(text: str) -> int:
    """Tokens as units of 10^-18; ``ConfigurationError`` if they are no amount above 0."""
    units = parse_decimal(text)
    if units == 0:
        raise ConfigurationError("nothing is to be sent: name an amount above 0")
    return units
