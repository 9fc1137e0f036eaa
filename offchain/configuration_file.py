"""``modelchain.toml``: settings of a folder and all below it.

It is looked for in the working folder, then in those above it; the first one found counts.
Environment variables go before it, options before both. Keys are those of
`offchain.config.Settings`; paths are relative to the file. What opens accounts may not stand in
it: such files are shared and committed.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from offchain.config import ENVIRONMENT, local_path, split_kind
from offchain.errors import ConfigurationError

NAME: Final = "modelchain.toml"
"""The file's name."""

VARIABLE: Final = "MODELCHAIN_CONFIG"
"""Names the file to use instead of one that is found; ``none``: none."""

MAXIMUM_SIZE: Final = 1 << 16
"""Bytes of the largest file that is read."""

MAXIMUM_BITS: Final = 256
"""Of a whole number."""

MAXIMUM_FOLDERS: Final = 64
"""Folders that are looked through upwards."""

SECRETS: Final = ("mnemonic", "private_key", "key_password")
"""Settings that only the environment may give."""

PATHS: Final = (
    "deployment",
    "store",
    "state",
    "kept",
    "headers",
    "bitcoin_cookie",
    "key_file",
    "key_password_file",
    "accounts",
)
"""Settings that may be paths."""


class ConfigurationFileError(ConfigurationError):
    """A ``modelchain.toml`` cannot be used."""


def find_file(folder: Path, environment: Mapping[str, str]) -> Path | None:
    """The file that counts in a folder; None: there is none.

    A folder that may not be searched has none.

    Raises:
        ConfigurationError: the environment names one that is not there.
    """
    named = environment.get(VARIABLE)
    if named is not None:
        if named == "none":
            return None
        file = local_path(named)
        if not file.is_file():
            raise ConfigurationFileError(f"{VARIABLE}: there is no file {named!r}")
        return file
    for place in [folder, *folder.parents][:MAXIMUM_FOLDERS]:
        file = place / NAME
        with suppress(OSError):
            if file.is_file():
                return file
    return None


def read_file(file: Path) -> dict[str, str]:
    """Settings by name, paths made absolute.

    Raises:
        ConfigurationFileError: it cannot be read, is no TOML, is another user's, or has a key that
            is no setting or a secret, or a value that is no text or number.
    """
    _require_own(file)
    try:
        with file.open("rb") as stream:
            raw = stream.read(MAXIMUM_SIZE + 1)
        if len(raw) > MAXIMUM_SIZE:
            raise ConfigurationFileError(f"{file} is too large for a file of settings")
        content = tomllib.loads(raw.decode("utf-8"))
    except OSError as error:
        raise ConfigurationFileError(f"{file} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigurationFileError(f"{file} is no UTF-8 text") from error
    except (ValueError, RecursionError) as error:  # no TOML, or a number of 4,301 digits
        raise ConfigurationFileError(f"{file} is no TOML: {error}") from error
    return {name: _setting(file, name, value) for name, value in content.items()}


def _setting(file: Path, name: str, value: object) -> str:
    if name in SECRETS:
        raise ConfigurationFileError(
            f"{file}: {name} may not stand in a file that others may see: set {ENVIRONMENT[name]}"
        )
    if name not in ENVIRONMENT:
        known = ", ".join(sorted(set(ENVIRONMENT) - set(SECRETS)))
        raise ConfigurationFileError(f"{file}: there is no setting {name[:40]!r}, only {known}")
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ConfigurationFileError(f"{file}: {name} must be a text or a whole number")
    if isinstance(value, int) and value.bit_length() > MAXIMUM_BITS:
        raise ConfigurationFileError(f"{file}: {name} has more than {MAXIMUM_BITS} bits")
    text = str(value)
    if not text.strip():
        raise ConfigurationFileError(f"{file}: {name} is empty: give it a value or leave it out")
    if not text.isprintable():
        raise ConfigurationFileError(f"{file}: {name} has characters that cannot be shown")
    if name in PATHS:
        return _beside(file, text)
    return text


def _beside(file: Path, text: str) -> str:
    """A path relative to the file; one with a kind before a colon keeps it."""
    kind = split_kind(text)
    if kind is None:
        return str(file.parent.resolve() / local_path(text))
    name, rest = kind
    return f"{name}:{_beside(file, rest)}" if name in ("local", "recorded") else text


def _require_own(file: Path) -> None:
    """A file of somebody else's must not choose which chain is asked, or which keys are used."""
    if not hasattr(os, "getuid"):
        return
    try:
        owner = file.stat().st_uid
    except OSError as error:
        raise ConfigurationFileError(f"{file} cannot be read: {error.strerror}") from error
    if owner not in (os.getuid(), 0):
        raise ConfigurationFileError(
            f"{file} is another user's: work in another folder, or set {VARIABLE}=none"
        )
