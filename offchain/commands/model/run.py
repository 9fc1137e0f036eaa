"""What ``modelchain model`` does: lists blocks, shows a model's card, exports it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import click
from rich.console import Console
from rich.table import Table

from offchain.commands.place import asked_place
from offchain.commands.predict.run import fetched
from offchain.commands.verify.run import shown_progress
from offchain.config import Settings
from offchain.inference.card import earned, model_card, when
from offchain.inference.deployed_kind import kind_of
from offchain.inference.exporting import SUFFIXES, Format, write_export
from offchain.inference.verified_model import VerifiedModel
from offchain.programs.logs import warnings_to_standard_error
from offchain.verification.light.blocks import VerifiedBlock
from offchain.verification.run import verify_chain_lightly

WIDE: Final = 118
"""Columns of a terminal in which all of a block has room."""


@warnings_to_standard_error()
def show_blocks(settings: Settings, *, as_json: bool) -> None:
    """Show all blocks of the model chain.

    Raises:
        Difference: what is on the chain does not follow.
        ModelChainError: the chain cannot be read.
    """
    with (
        asked_place(settings) as place,
        shown_progress(Console(stderr=True)) as progress,
    ):
        deployed = kind_of(place.contracts.deployment)
        blocks = verify_chain_lightly(place.contracts, progress=progress).blocks
    full = deployed.full_points
    if as_json:
        click.echo(json.dumps([block_json(block, full) for block in blocks], indent=2))
    elif blocks:
        console = Console()
        is_wide = console.width >= WIDE
        console.print(blocks_table(deployed.task.name, blocks, full, is_wide=is_wide))
    else:
        click.echo("no block yet")


@warnings_to_standard_error()
def show_card(settings: Settings, *, block: int | None, as_json: bool) -> None:
    """Show the card of the best model after a block; raises as `verified_model`."""
    model = fetched(settings, block)
    click.echo(json.dumps(model_json(model), indent=2) if as_json else model_card(model))


@warnings_to_standard_error()
def take_away(settings: Settings, *, block: int | None, form: str, output: Path | None) -> None:
    """Export the best model after a block.

    Raises:
        ConfigurationError: a package is missing, or the file cannot be written.
        ModelChainError: as `verified_model`.
    """
    model = fetched(settings, block)
    chosen = Format(form)
    name = f"{model.deployed.task.name}-block{model.block.number}{SUFFIXES[chosen]}"
    file = output or Path(name)
    card = write_export(model, chosen, file)
    click.echo(f"{file} is the model of block {model.block.number}; {card} says what it is")


def blocks_table(task: str, blocks: Sequence[VerifiedBlock], full: int, *, is_wide: bool) -> Table:
    """Blocks for people, the newest last; those of narrow terminals have no time."""
    table = Table(title=f"Models of {task}", title_justify="left")
    for name in ("Block", "Points", "Before", "Net", "Spread", "Attesters"):
        table.add_column(name, justify="right", no_wrap=True)
    if is_wide:
        table.add_column("Time", no_wrap=True)
    table.add_column("Model", no_wrap=True)
    for block in blocks:
        shown = 16 if is_wide else 8
        model = "none yet" if block.model_hash is None else block.model_hash.hex()[:shown]
        kept = "" if not block.quiet or block.model_block is None else f" of {block.model_block}"
        table.add_row(
            str(block.number),
            _percent(block, block.points, full),
            _percent(block, block.previous_points, full),
            "quiet" if block.quiet else str(block.net),
            "" if block.quiet else str(block.spread),
            f"{block.support} of {block.attesters}",
            *([when(block.timestamp)] if is_wide else []),
            model + kept,
        )
    return table


def block_json(block: VerifiedBlock, full: int) -> dict[str, Any]:
    """A block as JSON; `full_points` are those of a model that is always right."""
    return {
        "number": block.number,
        "hash": "0x" + block.hash.hex(),
        "round": block.round,
        "timestamp": block.timestamp,
        "quiet": block.quiet,
        "model": None if block.model_hash is None else "0x" + block.model_hash.hex(),
        "model_block": block.model_block,
        "winner": block.winner,
        "points": block.points,
        "previous_points": block.previous_points,
        "full_points": full * block.judged_samples,
        "net": block.net,
        "spread": block.spread,
        "test_samples": block.test_samples,
        "judged_samples": block.judged_samples,
        "data_transactions": block.data_transactions,
        "valid": block.valid,
        "voices": block.voices,
        "support": block.support,
        "attesters": block.attesters,
    }


def model_json(model: VerifiedModel) -> dict[str, Any]:
    """A model as JSON."""
    full = model.deployed.full_points
    return {
        "task": model.deployed.task.facts(),
        "labels": list(model.deployed.labels),
        "model": "0x" + model.hash.hex(),
        "cid": model.cid,
        "bytes": len(model.data),
        "chain_id": model.chain_id,
        "model_chain": model.address,
        "block": block_json(model.block, full),
        "made": block_json(model.made, full),
        "earned": earned(model),
        "verified": {
            "evm_block": model.report.last_block,
            "headers": model.report.headers,
            "rounds": model.report.rounds,
            "attestations": model.report.attestations,
            "claims": model.report.claims,
        },
    }


def _percent(block: VerifiedBlock, points: int | None, full: int) -> str:
    if points is None:
        return ""
    return f"{100 * points / (full * block.judged_samples):.2f} %"
