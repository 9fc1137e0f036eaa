"""Addresses and amounts as commands read and show them."""

from __future__ import annotations

from collections.abc import Iterable

import click
from eth_utils.address import is_address, to_checksum_address

from offchain.chain.deployment.file import Deployment
from offchain.errors import ConfigurationError
from offchain.ports import Receipt
from offchain.protocol.words.status import ZERO_ADDRESS


def warn(text: str) -> None:
    """A warning, beside what a command says."""
    click.echo(f"Warning: {text}", err=True)


def checked_address(text: str) -> str:
    """An address with its EIP-55 checksum.

    Raises:
        ConfigurationError: it is none, or its checksum is wrong (a typing error).
    """
    lower_or_upper = text[2:] in (text[2:].lower(), text[2:].upper())
    if not is_address(text) or not (lower_or_upper or to_checksum_address(text) == text):
        raise ConfigurationError(
            f"{text!r} is no address: 0x and 40 hexadecimal digits, its checksum intact"
        )
    return str(to_checksum_address(text))


def receiving_address(text: str, deployment: Deployment, forbidden: Iterable[str] = ()) -> str:
    """An address that tokens may be sent to.

    Args:
        text: as it was given.
        deployment: its contracts keep no tokens for anybody: what is sent to them is lost.
        forbidden: further addresses that make no sense as a receiver.

    Raises:
        ConfigurationError: it is none, or tokens sent there would be lost or stay where they are.
    """
    address = checked_address(text)
    if address == ZERO_ADDRESS:
        raise ConfigurationError("the zero address receives no tokens: name another")
    for name, contract in deployment.contracts.items():
        if contract.address == address:
            raise ConfigurationError(
                f"{address} is the contract {name}: tokens sent there are lost; name another"
            )
    if address in forbidden:
        raise ConfigurationError(f"the tokens are at {address} already: name another address")
    return address


def receipt_form(receipt: Receipt) -> dict[str, object]:
    """A transaction that was mined, as JSON has it."""
    return {
        "transaction_hash": "0x" + receipt.transaction_hash.hex(),
        "block_number": receipt.block_number,
        "gas_used": receipt.gas_used,
    }


def receipt_line(receipt: Receipt) -> str:
    """A transaction that was mined, in a line."""
    return (
        f"Transaction 0x{receipt.transaction_hash.hex()} in block {receipt.block_number}, "
        f"{receipt.gas_used:,} gas"
    )
