"""``modelchain model``: the chain's models, one for each block: what they are, files of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from offchain.commands.options import block_option, json_option, setting_options, start

FORMATS = ("safetensors", "onnx", "torch")


@click.group()
def model() -> None:
    """The best model after each block: list, show, take away."""


@model.command("list")
@setting_options("rpc", "deployment")
@json_option("the blocks as JSON")
def list_models(**options: Any) -> None:
    """List all blocks with what their models earned, after headers and votes are verified."""
    from offchain.commands.model.run import show_blocks

    start(show_blocks, options)


@model.command()
@setting_options("rpc", "deployment", "store")
@block_option()
@json_option("what is known of it as JSON")
def show(**options: Any) -> None:
    """Show the card of a model: its task, what it earned on which test set, who verified what."""
    from offchain.commands.model.run import show_card

    start(show_card, options)


@model.command()
@setting_options("rpc", "deployment", "store")
@block_option()
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default=FORMATS[0],
    help="the chain's own file, an ONNX graph, or a PyTorch program; all compute the same numbers",
)
@click.option(
    "--output",
    "-o",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="where it goes, with its card beside it; by default it is named by task and block",
)
def export(**options: Any) -> None:
    """Write a model into a file that other programs run, and its card beside it."""
    from offchain.commands.model.run import take_away

    start(take_away, options)
