"""Whose node a command is about: number, name or address, and the secrets."""

from __future__ import annotations

from dataclasses import dataclass

from offchain.chain.deployment.file import Deployment
from offchain.chain.sending.accounts import AccountName, load_account
from offchain.commands.wallet.owners import node_secrets
from offchain.commands.wallet.shown import checked_address
from offchain.config import Settings
from offchain.crypto.derivation import NodeSecrets


@dataclass(frozen=True, slots=True)
class Whose:
    """An account; ``secrets`` are its node's, None where only its address is known."""

    address: str
    secrets: NodeSecrets | None


def find_account(settings: Settings, deployment: Deployment, text: str) -> Whose:
    """The account that a text names.

    Args:
        settings: where keys are.
        deployment: which chain's accounts.
        text: a number under the mnemonic, a name of the accounts' folder, or an address.

    Raises:
        ConfigurationError: it is none of them, or its key is not usable.
    """
    if text.startswith("0x"):
        return Whose(checked_address(text), None)
    number: AccountName = int(text) if text.isdecimal() else text
    address = str(load_account(settings, number, deployment.chain_id).address)
    return Whose(address, node_secrets(settings, deployment, number))
