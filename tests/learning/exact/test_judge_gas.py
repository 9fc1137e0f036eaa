"""The judge's bounds: above what was measured, not far above, and kept by what nodes make."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offchain.learning.exact.integer_network import (
    DIGITS_FAMILY,
    MODEL_METADATA,
    encode_model,
    parse_model,
)
from offchain.learning.exact.judge_gas import (
    MAXIMUM_JUDGING_GAS,
    beyond_the_judge,
    file_bytes,
    judging_gas,
    text_judging_gas,
)
from offchain.learning.exact.table_network import MAXIMUM_BINS, MAXIMUM_UNITS
from offchain.learning.task_file.words import CLASSES, COLUMNS
from offchain.protocol.words.parameters import MAXIMUM_MODEL_BYTES
from tests.support.random_networks import random_network

RESULTS = Path(__file__).parents[3] / "docs" / "results"
MEASURED = json.loads((RESULTS / "judge_gas.json").read_text())["shapes"]
DENSE = json.loads((RESULTS / "dense_judge_gas.json").read_text())["shapes"]
AROUND = 170_000
"""What the bound has for the dispute around a judgement, besides one for each byte."""

SHAPES = st.tuples(*(st.integers(1, most) for most in DIGITS_FAMILY.maximum_channels))


def narrowed(channels: tuple[int, ...]) -> tuple[int, ...]:
    """The shape, its widest layers halved until the judge takes it."""
    while beyond_the_judge(channels):
        widest = max(channels)
        channels = tuple(-(-one // 2) if one == widest else one for one in channels)
    return channels


@pytest.mark.parametrize("measured", MEASURED, ids=lambda one: "-".join(map(str, one["channels"])))
def test_the_bound_is_above_what_was_measured_and_not_far_above(measured):
    spare = judging_gas(measured["channels"]) - measured["gas"]
    assert 60_000 < spare < AROUND + measured["file_bytes"] + measured["gas"] // 100
    assert 0 <= file_bytes(measured["channels"]) - measured["file_bytes"] < 150


def test_the_dearest_shapes_were_measured_and_are_refused():
    dearest = [one["channels"] for one in MEASURED if one["gas"] > MAXIMUM_JUDGING_GAS]
    assert [64, 128, 1, 1] in dearest
    assert len(dearest) > 12
    assert all(beyond_the_judge(channels) for channels in dearest)


def test_the_networks_of_an_experiment_are_within():
    for channels in ((16, 32, 64, 64), (24, 40, 64, 72)):
        assert beyond_the_judge(channels) is None
    assert "gas" in str(beyond_the_judge((24, 48, 64, 64)))
    assert "120000" in str(beyond_the_judge((24, 40, 80, 96)))


@settings(max_examples=300, deadline=None, derandomize=True)
@given(SHAPES, st.integers(0, 3))
def test_more_channels_never_cost_less(channels, layer):
    """So that whoever narrows a network that is too large comes to one that is not."""
    if channels[layer] < DIGITS_FAMILY.maximum_channels[layer]:
        more = [*channels[:layer], channels[layer] + 1, *channels[layer + 1 :]]
        assert file_bytes(more) > file_bytes(channels)
        assert judging_gas(more) > judging_gas(channels)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(SHAPES.map(narrowed))
def test_what_is_within_is_a_model_whose_file_is_as_long_as_it_says(channels):
    data = encode_model(random_network(channels, largest=3))
    assert file_bytes(channels) - 150 < len(data) <= file_bytes(channels) <= MAXIMUM_MODEL_BYTES
    assert parse_model(data).channels == channels
    assert MODEL_METADATA["format"].encode() in data


def test_what_was_measured_of_rows_and_texts_lies_below_what_a_judgement_may_cost():
    """Each shape was compared with what a dispute adds when it was measured."""
    assert {one["judge"] for one in DENSE} == {"TableJudge", "TextJudge"}
    for one in DENSE:
        bound = MAXIMUM_JUDGING_GAS
        if one["judge"] == "TextJudge":
            units = tuple(one["units"])
            bound = text_judging_gas(one["bytes"], one["file_bytes"], units, one["labels"])
        assert one["gas"] < bound <= MAXIMUM_JUDGING_GAS
    assert max(one["gas"] for one in DENSE) > MAXIMUM_JUDGING_GAS * 9 // 10


def table_gas(binned: int, outputs: int, size: int) -> tuple[int, int]:
    """The bound of docs/ExactEvaluation.md for tables, and the floor for their call data."""
    return 300_000 + 650 * binned + 1_000 * outputs + 23 * size, 21_000 + 40 * (size + 2_048)


def test_no_network_for_a_table_can_cost_more_than_a_judgement_may():
    """What was measured lies below the bound, and the bound of the largest below the limit."""
    for one in DENSE:
        if one["judge"] == "TableJudge":
            outputs = sum(one["units"]) + one["classes"]
            work, floor = table_gas(one["columns"] * one["bins"], outputs, one["file_bytes"])
            assert one["gas"] <= max(work - 150_000 - one["file_bytes"], floor), one
    largest = COLUMNS[1] * MAXIMUM_BINS, 2 * MAXIMUM_UNITS + CLASSES[1], MAXIMUM_MODEL_BYTES
    assert max(table_gas(*largest)) <= 5_100_000 < MAXIMUM_JUDGING_GAS
