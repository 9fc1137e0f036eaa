"""What ``modelchain config`` does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import click
from rich.console import Console

from offchain.amounts import GWEI_DECIMALS, decimal
from offchain.commands.look.sheet import Sheet
from offchain.config import ENVIRONMENT, Settings
from offchain.configuration_file import SECRETS
from offchain.strangers.foreign_text import printable
from offchain.strangers.http_address import redacted

HIDDEN = "(set, not shown)"

MAXIMUM_SHOWN = 4_096
"""Characters of a value."""

_FEES = ("maximum_fee", "maximum_claim_fee")


def show_settings(
    settings: Settings, *, sources: Mapping[str, str], file: Path | None, as_json: bool
) -> None:
    """Show every setting with where its value comes from."""
    values = {name: _shown(name, getattr(settings, name)) for name in ENVIRONMENT}
    if as_json:
        found = {
            name: {"value": value, "from": sources[name], "variable": ENVIRONMENT[name]}
            for name, value in values.items()
        }
        where = None if file is None else str(file)
        click.echo(json.dumps({"file": where, "settings": found}, indent=2))
        return
    sheet = Sheet(Console(highlight=False))
    sheet.line("File", "no modelchain.toml here or above" if file is None else str(file))
    sheet.gap()
    rows = [(name, value or "-", _source(sources[name], name)) for name, value in values.items()]
    sheet.table(("Setting", "Value", "From"), rows)


def _source(source: str, name: str) -> str:
    return ENVIRONMENT[name] if source == "environment" else source


def _shown(name: str, value: object) -> str | None:
    if value is None:
        return None
    if name in SECRETS:
        return HIDDEN
    if name in _FEES and isinstance(value, int):
        return f"{decimal(value, GWEI_DECIMALS)} gwei"
    text = printable(str(value), MAXIMUM_SHOWN)
    if "://" in text:  # an address may hold a password or a key
        return ",".join(redacted(part) for part in text.split(","))
    return text
