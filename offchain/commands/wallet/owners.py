"""Whose wallet a command is about: an address, or an account with its node's secrets."""

from __future__ import annotations

from offchain.chain.deployment.file import Deployment
from offchain.chain.sending.accounts import AccountName, load_account, load_node_seed
from offchain.commands.wallet.shown import checked_address
from offchain.config import Settings
from offchain.crypto.derivation import NodeSecrets


def named_owner(
    settings: Settings, deployment: Deployment, address: str | None, number: AccountName | None
) -> tuple[str, NodeSecrets | None]:
    """An address; of a numbered account also the secrets that its reward addresses derive from.

    Raises:
        ConfigurationError: the address is none, or no mnemonic is set for the chain.
    """
    if number is None:
        return checked_address(str(address)), None
    owner = str(load_account(settings, number, deployment.chain_id).address)
    return owner, node_secrets(settings, deployment, number)


def node_secrets(settings: Settings, deployment: Deployment, number: AccountName) -> NodeSecrets:
    """The secrets of an account's node; ``ConfigurationError`` where they are not usable."""
    return deployment.node_secrets(load_node_seed(settings, number, deployment.chain_id))
