"""The numbers that contracts are deployed with: a preset's, or a preset's with some changed.

A file in TOML names what differs, each number as docs/Parameters.md does:

    preset = "testnet"

    [parameters]
    minimumRing = 5
    stake = "0.02"          # amounts also as a text: ether, or whole tokens

    [relay]
    confirmations = 3
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, Final, TypeVar

from offchain.amounts import parse_decimal
from offchain.bitcoin.relay_settings import RelaySettings
from offchain.errors import ConfigurationError, ModelChainError
from offchain.protocol.words.parameters import (
    DEMO,
    DEMO_RELAY,
    LIVE,
    LIVE_RELAY,
    TESTNET,
    TESTNET_RELAY,
    Parameters,
    solidity_name,
)
from offchain.strangers.foreign_text import printable

Chosen = tuple[Parameters, RelaySettings]

PRESETS: Final[Mapping[str, Chosen]] = {
    "demo": (DEMO, DEMO_RELAY),
    "testnet": (TESTNET, TESTNET_RELAY),
    "live": (LIVE, LIVE_RELAY),
}
"""The presets by name (docs/Parameters.md)."""

MAXIMUM_SIZE: Final = 1 << 16
"""Bytes of the largest file that is read."""

_AMOUNTS: Final = frozenset(
    {"stake", "model_burn", "question_bond", "challenge_reward", "block_reward"}
)
"""Parameters in wei, or in units of the token."""

_SECTIONS: Final = ("preset", "parameters", "relay")

T = TypeVar("T", Parameters, RelaySettings)


class ParameterFileError(ConfigurationError):
    """A file of parameters is missing or malformed."""


def chosen_parameters(text: str) -> Chosen:
    """The numbers that a text names: a preset, or a file that ends with ``.toml``.

    Raises:
        ConfigurationError: there is no such preset.
        ParameterFileError: the file is missing, malformed, or names a number out of its range.
    """
    if text.endswith(".toml"):
        return read_parameters(Path(text).expanduser())
    if text not in PRESETS:
        raise ConfigurationError(
            f"there are no parameters {printable(text, 80)!r}: choose one of {', '.join(PRESETS)}, "
            "or a file that ends with .toml"
        )
    return PRESETS[text]


def read_parameters(file: Path) -> Chosen:
    """The numbers that a file says; raises as `chosen_parameters`."""
    try:
        with file.open("rb") as stream:
            content = stream.read(MAXIMUM_SIZE + 1)
        if len(content) > MAXIMUM_SIZE:
            raise ParameterFileError(f"{file} is larger than {MAXIMUM_SIZE} bytes")
        loaded = tomllib.loads(content.decode("utf-8"))
    except OSError as error:
        raise ParameterFileError(f"{file} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise ParameterFileError(f"{file} is no TOML: {printable(str(error), 200)}") from error
    unknown = sorted(set(loaded) - set(_SECTIONS))
    if unknown:
        raise ParameterFileError(
            f"{file} has {printable(', '.join(unknown), 200)}: only {', '.join(_SECTIONS)} can be"
        )
    name = loaded.get("preset")
    if not isinstance(name, str) or name not in PRESETS:
        raise ParameterFileError(f"{file} must name a preset: one of {', '.join(PRESETS)}")
    parameters, relay = PRESETS[name]
    return (
        _changed(file, "parameters", parameters, loaded.get("parameters", {})),
        _changed(file, "relay", relay, loaded.get("relay", {})),
    )


def _changed(file: Path, section: str, numbers: T, given: Any) -> T:
    """A preset's numbers with those that a section of the file names."""
    if not isinstance(given, dict):
        raise ParameterFileError(f"{section} in {file} is no table: write [{section}]")
    names = {solidity_name(field.name): field.name for field in fields(numbers)}
    changes: dict[str, int] = {}
    for shown, value in given.items():
        where = f"{section}.{printable(shown, 80)} in {file}"
        if shown not in names:
            raise ParameterFileError(
                f"there is no {where}: the names are those of docs/Parameters.md"
            )
        name = names[shown]
        if isinstance(value, str) and name in _AMOUNTS:
            value = _amount(where, value)
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise ParameterFileError(f"{where} must be a whole number, 0 or more")
        changes[name] = value
    try:
        return replace(numbers, **changes)
    except ModelChainError as error:
        raise ParameterFileError(f"{file}: {error}") from error


def _amount(where: str, text: str) -> int:
    try:
        return parse_decimal(text)
    except ConfigurationError as error:
        raise ParameterFileError(f"{where}: {error}") from error
