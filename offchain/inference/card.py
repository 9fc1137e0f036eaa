"""The model card: what a model is, what it earned, who verified what (Mitchell et al., 2019)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from offchain.inference.verified_model import VerifiedModel
from offchain.learning.task_file.words import (
    CategoryColumn,
    ImageSamples,
    NumberColumn,
    SampleWords,
    TableSamples,
    TextSamples,
)
from offchain.verification.light.blocks import VerifiedBlock


def model_card(model: VerifiedModel) -> str:
    """Return the card of a model in Markdown."""
    task, made = model.deployed.task, model.made
    parts = [
        f"# Model of {task.name}, block {model.block.number}",
        "",
        *_table(_facts(model)),
        "",
        "## What it tells, and of what",
        "",
        *_lines(samples_in_words(task.samples)),
        *([f"Labels, in the order of the logits: {', '.join(model.deployed.labels)}."]
          if model.deployed.labels else []),
        "",
        "## What it earned",
        "",
        *_table(earned(model)),
        "",
        f"The test set is of {made.data_transactions} data transactions that members of the chain "
        "shared without their names; a Bitcoin block chose which of their parts test, after they "
        "were fixed. The highest and lowest are left out of what counts. It says nothing of other "
        "data than such as they share.",
        "",
        "## Who verified what",
        "",
        *_trust(model),
        "",
    ]  # fmt: skip
    return "\n".join(parts)


def earned(model: VerifiedModel) -> dict[str, str]:
    """What the statement behind a model says of it, for people."""
    made = model.made
    full = model.deployed.full_points
    before, most = made.previous_points, full * made.judged_samples
    return {
        "Points": f"{made.points} of {most} {_share(made, made.points, full)}",
        "Best model before it": (
            "none: it is the first one"
            if before is None
            else f"{before} points {_share(made, before, full)}"
        ),
        "Net advantage": f"{made.net} points, spread {made.spread}",
        "Test samples": f"{made.test_samples}, of which {made.judged_samples} count",
        "Valid models in its round": f"{made.valid}, of which {made.voices} are voices",
    }


def samples_in_words(samples: SampleWords) -> str:
    """What a task's samples are, in a sentence."""
    match samples:
        case ImageSamples():
            colours = "grey" if samples.channels == 1 else "red, green, blue"
            return (
                f"Images of {samples.height} x {samples.width} pixels ({colours}), bytes from 0 "
                f"(black) to 255 (white), background: {samples.background}."
            )
        case TableSamples():
            columns = ", ".join(_column(column) for column in samples.columns)
            return f"{samples.target.name} of rows with the columns {columns}."
        case TextSamples():
            return f"Texts of at most {samples.maximum_bytes} bytes of UTF-8."
        case _:
            return f"Samples as the kind {type(samples).__name__} says."


def when(timestamp: int) -> str:
    """A Unix time for people."""
    return f"{datetime.fromtimestamp(timestamp, UTC):%Y-%m-%d %H:%M} UTC"


def _facts(model: VerifiedModel) -> dict[str, str]:
    block, made = model.block, model.made
    facts = {
        "Task": f"{model.deployed.task.name} ({model.deployed.task.kind})",
        "Chain": f"{model.chain_id}, ModelChain at {model.address}",
        "Block": f"{block.number}, 0x{block.hash.hex()}",
        "Time": when(block.timestamp),
        "File": f"0x{model.hash.hex()}, {len(model.data)} bytes",
        "In IPFS": model.cid,
        "Trained by": made.winner or "",
    }
    if made.number != block.number:
        facts["Best since"] = f"block {made.number}, {when(made.timestamp)}"
    return facts


def _trust(model: VerifiedModel) -> Iterator[str]:
    made, report = model.made, model.report
    yield (
        f"- {made.support} of {made.attesters} attesters stated these points, each from its own "
        "evaluation, equal to the bit."
    )
    judge = model.deployed.task.model.judge
    if judge is None:
        yield "- The task has no judge on chain: a majority of the attesters decides about points."
    else:
        yield (
            f"- Every statement could be disputed before the contract {judge}, which computes one "
            "sample itself: one honest attester is enough."
        )
    yield (
        f"- Whoever wrote this card verified {report.headers} Bitcoin headers, {report.rounds} "
        f"rounds and {report.attestations} attestations up to EVM block {report.last_block}: that "
        "the block follows from the statements, and that the file has its hash."
    )
    yield (
        "- It did not compute the points again, nor look at the data: `modelchain verify` does "
        "(docs/Verification.md)."
    )


def _column(column: NumberColumn | CategoryColumn) -> str:
    if isinstance(column, CategoryColumn):
        return f"{column.name} ({', '.join(column.categories)})"
    return f"{column.name} ({column.unit})" if column.unit else column.name


def _share(block: VerifiedBlock, points: int | None, full: int) -> str:
    return f"({100 * (points or 0) / (full * block.judged_samples):.2f} %)"


def _table(facts: dict[str, str]) -> Iterator[str]:
    yield "| | |"
    yield "|---|---|"
    yield from (f"| {name} | {_escaped(value)} |" for name, value in facts.items())


def _lines(text: str) -> list[str]:
    return [text, ""]


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")
