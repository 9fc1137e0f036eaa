"""What ``modelchain predict`` does: reads files, asks the model, shows what it says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from offchain.commands.place import asked_place
from offchain.commands.verify.run import shown_progress
from offchain.config import Settings
from offchain.errors import DataError
from offchain.inference.predictions import Prediction, Predictor
from offchain.inference.verified_model import VerifiedModel, verified_model
from offchain.learning.own_data.found import Refusal
from offchain.learning.own_data.prepared import Prepared
from offchain.programs.logs import warnings_to_standard_error


@warnings_to_standard_error()
def answer(
    settings: Settings,
    *,
    files: tuple[str, ...],
    block: int | None,
    skip_bad: bool,
    as_json: bool,
) -> None:
    """Say what the best model makes of files; nothing is shown unless all are asked about.

    Raises:
        DataError: a sample does not fit the task, or with `skip_bad` none does.
        ModelChainError: there is no model, or the chain or the store cannot be used.
    """
    model = fetched(settings, block)
    predictor = Predictor(model)
    names: list[str] = []
    refused: list[Refusal] = []

    def accepted() -> Iterator[Prepared]:
        for found in predictor.inputs.read(files):
            if not isinstance(found, Refusal):
                names.append(found[0])
                yield found[1]
            elif skip_bad:
                refused.append(found)
            else:
                raise DataError(f"{found}: correct it, or go on without it with --skip-bad")

    predictions = list(predictor.predict(accepted()))
    if as_json:
        click.echo(json.dumps(answers_json(model, names, predictions, refused), indent=2))
    if not predictions:
        why = f"{refused[0]}" if refused else "they are empty"
        raise DataError(f"nothing in the files can be asked about: {why}")
    if as_json:
        return
    Console().print(answers_table(names, predictions), soft_wrap=False)
    told = Console(stderr=True)
    for refusal in refused:
        told.print(f"left out: {refusal}", highlight=False, markup=False, soft_wrap=True)
    told.print(provenance(model), style="dim", highlight=False, soft_wrap=True)


def fetched(settings: Settings, block: int | None) -> VerifiedModel:
    """Return the best model after a block, verified with progress shown; raises as it does."""
    console = Console(stderr=True)
    with asked_place(settings) as place, shown_progress(console) as progress:
        return verified_model(place, block, progress)


def provenance(model: VerifiedModel) -> str:
    """Which model answered, and what was verified of it."""
    block, made = model.block, model.made
    since = "" if made.number == block.number else f", the best one since block {made.number}"
    return (
        f"model {model.hash.hex()[:16]} of block {block.number}{since}; headers, statements and "
        f"votes verified up to EVM block {model.report.last_block}"
    )


def answers_table(names: list[str], predictions: list[Prediction]) -> Table:
    """What the model says, for people."""
    is_number = predictions[0].confidence is None
    table = Table()
    table.add_column("Sample", overflow="fold")
    table.add_column("Number" if is_number else "Label", justify="right" if is_number else "left")
    table.add_column("" if is_number else "Confidence", justify="right", no_wrap=True)
    for name, prediction in zip(names, predictions, strict=True):
        beside = (
            prediction.unit
            if prediction.confidence is None
            else f"{100 * prediction.confidence:.1f} %"
        )
        table.add_row(escape(name), escape(prediction.text), escape(beside))
    return table


def answers_json(
    model: VerifiedModel,
    names: list[str],
    predictions: list[Prediction],
    refused: list[Refusal],
) -> dict[str, Any]:
    """What the model says, with the whole numbers that every machine computes alike."""
    return {
        "task": model.deployed.task.name,
        "labels": list(model.deployed.labels),
        "block": model.block.number,
        "model": "0x" + model.hash.hex(),
        "cid": model.cid,
        "predictions": [
            {
                "sample": name,
                "label" if prediction.confidence is not None else "number": prediction.text,
                **({"unit": prediction.unit} if prediction.unit else {}),
                "confidence": prediction.confidence,
                "logits": list(prediction.logits),
            }
            for name, prediction in zip(names, predictions, strict=True)
        ],
        "refused": [{"sample": one.where, "reason": one.reason} for one in refused],
    }
