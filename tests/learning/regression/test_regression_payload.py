"""Payloads of a regression: one form, every value in its column's range, all else refused."""

import numpy as np
import pytest

from offchain.errors import ConfigurationError, PayloadError
from offchain.learning.formats.tensor_file import encode_tensors
from offchain.learning.regression.samples import (
    TableSamples,
    concatenate,
    decode_payload,
    encode_payload,
    payload_bytes,
    payload_format,
    record_bytes,
    records,
)
from offchain.learning.regression.table import LARGEST_VALUE, Column, Table
from offchain.learning.task import MAXIMUM_PAYLOAD_BYTES

TABLE = Table(
    "plants", (Column("height", -5, 300), Column("leaves", 0, 40)), Column("yield", 10, 90), 8
)


def some_samples(count: int) -> TableSamples:
    random = np.random.Generator(np.random.PCG64(count))
    height = random.integers(-5, 301, count)
    leaves = random.integers(0, 41, count)
    targets = random.integers(10, 91, count)
    return TableSamples(
        np.stack([height, leaves], axis=1).astype(np.int32), targets.astype(np.int32)
    )


def refused(payload: bytes, reason: str, samples: int = 3) -> None:
    with pytest.raises(PayloadError, match=reason):
        decode_payload(TABLE, payload, samples)


def with_tensors(**changes: np.ndarray) -> bytes:
    samples = some_samples(3)
    tensors = {"features": samples.features, "targets": samples.targets, **changes}
    return encode_tensors(tensors, {"format": payload_format(TABLE)})


@pytest.mark.parametrize("count", [1, 2, 512])
def test_a_payload_comes_back_as_it_was_written(count):
    samples = some_samples(count)
    decoded = decode_payload(TABLE, encode_payload(TABLE, samples), count)
    assert np.array_equal(decoded.features, samples.features)
    assert np.array_equal(decoded.targets, samples.targets)
    assert len(decoded) == count


@pytest.mark.parametrize("count", [1, 2, 9, 10, 512])
def test_every_payload_of_so_many_samples_is_of_one_length(count):
    assert len(encode_payload(TABLE, some_samples(count))) == payload_bytes(TABLE, count)


def test_a_payload_is_never_longer_than_a_block_holds():
    wide = Table("wide", TABLE.columns * 20, TABLE.target, 8)
    assert payload_bytes(wide, 40_000) == MAXIMUM_PAYLOAD_BYTES


def test_the_ends_of_every_range_are_allowed():
    ends = np.array([[-5, 0], [300, 40]], np.int32), np.array([10, 90], np.int32)
    assert len(decode_payload(TABLE, encode_payload(TABLE, TableSamples(*ends)), 2)) == 2


@pytest.mark.parametrize(
    ("features", "reason"),
    [
        ([-6, 0], "plants payload: height is -6, allowed are -5 to 300"),
        ([301, 0], "plants payload: height is 301, allowed are -5 to 300"),
        ([0, -1], "plants payload: leaves is -1, allowed are 0 to 40"),
        ([0, 41], "plants payload: leaves is 41, allowed are 0 to 40"),
        ([0, -(2**31)], "plants payload: leaves is -2147483648, allowed are 0 to 40"),
    ],
)
def test_a_value_outside_its_columns_range_is_refused(features, reason):
    # Among sound rows: every row counts, not the first one alone.
    table = np.array([[0, 0], features, [1, 1]], np.int32)
    refused(with_tensors(features=table), reason)


@pytest.mark.parametrize("target", [9, 91])
def test_a_target_outside_its_range_is_refused(target):
    targets = np.array([10, 90, target], np.int32)
    refused(with_tensors(targets=targets), f"yield is {target}, allowed are 10 to 90")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"features": np.zeros((3, 3), np.int32)}, "features of shape"),
        ({"features": np.zeros((2, 2), np.int32)}, "features of shape"),
        ({"features": np.zeros(6, np.int32)}, "features of shape"),
        ({"targets": np.full((3, 1), 10, np.int32)}, "targets of shape"),
        ({"features": np.zeros((3, 2), np.int8)}, "features are int8 and targets int32"),
        ({"targets": np.full(3, 10, np.uint8)}, "features are int32 and targets uint8"),
    ],
)
def test_other_shapes_and_element_types_are_refused(changes, reason):
    refused(with_tensors(**changes), reason)


@pytest.mark.parametrize("other", [1, 4, 6, 512])
def test_another_number_of_samples_than_the_deployments_is_refused(other):
    payload = encode_payload(TABLE, some_samples(5))
    refused(payload, f"5 samples, a part of this deployment has {other}", other)


def test_no_samples_are_refused():
    none = TableSamples(np.zeros((0, 2), np.int32), np.zeros(0, np.int32))
    refused(encode_payload(TABLE, none), r"'features' is out of range: \[0, 2\]")


def test_a_payload_of_another_table_is_refused():
    other = Table("animals", TABLE.columns, TABLE.target, TABLE.tolerance)
    refused(encode_payload(other, some_samples(1)), "regression-samples/animals/1")


def test_what_is_no_canonical_file_is_refused():
    payload = encode_payload(TABLE, some_samples(2))
    refused(b"", "too few for a header length")
    refused(payload[:-1], "the data at")
    refused(payload + b"\0", "the data at")
    refused(with_tensors(more=np.zeros(1, np.int8)), "tensors")
    refused(payload.ljust(MAXIMUM_PAYLOAD_BYTES + 1, b"\0"), "more than the")


def test_a_record_holds_all_values_of_its_row_as_a_contract_reads_them():
    samples = some_samples(4)
    found = records(TABLE, samples)
    assert {len(record) for record in found} == {record_bytes(TABLE)} == {12}
    for record, features, target in zip(
        found, samples.features.tolist(), samples.targets.tolist(), strict=True
    ):
        words = [int.from_bytes(record[at : at + 4], "big", signed=True) for at in (0, 4, 8)]
        assert words == [*features, target]


def test_concatenation_keeps_the_order_and_nothing_gives_nothing():
    parts = [some_samples(2), some_samples(3)]
    together = concatenate(TABLE, parts)
    assert np.array_equal(together.targets, [*parts[0].targets, *parts[1].targets])
    assert together.features.shape == (5, 2)
    assert concatenate(TABLE, []).features.shape == (0, 2)


@pytest.mark.parametrize(
    ("lowest", "highest"), [(1, 1), (2, 1), (0, LARGEST_VALUE + 1), (-LARGEST_VALUE - 1, 0)]
)
def test_a_column_without_a_range_of_int32_is_refused(lowest, highest):
    with pytest.raises(ConfigurationError, match=f"column x from {lowest} to {highest}"):
        Column("x", lowest, highest)


@pytest.mark.parametrize(("columns", "tolerance"), [(0, 1), (65, 1), (1, 0)])
def test_a_table_without_columns_or_tolerance_is_refused(columns, tolerance):
    with pytest.raises(ConfigurationError, match=f"{columns} columns and a tolerance of"):
        Table("x", tuple(Column("c", 0, 1) for _ in range(columns)), Column("t", 0, 1), tolerance)
