"""What the judges' transactions cost: whole transactions, with a model's file as call data."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from web3.contract import Contract

from offchain.learning.exact.integer_network import encode_model
from offchain.learning.exact.table_network import MAXIMUM_BINS
from offchain.learning.exact.worst_case import worst_case
from offchain.learning.formats.samples import LabelledTexts
from offchain.learning.task_file.words import (
    MAXIMUM_TEXT_BYTES,
    ClassTarget,
    NumberColumn,
    TableSamples,
    TextSamples,
)
from scripts.support.chains.evm import Evm
from scripts.support.models.dense_networks import (
    Case,
    names,
    random_rows,
    random_table_network,
    random_text_network,
    table_case,
    text_case,
)

SEED = 13

USUAL = (16, 32, 64, 64)
"""Where an experiment begins."""

LARGEST = (56, 47, 6, 6)
"""Of the shapes that a judge takes the dearest that was found."""


FULL_TABLE = (64, MAXIMUM_BINS, (89, 60), 256)
"""Columns, bins, hidden units and classes of a network that fills the longest file."""

DEAREST_TEXT = (MAXIMUM_TEXT_BYTES, 512, (64, 156), 2)
"""Bytes, buckets, units and labels: of what a judge takes the dearest that was found."""


def measure_judge(evm: Evm) -> dict[str, int]:
    """Gas of judging one image, one row and one text by two networks each; of checking a file."""
    judge = evm.deploy("ImageJudge")
    model, _ = model_and_record(USUAL)
    verdict = judge.functions.isWellFormed(model)
    return {
        "judge_16_32_64_64": _points(evm, judge, USUAL),
        "judge_largest": _points(evm, judge, LARGEST),
        "judge_bounds": evm.send(verdict)["gasUsed"],
        "judge_table": _dense_points(evm, row_case(10, 8, (64, 32), 3)),
        "judge_table_largest": _dense_points(evm, row_case(*FULL_TABLE)),
        "judge_text": _dense_points(evm, text_case_of(300, 4096, (24, 32), 20)),
        "judge_text_largest": _dense_points(evm, text_case_of(*DEAREST_TEXT)),
    }


def _points(evm: Evm, judge: Contract, channels: Sequence[int]) -> int:
    model, record = model_and_record(channels)
    return int(evm.send(judge.functions.points(model, record))["gasUsed"])


def model_and_record(channels: Sequence[int]) -> tuple[bytes, bytes]:
    """A network's file with the record of an image that it reaches the ends of its ranges on."""
    network, images = worst_case(channels)
    return encode_model(network), images[-1].tobytes() + b"\7"


def _dense_points(evm: Evm, case: Case) -> int:
    judge = evm.deploy(type(case.judge).__name__, list(case.judge.words))
    return int(evm.send(judge.functions.points(case.model, case.records[0]))["gasUsed"])


def row_case(columns: int, bins: int, units: tuple[int, int], classes: int) -> Case:
    """Return a network for a table of numbers, with a row."""
    random = np.random.Generator(np.random.PCG64(SEED))
    numbers = tuple(NumberColumn(f"c{number}", -1000, 1000) for number in range(columns))
    table = TableSamples(numbers, ClassTarget("target", names(classes)))
    rows = random_rows(table, random, 1)
    network = random_table_network(table, units, "uniform", random, rows, bins)
    return table_case("gas", table, network, rows)


def text_case_of(longest: int, buckets: int, units: tuple[int, int], labels: int) -> Case:
    """Return a network for texts, with one as long as they may be."""
    random = np.random.Generator(np.random.PCG64(SEED))
    words = TextSamples(longest, names(labels))
    texts = LabelledTexts([random.bytes(longest)], np.zeros(1, np.uint8))
    network = random_text_network(words, buckets, units, "uniform", random, texts)
    return text_case("gas", words, network, texts)
