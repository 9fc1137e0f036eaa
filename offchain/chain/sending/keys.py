"""Keys from a mnemonic, from hexadecimal digits or from an encrypted key file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils.exceptions import ValidationError

from offchain.config import HIGHEST_ACCOUNT
from offchain.crypto.derivation import SEED_BYTES
from offchain.errors import ConfigurationError

ACCOUNT_PATH: Final = "m/44'/60'/0'/0/{index}"
"""BIP-44 path of an Ethereum account, as wallets and anvil derive it."""

_KEY_SIZE: Final = 32
_MAXIMUM_KEY_FILE: Final = 1 << 16


def account_from_mnemonic(mnemonic: str, index: int) -> LocalAccount:
    """Account number `index` under a BIP-39 mnemonic, as wallets and anvil number them.

    Raises:
        ConfigurationError: the index is out of range, or the mnemonic is not valid.
    """
    if not 0 <= index <= HIGHEST_ACCOUNT:
        raise ConfigurationError(f"account {index} is out of range: choose 0 to {HIGHEST_ACCOUNT}")
    # Without this call eth-account refuses: its HD wallets count as unaudited.
    Account.enable_unaudited_hdwallet_features()
    try:
        account: LocalAccount = Account.from_mnemonic(
            mnemonic, account_path=ACCOUNT_PATH.format(index=index)
        )
    except ValidationError:
        # The library's message repeats the mnemonic: it must not reach a log.
        raise ConfigurationError(
            "the mnemonic is not valid BIP-39: check its words and their order"
        ) from None
    return account


def account_from_key(private_key: str) -> LocalAccount:
    """The account of a private key in hexadecimal, with or without 0x.

    Raises:
        ConfigurationError: it is no private key. The message does not repeat it.
    """
    try:
        raw = bytes.fromhex(private_key.strip().removeprefix("0x"))
        if len(raw) != _KEY_SIZE:
            raise ValueError
        account: LocalAccount = Account.from_key(raw)
    except (ValueError, ValidationError):
        raise ConfigurationError(
            f"the private key must be {_KEY_SIZE} bytes in hexadecimal and a valid secp256k1 key"
        ) from None
    return account


def account_from_key_file(file: Path, password: str) -> LocalAccount:
    """The account of an encrypted key file (Web3 Secret Storage, version 3).

    Raises:
        ConfigurationError: the file cannot be read, is none, or the password is wrong.
    """
    try:
        with file.open("rb") as stream:
            content = stream.read(_MAXIMUM_KEY_FILE + 1)
        if len(content) > _MAXIMUM_KEY_FILE:
            raise ConfigurationError(f"{file} is too large for a key file")
        key = bytes(Account.decrypt(json.loads(content), password))
    except OSError as error:
        raise ConfigurationError(f"the key file {file} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError, RuntimeError) as error:
        # eth-keyfile says of a wrong password only that the MAC does not match.
        raise ConfigurationError(
            f"{file} cannot be decrypted: check the password, and that it is a version 3 key file"
        ) from error
    return account_from_key(key.hex())


def read_seed(file: Path) -> bytes:
    """A node's seed from a file; ``ConfigurationError`` if it is none. The message repeats none."""
    try:
        seed = bytes.fromhex(file.read_text(encoding="ascii").strip().removeprefix("0x"))
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"the seed file {file} cannot be read as hexadecimal ({type(error).__name__})"
        ) from None
    if len(seed) != SEED_BYTES:
        raise ConfigurationError(f"the seed in {file} has {len(seed)} bytes, not {SEED_BYTES}")
    return seed
