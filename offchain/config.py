"""Settings of one process: from the command line, else the environment, else defaults.

Read once at the top of a program and passed down; nothing below reads the environment. Every
setting has a variable of its own, so that a service or a test needs no options.
"""

from __future__ import annotations

import importlib.metadata
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Final

import platformdirs

from offchain.amounts import GWEI_DECIMALS, parse_decimal
from offchain.errors import ConfigurationError

APPLICATION: Final = "modelchain"
"""Name of the command line, of the folders of the user that it keeps, and of the distribution."""

PROJECT: Final = Path(__file__).resolve().parent.parent
"""The checkout that this package runs from; where the package is installed, the folder it is in."""

RECORDED_HEADERS: Final = Path(__file__).parent / "headers" / "data" / "headers_822528_6048.json"
"""Description of the Bitcoin headers that come with the package."""

HIGHEST_ACCOUNT: Final = 2**31 - 1
"""Largest number of an account: BIP-44 counts them in 31 bits."""

ACCOUNT_NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,31}")
"""What an account may be called."""

DEFAULT_TASK: Final = "digits"
"""What a deployment is for if it is not told (docs/Tasks.md)."""

DEFAULT_RPC: Final = "http://127.0.0.1:8545"
DEFAULT_MAXIMUM_FEE: Final = 300
DEFAULT_CLAIM_FEE: Final = 50
"""Gwei for one gas that are never exceeded unless a setting allows more: a few times what gas costs
on Ethereum when much is going on, and what it costs on most days."""

DEFAULT_RELAYER: Final = "http://127.0.0.1:8550"

ENVIRONMENT: Final = {
    "rpc": "MODELCHAIN_RPC",
    "deployment": "MODELCHAIN_DEPLOYMENT",
    "store": "MODELCHAIN_STORE",
    "state": "MODELCHAIN_STATE",
    "kept": "MODELCHAIN_KEPT",
    "headers": "MODELCHAIN_HEADERS",
    "bitcoin_cookie": "MODELCHAIN_BITCOIN_COOKIE",
    "relayer": "MODELCHAIN_RELAYER",
    "relayer_proxy": "MODELCHAIN_RELAYER_PROXY",
    "websocket": "MODELCHAIN_WEBSOCKET",
    "mnemonic": "MODELCHAIN_MNEMONIC",
    "private_key": "MODELCHAIN_PRIVATE_KEY",
    "key_file": "MODELCHAIN_KEY_FILE",
    "key_password": "MODELCHAIN_KEY_PASSWORD",
    "key_password_file": "MODELCHAIN_KEY_PASSWORD_FILE",
    "accounts": "MODELCHAIN_ACCOUNTS",
    "maximum_fee": "MODELCHAIN_MAXIMUM_FEE",
    "maximum_claim_fee": "MODELCHAIN_MAXIMUM_CLAIM_FEE",
}
"""The environment variable of each setting."""


NO_FILE: Final[Mapping[str, str]] = {}
"""No file of settings."""


def version(project: Path = PROJECT) -> str:
    """This program's version: as it is installed, else as the checkout at `project` states it.

    Where there is neither, the text says so.
    """
    try:
        return importlib.metadata.version(APPLICATION)
    except importlib.metadata.PackageNotFoundError:
        pass
    try:
        text = (project / "pyproject.toml").read_text(encoding="utf-8")
    except OSError:
        return f"without a version: {APPLICATION} is not installed"
    return str(tomllib.loads(text)["project"]["version"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a process works with.

    Attributes:
        rpc: the EVM node's address; several joined by commas.
        deployment: a deployment file, or a folder of them named by chain id.
        store: the content store: a folder, ``local:FOLDER`` or ``ipfs:MULTIADDR``.
        state: folder of the nodes' journals.
        kept: folder of the chain that the last demo made.
        headers: the source of Bitcoin headers: the description (JSON) of recorded ones,
            ``core:URL`` or ``esplora:URL``.
        bitcoin_cookie: the Bitcoin node's cookie file, for ``core:`` without a password.
        relayer: the relayer's address.
        relayer_proxy: the proxy that relayers are asked through; None: as the environment says.
        websocket: where the EVM node tells of new blocks; None: it is asked for them.
        mnemonic: BIP-39 words that accounts are numbered under; None for the development one.
        private_key: the account's key in hexadecimal, instead of a numbered account.
        key_file: an encrypted key file, instead of both.
        key_password: opens it, and accounts that have names.
        key_password_file: a file whose first line is that password, where it is not given itself.
        accounts: folder of the accounts that have names.
        maximum_fee: wei for one gas that transactions never pay more than. Given in gwei.
        maximum_claim_fee: the same for transactions that claim rewards.
    """

    rpc: str = field(repr=False)
    deployment: Path
    store: str
    state: Path
    kept: Path
    headers: str = field(repr=False)
    relayer: str = field(repr=False)
    relayer_proxy: str | None = field(default=None, repr=False)
    websocket: str | None = field(default=None, repr=False)
    mnemonic: str | None = field(default=None, repr=False)
    private_key: str | None = field(default=None, repr=False)
    key_file: Path | None = None
    bitcoin_cookie: Path | None = None
    key_password: str | None = field(default=None, repr=False)
    key_password_file: Path | None = None
    accounts: Path = Path("accounts")
    maximum_fee: int = DEFAULT_MAXIMUM_FEE * 10**GWEI_DECIMALS
    maximum_claim_fee: int = DEFAULT_CLAIM_FEE * 10**GWEI_DECIMALS


def is_checkout(folder: Path) -> bool:
    """Whether a folder is a checkout of the project, with its contracts' sources."""
    return (folder / "brownie-config.yaml").is_file()


def local_path(text: str) -> Path:
    """The path that a text names, in which ``~`` stands for a home folder.

    Raises:
        ConfigurationError: there is no such home folder.
    """
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        raise ConfigurationError(f"{text!r}: there is no such home folder") from error


def load_settings(
    arguments: Mapping[str, str | Path | None],
    environment: Mapping[str, str],
    project: Path = PROJECT,
    file: Mapping[str, str] = NO_FILE,
) -> Settings:
    """Settings from a command line's options, an environment, a file and the defaults.

    What comes first in this order counts.

    Args:
        arguments: by setting; None and missing ones were not given.
        environment: the process's variables.
        file: what `offchain.configuration_file` found, by setting.
        project: the checkout, whose folders ``deployments`` and ``out`` are defaults; where there
            is none (the package is installed), these are in the user's data folder.

    Raises:
        ConfigurationError: there is no such setting, an option or variable is empty, or a fee is no
            decimal number.
    """
    unknown = sorted(set(arguments) - {item.name for item in fields(Settings)})
    if unknown:
        raise ConfigurationError(f"there is no setting {', '.join(unknown)}")

    def text(name: str) -> str | None:
        given = arguments.get(name)
        where, value = (
            (f"option --{name.replace('_', '-')}", str(given))
            if given is not None
            else (ENVIRONMENT[name], environment.get(ENVIRONMENT[name], file.get(name)))
        )
        if value is not None and not value.strip():
            raise ConfigurationError(f"{where} is empty: give it a value or leave it out")
        return value

    def path(name: str, default: Path) -> Path:
        given = text(name)
        return default if given is None else local_path(given)

    data = platformdirs.user_data_path(APPLICATION)
    place = project if is_checkout(project) else data

    def optional_path(name: str) -> Path | None:
        given = text(name)
        return None if given is None else local_path(given)

    def fee(name: str, default: int) -> int:
        return parse_decimal(text(name) or str(default), GWEI_DECIMALS)

    return Settings(
        rpc=text("rpc") or DEFAULT_RPC,
        deployment=path("deployment", place / "deployments"),
        store=text("store") or str(data / "store"),
        state=path("state", data / "state"),
        kept=path("kept", place / "out" / "demo-chain"),
        headers=text("headers") or str(RECORDED_HEADERS),
        relayer=text("relayer") or DEFAULT_RELAYER,
        relayer_proxy=text("relayer_proxy"),
        websocket=text("websocket"),
        mnemonic=text("mnemonic"),
        private_key=text("private_key"),
        key_file=optional_path("key_file"),
        bitcoin_cookie=optional_path("bitcoin_cookie"),
        key_password=text("key_password"),
        key_password_file=optional_path("key_password_file"),
        accounts=path("accounts", data / "accounts"),
        maximum_fee=fee("maximum_fee", DEFAULT_MAXIMUM_FEE),
        maximum_claim_fee=fee("maximum_claim_fee", DEFAULT_CLAIM_FEE),
    )


def source_of(
    name: str,
    arguments: Mapping[str, str | Path | None],
    environment: Mapping[str, str],
    file: Mapping[str, str],
) -> str:
    """Where `load_settings` has a setting's value from: option, environment, file or default."""
    if arguments.get(name) is not None:
        return "option"
    if ENVIRONMENT[name] in environment:
        return "environment"
    return "file" if name in file else "default"


# Two letters at least: one letter before a colon is a drive on Windows.
_KIND: Final = re.compile(r"([a-z][a-z0-9+]+):(.*)", re.DOTALL)


def split_kind(text: str) -> tuple[str, str] | None:
    """What a setting begins with before a colon, and the rest; None if it is a plain path."""
    match = _KIND.fullmatch(text)
    return None if match is None else (match[1], match[2])
