"""The results as a page for people: ``paper.md``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from offchain.experiment.reporting import paper

HEAD = """# The paper's experiment: results

Written by `scripts/reproduce_paper.py`; [Experiment.md]({experiment}) says what is measured.
Per cent of each block's test set; precision and F1 are means over the ten digits. Net: by how many
correct answers the new best model is ahead of the previous one where it counts, without a third of
the data transactions at either end; spread: on how many of these samples they differ. Seconds:
training of the block's best model; verification of one model on the test set; consensus of one
round, as one node lives it.

![Accuracy, precision, F1 and seconds by block](paper.png)
"""


def page(results: Mapping[str, Any], experiment: str) -> str:
    """The page of results as they stand in ``paper.json``; ``experiment`` is where the docs are."""
    parts = [HEAD.format(experiment=experiment)]
    if not results["complete"]:
        parts.append("**Not complete: the run goes on.**\n")
    parts += [_preset(noise, preset) for noise, preset in results["presets"].items()]
    parts += [_paper(), f"{results['note']}\n", _origin(results)]
    return "\n".join(parts)


def _preset(noise: str, preset: Mapping[str, Any]) -> str:
    lines = [
        f"## {noise.capitalize()} noise",
        "",
        "| block | new best: accuracy | precision | F1 | previous best: accuracy | precision | F1 "
        "| net | spread | voices | training s | verification s | consensus s |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for block in preset["blocks"]:
        seconds = block["seconds"]
        best = None if block["quiet"] else block["best"]
        cells = [str(block["number"]), *_model(best), *_model(block["previous"])]
        cells += [_number(block[name]) for name in ("net", "spread", "voices")]
        cells += [_number(seconds["training"], 1), f"{seconds['verification']:.2f}"]
        cells += [f"{seconds['consensus']:.1f}"]
        lines.append(f"| {' | '.join(cells)} |")
    quiet = [block["number"] for block in preset["blocks"] if block["quiet"]]
    lines += ["", f"Rounds that made no block: {preset['void_rounds']}."]
    lines.append(f"Quiet blocks, without a new best model: {', '.join(map(str, quiet)) or 'none'}.")
    if preset["verified"]:
        lines.append(f"Verified from the chain and the store alone: {preset['verified']}.")
    return "\n".join([*lines, ""])


def _model(model: Mapping[str, Any] | None) -> list[str]:
    if model is None:
        return ["-", "-", "-"]
    return [f"{100 * model[metric]:.2f}" for metric in ("accuracy", "precision", "f1")]


def _number(value: float | None, decimals: int = 0) -> str:
    return "-" if value is None else f"{value:.{decimals}f}"


def _paper() -> str:
    training = ", ".join(f"{seconds:.0f}" for seconds in paper.TRAINING_SECONDS)
    return (
        "## The paper\n\n"
        f"Accuracy {100 * paper.BLOCK_1_BEST:.2f} % of block 1's best model, "
        f"{100 * paper.BLOCK_2_PREVIOUS:.2f} % of the same model on block 2's test set, "
        f"{100 * paper.BLOCK_2_BEST:.2f} % of block 2's best; training {training} s; verification "
        f"{paper.VERIFICATION_SECONDS:.2f} s a model of 82,500 images; voting and consensus "
        f"{paper.CONSENSUS_SECONDS:.2f} s a round.\n"
    )


def _origin(results: Mapping[str, Any]) -> str:
    plan, fonts = results["plan"], results["fonts"]
    lines = [
        "## How it was made",
        "",
        f"{plan['nodes']} nodes, {plan['images_per_block']:,} images a block, "
        f"{plan['test_images_per_block']:,} of them test, {plan['parts']} parts of "
        f"{plan['samples_per_part']:,} images of a node and round; {fonts['count']:,} fonts "
        f"({fonts['plainly_different']:,} plainly different), "
        f"listed in [{fonts['list']}]({fonts['list']}).",
        "",
    ]
    for piece in results["pieces"]:
        machine = piece["machine"]
        took = f"{piece['seconds']:,.0f} s" if "seconds" in piece else "killed"
        lines.append(
            f"- `{piece['command']}`: {took}; commit {piece['commit'][:12]}; "
            f"{machine['processor']}, {machine['cores']} cores, "
            f"{machine['memory_bytes'] / 2**30:.0f} GiB, Python {machine['python']}, "
            f"PyTorch {machine['torch']}"
        )
    return "\n".join([*lines, ""])
