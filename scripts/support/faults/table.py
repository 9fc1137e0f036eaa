"""The verdicts as the table of a document."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from offchain.errors import ConfigurationError
from offchain.whole_files import write_whole

BEGIN: Final = "<!-- what follows is written by `python -m scripts.faults` -->"
END: Final = "<!-- end of what it writes -->"

WORDS: Final = {
    "block": "the round made its block",
    "void": "the round was voided",
    "ended with one sentence": "the program ended with one sentence",
    "failed": "FAILED",
}


def write_table(document: Path, found: Mapping[str, Any]) -> None:
    """Replace the table of a document by that of the verdicts.

    Raises:
        ConfigurationError: the document has no place for it, or cannot be written.
    """
    try:
        text = document.read_text(encoding="utf-8")
        before, rest = text.split(BEGIN)
        _, after = rest.split(END)
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{document} has no place for the verdicts: {error}") from error
    written = f"{before}{BEGIN}\n\n{table_of(found)}\n{END}{after}"
    write_whole(document, written.encode())


def table_of(found: Mapping[str, Any]) -> str:
    """The table: a line for each fault, and for each group what was lost or paid twice."""
    lines = ["| what goes wrong | verdict | seconds |", "|---|---|---|"]
    for group in found.values():
        lines.append(f"| **{group['what']}** | | |")
        if "not_played" in group:
            lines.append(f"| not played: {group['not_played']} | | |")
            continue
        for verdict in group["verdicts"]:
            said = f" ({_plain(verdict['said'])})" if verdict["said"] else ""
            outcome = WORDS[verdict["outcome"]]
            lines.append(f"| {verdict['what']} | {outcome}{said} | {verdict['seconds']:.0f} |")
        balance = group["balance"]
        told = "not looked at" if balance is None else _balance(balance)
        lines.append(f"| *all rounds of these together* | {told} | |")
    return "\n".join(lines) + "\n"


def _balance(balance: Mapping[str, Any]) -> str:
    said = [f"{balance['blocks']} blocks, {balance['voids']} void rounds"]
    said.append(f"{balance['burned']} stakes burned")
    if balance["unrevealed"]:
        said.append(f"{balance['unrevealed']} models committed to and not revealed")
    paid = balance["minted"] <= balance["pots"]
    said.append("nothing paid twice" if paid else "MORE PAID THAN BLOCKS PAY")
    if balance["unclaimed"]:
        said.append(f"rewards of {balance['unclaimed']} blocks not claimed in time")
    said.append(
        "the whole chain verifies"
        if balance["verified"]
        else f"NOT VERIFIED: {_plain(balance['said'])}"
    )
    return "; ".join(said)


def _plain(text: str) -> str:
    return text.replace("|", "/").replace("`", "'")[:300]
