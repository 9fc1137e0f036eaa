"""What an experiment leaves behind: ``paper.json``, a CSV, a figure, a page, the fonts' list."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from offchain.errors import ConfigurationError
from offchain.experiment.folder import RunFolder
from offchain.experiment.plan import ExperimentPlan
from offchain.experiment.reporting import paper
from offchain.experiment.reporting.figure import draw_results
from offchain.experiment.reporting.page import page
from offchain.whole_files import write_whole

JSON_NAME: Final = "paper.json"
FONTS_NAME: Final = "paper_fonts.txt.gz"

TUNED: Final = (
    "The paper does not say how its handwriting noise is drawn. The preset hard was tuned until a "
    "plain network came near the paper's level: agreement with the paper's accuracies is tuned, "
    "not reproduced."
)


class WouldOverwriteError(ConfigurationError):
    """Results are there already."""

    def __init__(self, file: Path) -> None:
        super().__init__(
            f"{file} holds the results of another run: give --force to replace them, or another "
            "folder with --out"
        )
        self.file = file


def require_free(out: Path, run_id: str | None, force: bool) -> None:
    """Raise `WouldOverwriteError` if ``out`` has results that are not of this run."""
    file = out / JSON_NAME
    if force or not file.exists():
        return
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        recorded = found.get("run") if isinstance(found, dict) else None
    except (OSError, ValueError, RecursionError):
        recorded = None
    if run_id is None or recorded != run_id:
        raise WouldOverwriteError(file)


def write_results(run: RunFolder, plan: ExperimentPlan, out: Path) -> dict[str, Any]:
    """Write everything that the run has so far; returns what is in ``paper.json``.

    Raises:
        ConfigurationError: the folder cannot be written, or the run's folder not be read.
    """
    results = gather(run, plan)
    text = json.dumps(results, indent=1) + "\n"
    write_whole(out / JSON_NAME, text.encode())
    write_whole(out / "paper.csv", table(results["presets"]).encode())
    write_whole(out / "paper.md", page(results, _experiment(out)).encode())
    shutil.copyfile(run.fonts, out / FONTS_NAME)
    if any(preset["blocks"] for preset in results["presets"].values()):
        draw_results(results, out / "paper.png")
    return results


def _experiment(out: Path) -> str:
    """Where the page finds the experiment's description: beside the results, or in the project."""
    beside = out.parent / "Experiment.md"
    return "../Experiment.md" if beside.exists() else "docs/Experiment.md"


def gather(run: RunFolder, plan: ExperimentPlan) -> dict[str, Any]:
    """All figures with what they were made with."""
    about = run.run
    presets: dict[str, Any] = {}
    for folder in sorted(run.folder.glob("*/progress.json")):
        noise = folder.parent.name
        progress = run.progress(noise)
        if progress is None:
            continue
        presets[noise] = {
            "blocks": list(progress.blocks),
            "void_rounds": progress.voids,
            "verified": progress.verified,
        }
    complete = all(
        noise in presets and len(presets[noise]["blocks"]) >= plan.blocks for noise in plan.noises
    )
    return {
        "run": about["id"],
        "complete": complete,
        "plan": plan.as_json(),
        "fonts": {**about["fonts"], "list": FONTS_NAME},
        "pieces": about["pieces"],
        "presets": presets,
        "paper": paper.as_json(),
        "note": TUNED,
    }


def table(presets: Mapping[str, Any]) -> str:
    """The figures as CSV: a line for each noise preset, block and model."""
    output = io.StringIO()
    writer = csv.writer(output, lineterminator="\n")
    writer.writerow(
        [
            *("noise", "block", "quiet", "model", "accuracy", "precision", "recall", "f1"),
            *("correct", "test_images", "net", "spread", "voices"),
            *("training_s", "verification_s", "consensus_s"),
        ]
    )
    for noise, preset in presets.items():
        for block in preset["blocks"]:
            writer.writerows(_rows(noise, block))
    return output.getvalue()


def _rows(noise: str, block: Mapping[str, Any]) -> Sequence[Sequence[object]]:
    rows: list[Sequence[object]] = []
    seconds = block["seconds"]
    for role in ("best", "previous"):
        model = block[role]
        if model is None:
            continue
        times = [seconds["training"], seconds["verification"], seconds["consensus"]]
        is_best = role == "best"
        rows.append(
            [
                *(noise, block["number"], int(block["quiet"]), role),
                *(f"{model[name]:.6f}" for name in ("accuracy", "precision", "recall", "f1")),
                *(model["correct"], model["samples"]),
                *(block[name] if is_best else "" for name in ("net", "spread", "voices")),
                *("" if value is None or not is_best else f"{value:.3f}" for value in times),
            ]
        )
    return rows
