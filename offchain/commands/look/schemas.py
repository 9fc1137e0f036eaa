"""Writes docs/schemas.json: ``python -m offchain.commands.look.schemas``."""

from __future__ import annotations

import json
import sys

import click

from offchain.chronicle.forms import schema
from offchain.chronicle.pages import PAGES
from offchain.config import PROJECT
from offchain.programs.running import run_program
from offchain.whole_files import write_whole

FILE = PROJECT / "docs" / "schemas.json"
"""Where the schemas are."""


def schemas_text() -> str:
    """The schemas of all that commands print with ``--json``, as the file has them."""
    return json.dumps(schema(PAGES), indent=1) + "\n"


@click.command()
def schemas() -> None:
    """Write the JSON Schemas of what commands print with --json to docs/schemas.json."""
    write_whole(FILE, schemas_text().encode(), mode=0o644)


if __name__ == "__main__":
    sys.exit(run_program(schemas, "schemas"))
