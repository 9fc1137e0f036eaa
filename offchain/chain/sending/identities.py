"""Accounts that have names: an encrypted key and a node's seed beside it, a file each.

A file is an Ethereum key file (Web3 Secret Storage, version 3), which wallets read, with one field
more, ``modelchain``: the node's seed, encrypted in the same form by the same password.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from eth_account import Account
from eth_utils.address import is_address, to_checksum_address

from offchain.chain.sending.keys import account_from_key, account_from_mnemonic
from offchain.config import ACCOUNT_NAME
from offchain.crypto.derivation import SEED_BYTES, node_seed_from_mnemonic
from offchain.errors import ConfigurationError
from offchain.whole_files import write_whole

FORMAT: Final = 1
"""Version of the field ``modelchain``."""

WORDS: Final = 24
"""Words of a new mnemonic: 256 bits."""

SCRYPT_COST: int = 1 << 18
"""The cost n of scrypt (RFC 7914) that files are encrypted with, as geth's are."""

MAXIMUM_FILE: Final = 1 << 16
"""Bytes of the largest file that is read."""

MAXIMUM_LISTED: Final = 10_000
"""Files that a folder is looked through for."""


class IdentityError(ConfigurationError):
    """An account of a name is not there, is there already, or cannot be opened."""


@dataclass(frozen=True, slots=True)
class Identity:
    """An account with its node's seed; 32 bytes each, neither is shown."""

    key: bytes = field(repr=False)
    seed: bytes = field(repr=False)

    @property
    def address(self) -> str:
        """The account's address, EIP-55."""
        return str(account_from_key(self.key.hex()).address)

    @classmethod
    def of_mnemonic(cls, mnemonic: str, index: int = 0) -> Identity:
        """Account ``index`` of a BIP-39 mnemonic with its node's seed, as `--account N` has them.

        Raises:
            ConfigurationError: the mnemonic is not valid, or the index is out of range.
        """
        account = account_from_mnemonic(mnemonic, index)
        return cls(bytes(account.key), node_seed_from_mnemonic(mnemonic, index))


def new_mnemonic() -> str:
    """24 fresh words from the operating system's randomness."""
    Account.enable_unaudited_hdwallet_features()
    _, mnemonic = Account.create_with_mnemonic(num_words=WORDS)
    return str(mnemonic)


def is_name(text: str) -> bool:
    """Whether a text can name an account: a letter, then letters, digits, - and _; all small."""
    return ACCOUNT_NAME.fullmatch(text) is not None


def identity_file(folder: Path, name: str) -> Path:
    """Where an account of a name is kept; ``IdentityError`` if it is no name."""
    if not is_name(name):
        raise IdentityError(
            f"{name[:80]!r} is no name of an account: begin with a small letter, then up to 31 "
            "small letters, digits, - or _"
        )
    return folder / f"{name}.json"


def keep_identity(folder: Path, name: str, identity: Identity, password: str) -> Path:
    """Write an account under a name that nobody has; returns the file, its owner's alone.

    Raises:
        IdentityError: the name is taken, or is none, or the password is empty.
        UnwritableFile: the file cannot be written.
    """
    file = identity_file(folder, name)
    if file.exists():
        raise IdentityError(f"there is an account {name} in {folder}: choose another name")
    if not password:
        raise IdentityError("the password is empty: choose one")
    content: dict[str, Any] = _encrypted(identity.key, password)
    seed = _encrypted(identity.seed, password)
    del seed["address"]  # of no account
    content["modelchain"] = {"format": FORMAT, "seed": seed}
    write_whole(file, (json.dumps(content, indent=1) + "\n").encode(), mode=0o600)
    return file


def open_identity(file: Path, password: str) -> Identity:
    """Decrypt an account's file.

    Raises:
        IdentityError: it is not there, is none, or the password is wrong.
    """
    content = read_identity(file)
    try:
        key = bytes(Account.decrypt(_keystore(content), password))
        seed = bytes(Account.decrypt(dict(content["modelchain"]["seed"]), password))
    except (ValueError, KeyError, TypeError, AttributeError, RuntimeError):
        # eth-keyfile says of a wrong password only that the MAC does not match.
        raise IdentityError(f"{file} cannot be opened: check the password") from None
    if len(seed) != SEED_BYTES:
        raise IdentityError(f"{file} has a seed of {len(seed)} bytes, not {SEED_BYTES}")
    account_from_key(key.hex())
    return Identity(key, seed)


def read_identity(file: Path) -> Mapping[str, Any]:
    """An account's file, still encrypted.

    Raises:
        IdentityError: it is not there or is none.
    """
    try:
        with file.open("rb") as stream:
            raw = stream.read(MAXIMUM_FILE + 1)
    except FileNotFoundError:
        raise IdentityError(
            f"there is no account {file.stem} in {file.parent}: `modelchain account list` names "
            "those that are, `modelchain account new` makes one"
        ) from None
    except OSError as error:
        raise IdentityError(f"{file} cannot be read: {error.strerror}") from error
    try:
        content = json.loads(raw[:MAXIMUM_FILE]) if len(raw) <= MAXIMUM_FILE else None
        own = content["modelchain"]  # type: ignore[index]
        is_whole = own["format"] == FORMAT and isinstance(own["seed"], dict)
        is_whole = is_whole and is_address("0x" + content["address"].removeprefix("0x"))  # type: ignore[index]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        is_whole = False
    if not is_whole or not isinstance(content, dict):
        raise IdentityError(f"{file} is no account's file: import it with `modelchain account`")
    return content


def address_of(content: Mapping[str, Any]) -> str:
    """The address that an account's file says, EIP-55; nothing is decrypted."""
    return str(to_checksum_address("0x" + str(content["address"]).removeprefix("0x")))


def identities(folder: Path) -> Iterator[tuple[str, str | None]]:
    """Names in a folder, sorted, each with its address; None where its file is none.

    Raises:
        IdentityError: the folder is there and cannot be read.
    """
    try:
        entries = list(folder.iterdir())
    except FileNotFoundError:
        return
    except OSError as error:
        raise IdentityError(f"the accounts in {folder} cannot be read: {error.strerror}") from error
    files = sorted(file for file in entries if file.suffix == ".json" and is_name(file.stem))
    for file in files[:MAXIMUM_LISTED]:
        try:
            yield file.stem, address_of(read_identity(file))
        except IdentityError:
            yield file.stem, None


def _encrypted(secret: bytes, password: str) -> dict[str, Any]:
    return dict(Account.encrypt(secret, password, kdf="scrypt", iterations=SCRYPT_COST))


def _keystore(content: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in content.items() if name != "modelchain"}
