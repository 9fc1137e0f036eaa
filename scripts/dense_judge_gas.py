"""What judging a row or a text costs by the network's shape: docs/results/dense_judge_gas.json.

Shapes are drawn among those that a judge takes, small and large ones in equal parts of the
logarithm, and those are added at which one part of the costs is as large as it can be. Texts are
compared with `text_judging_gas`, tables with the most that any judgement may cost.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click
import numpy as np

from offchain.learning.exact.judge_gas import MAXIMUM_JUDGING_GAS, text_judging_gas
from offchain.learning.exact.table_network import MAXIMUM_BINS
from offchain.learning.exact.table_network import MAXIMUM_UNITS as MOST_OF_TABLES
from offchain.learning.exact.text_network import MAXIMUM_UNITS as MOST_OF_TEXTS
from offchain.learning.task_file.words import CLASSES, COLUMNS, MAXIMUM_TEXT_BYTES
from offchain.programs.running import run_program
from offchain.protocol.words.parameters import MAXIMUM_MODEL_BYTES
from offchain.whole_files import write_whole
from scripts.support.chains.judging_gas import DEAREST_TEXT, FULL_TABLE, row_case, text_case_of
from scripts.support.models.dense_networks import Case
from scripts.support.results import require_free

RESULTS = Path("docs/results/dense_judge_gas.json")
SEED = 14
SHAPES = 50
AROUND = 150_000
"""Gas of a dispute around a judgement, besides one for each byte of the file."""

TABLES = (
    FULL_TABLE,
    (10, 8, (64, 32), 3),
    (64, MAXIMUM_BINS, (1, 1), 2),
    (1, 1, (MOST_OF_TABLES, 100), CLASSES[1]),
    (1, 1, (1, 448), CLASSES[1]),
    (1, 1, (MOST_OF_TABLES, 222), 2),
)
"""Columns of numbers, bins, units and classes: the most inputs, the most outputs, ..."""

TEXTS = (
    DEAREST_TEXT,
    (300, 4096, (24, 32), 20),
    (MAXIMUM_TEXT_BYTES, 4096, (24, 32), 20),
    (MAXIMUM_TEXT_BYTES, 256, (1, 1), 2),
    (1, 256, (MOST_OF_TEXTS, 1), CLASSES[1]),
    (1, 256, (1, MOST_OF_TEXTS), 200),
)
"""Bytes, buckets, units and labels."""


@click.command()
@click.option("--force", is_flag=True, help="Replace the results.")
def dense_judge_gas(force: bool) -> None:
    """Measure the judges of tables and texts with many shapes; some minutes."""
    from scripts.support.chains.evm import fresh_evm
    from scripts.support.judging.calls import Judge, runtime_code

    require_free(RESULTS, force)
    random = np.random.Generator(np.random.PCG64(SEED))
    lines: list[str] = []
    with fresh_evm() as evm:
        for name, shape, case, bound in [*_tables(random), *_texts(random)]:
            kind = type(case.judge).__name__
            judge = Judge(evm, runtime_code(evm, kind, list(case.judge.words)))
            work, floor = judge.gas_of_points(case.model, case.records[0])
            gas = max(work, floor)
            assert max(work + AROUND + len(case.model), floor) <= bound, (kind, shape, gas)
            lines.append(
                f'  {{"judge": "{kind}", {name}, "file_bytes": {len(case.model)}, "gas": {gas}}}'
            )
    text = ",\n".join(lines)
    write_whole(RESULTS, (_HEAD + text + "\n ]}\n").encode())
    print(f"{len(lines)} shapes, all below their bounds; none above {MAXIMUM_JUDGING_GAS}")


_HEAD = (
    '{"what": "gas of one transaction that judges one row of a table or one text by a network of '
    "docs/ExactEvaluation.md, with the model's file as call data\", "
    '"how": "contracts/judges, called on anvil; random networks, call data at the prices of their '
    "values; where the floor of EIP-7623 is higher it counts; python -m scripts.dense_judge_gas"
    '",\n "shapes": [\n'
)

Measured = tuple[str, tuple[object, ...], Case, int]
"""The shape in words of JSON and in numbers, a case, and what it may cost."""


def _tables(random: np.random.Generator) -> Iterator[Measured]:
    shapes = list(TABLES)
    while len(shapes) < SHAPES:
        columns, bins, first, second, classes = (
            _drawn(random, *ends)
            for ends in (COLUMNS, (1, MAXIMUM_BINS), *[(1, MOST_OF_TABLES)] * 2, CLASSES)
        )
        if columns * bins * first + first * second + second * classes < MAXIMUM_MODEL_BYTES - 9_000:
            shapes.append((columns, bins, (first, second), classes))
    for shape in shapes:
        columns, bins, units, classes = shape
        name = f'"columns": {columns}, "bins": {bins}, "units": {[*units]}, "classes": {classes}'
        yield name, shape, row_case(*shape), MAXIMUM_JUDGING_GAS


def _texts(random: np.random.Generator) -> Iterator[Measured]:
    shapes = list(TEXTS)
    while len(shapes) < SHAPES:
        longest, embedded, hidden, labels = (
            _drawn(random, *ends)
            for ends in ((1, MAXIMUM_TEXT_BYTES), *[(1, MOST_OF_TEXTS)] * 2, CLASSES)
        )
        buckets = 1 << int(random.integers(8, 17))
        weights = buckets * embedded + embedded * hidden + hidden * labels
        gas = text_judging_gas(longest, weights + 6_000, (embedded, hidden), labels)
        if weights < MAXIMUM_MODEL_BYTES - 6_000 and gas <= MAXIMUM_JUDGING_GAS:
            shapes.append((longest, buckets, (embedded, hidden), labels))
    for shape in shapes:
        longest, buckets, units, labels = shape
        name = f'"bytes": {longest}, "buckets": {buckets}, "units": {[*units]}, "labels": {labels}'
        case = text_case_of(*shape)
        yield name, shape, case, text_judging_gas(longest, len(case.model), units, labels)


def _drawn(random: np.random.Generator, least: int, most: int) -> int:
    return int(np.exp(random.uniform(np.log(least), np.log(most + 0.99))))


if __name__ == "__main__":
    sys.exit(run_program(dense_judge_gas, "dense_judge_gas"))
