"""Accounts: from a mnemonic, a private key or an encrypted key file, to what signs transactions."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from eth_account.signers.local import LocalAccount

from offchain.chain.sending.identities import (
    Identity,
    identity_file,
    open_identity,
    read_identity,
)
from offchain.chain.sending.keys import (
    account_from_key,
    account_from_key_file,
    account_from_mnemonic,
)
from offchain.config import ENVIRONMENT, Settings
from offchain.crypto.derivation import node_seed_from_mnemonic
from offchain.errors import ConfigurationError
from offchain.toolchain.anvil import DEVELOPMENT_CHAIN_ID, DEVELOPMENT_MNEMONIC

_MAXIMUM_PASSWORD: Final = 1_024
"""Characters of a password."""

AccountName = int | str
"""What ``--account`` names: a number under the mnemonic, or an account that has a name."""


def load_account(
    settings: Settings, index: AccountName | None, chain_id: int, default: int | None = None
) -> LocalAccount:
    """The account that a process signs with.

    A number means the mnemonic's account, a name one of the accounts' folder; without either, the
    key file or private key of the settings, else the mnemonic's account number ``default``.

    Raises:
        ConfigurationError: nothing was given, a key is not usable, or the development mnemonic,
            which everybody knows, would be used on another chain than a development chain.
    """
    if isinstance(index, str):
        return account_from_key(named_identity(settings, index).key.hex())
    if index is not None:
        return account_from_mnemonic(mnemonic_of(settings, chain_id), index)
    if settings.key_file is not None:
        password = password_of(settings, str(settings.key_file))
        return account_from_key_file(settings.key_file, password)
    if settings.private_key is not None:
        return account_from_key(settings.private_key)
    if default is not None:
        return account_from_mnemonic(mnemonic_of(settings, chain_id), default)
    raise ConfigurationError(
        f"no account: give --account N, or set {ENVIRONMENT['key_file']} "
        f"or {ENVIRONMENT['private_key']}"
    )


def load_node_seed(settings: Settings, index: AccountName, chain_id: int) -> bytes:
    """The seed of an account's node; 32 bytes.

    Raises:
        ConfigurationError: it is not usable; see `load_account`.
    """
    if isinstance(index, str):
        return named_identity(settings, index).seed
    return node_seed_from_mnemonic(mnemonic_of(settings, chain_id), index)


def named_identity(settings: Settings, name: str) -> Identity:
    """An account that has a name.

    Raises:
        ConfigurationError: there is none, or its password is missing or wrong.
    """
    file = identity_file(settings.accounts, name)
    read_identity(file)  # that it is missing is said before its password is
    return open_identity(file, password_of(settings, f"the account {name}"))


def password_of(settings: Settings, what: str) -> str:
    """The password of the settings, given itself or in a file.

    Raises:
        ConfigurationError: there is none, or its file cannot be read.
    """
    if settings.key_password is not None:
        return settings.key_password
    if settings.key_password_file is None:
        raise ConfigurationError(
            f"no password for {what}: set {ENVIRONMENT['key_password']} or "
            f"{ENVIRONMENT['key_password_file']}"
        )
    return password_in(settings.key_password_file)


def password_in(file: Path) -> str:
    """The first line of a file; ``ConfigurationError`` if it cannot be read. It is not repeated."""
    try:
        with file.open(encoding="utf-8") as stream:
            line = stream.readline(_MAXIMUM_PASSWORD)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"the password file {file} cannot be read ({type(error).__name__})"
        ) from None
    return line.rstrip("\r\n")


def mnemonic_of(settings: Settings, chain_id: int) -> str:
    """The mnemonic of the settings, else the development chains' own.

    Raises:
        ConfigurationError: none is set, and the chain is no development chain.
    """
    if settings.mnemonic is not None:
        return settings.mnemonic
    if chain_id != DEVELOPMENT_CHAIN_ID:
        raise ConfigurationError(
            f"chain {chain_id} is no development chain, and everybody knows the development "
            f"mnemonic: set {ENVIRONMENT['mnemonic']}"
        )
    return DEVELOPMENT_MNEMONIC
