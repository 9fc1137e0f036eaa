"""The regression's network family: what is a model, what it computes, and what it earns."""

import numpy as np
import pytest

from offchain.errors import ModelError
from offchain.learning.exact.integer_layer import IntegerLayer
from offchain.learning.formats.tensor_file import encode_tensors
from offchain.learning.regression.regression_network import (
    MAXIMUM_HIDDEN,
    RegressionNetwork,
    encode_model,
    inputs,
    model_format,
    parse_model,
    points,
    points_by_definition,
    predict,
)
from offchain.learning.regression.samples import TableSamples, records
from offchain.learning.regression.table import LARGEST_VALUE, Column, Table
from offchain.protocol.words.parameters import MAXIMUM_MODEL_BYTES

TABLE = Table(
    "plants", (Column("height", -5, 300), Column("leaves", 0, 40)), Column("yield", 10, 90), 8
)


def random_network(seed: int, units: int = 5, columns: int = 2) -> RegressionNetwork:
    random = np.random.Generator(np.random.PCG64(seed))

    def layer(out: int, inner: int) -> IntegerLayer:
        return IntegerLayer(
            random.integers(-128, 128, (out, inner), np.int8),
            random.integers(-30_000, 30_000, out).astype(np.int32),
            random.integers(0, 14, out).astype(np.uint8),
        )

    return RegressionNetwork(layer(units, columns), layer(1, units))


def random_samples(seed: int, count: int) -> TableSamples:
    random = np.random.Generator(np.random.PCG64(seed))
    features = [random.integers(c.lowest, c.highest + 1, count) for c in TABLE.columns]
    targets = random.integers(10, 91, count)
    return TableSamples(np.stack(features, axis=1).astype(np.int32), targets.astype(np.int32))


def constant(value: int) -> RegressionNetwork:
    """A network that always predicts ``value``."""
    hidden = IntegerLayer(np.zeros((1, 2), np.int8), np.zeros(1, np.int32), np.zeros(1, np.uint8))
    bias = np.array([value], np.int32)
    return RegressionNetwork(hidden, IntegerLayer(hidden.weight[:, :1], bias, hidden.shift))


def clamp(value: int, lowest: int, highest: int) -> int:
    return max(lowest, min(value, highest))


def plainly(network: RegressionNetwork, row: list[int]) -> int:
    """The prediction of one row by the definition, in Python's integers."""
    activation = [
        255 * (value - column.lowest) // (column.highest - column.lowest)
        for value, column in zip(row, TABLE.columns, strict=True)
    ]
    for layer, (lowest, highest) in ((network.hidden, (0, 255)), (network.output, (10, 90))):
        sums = []
        for weights, bias, shift in zip(layer.weight, layer.bias, layer.shift, strict=True):
            total = int(bias) + (1 << int(shift) >> 1)
            total += sum(int(w) * a for w, a in zip(weights, activation, strict=True))
            sums.append(clamp(total >> int(shift), lowest, highest))
        activation = sums
    return activation[0]


@pytest.mark.parametrize("seed", range(20))
def test_predictions_are_those_of_the_definition(seed):
    network, samples = random_network(seed), random_samples(seed, 40)
    expected = [plainly(network, row) for row in samples.features.tolist()]
    assert predict(TABLE, network, samples.features).tolist() == expected
    if seed == 0:
        assert len(set(expected)) > 5


def test_inputs_span_a_byte_over_a_columns_range():
    ends = np.array([[-5, 0], [300, 40], [148, 20]], np.int32)
    assert inputs(TABLE, ends).tolist() == [[0, 0], [255, 255], [127, 127]]


def test_the_largest_numbers_that_the_format_allows_are_exact():
    columns = tuple(Column("c", -LARGEST_VALUE, LARGEST_VALUE) for _ in range(64))
    table = Table("wide", columns, Column("t", -LARGEST_VALUE, LARGEST_VALUE), 1)
    for weight, bias in ((-128, -(2**31)), (127, 2**31 - 1)):
        hidden = IntegerLayer(
            np.full((64, 64), weight, np.int8), np.full(64, bias, np.int32), np.zeros(64, np.uint8)
        )
        output = IntegerLayer(
            np.full((1, 64), weight, np.int8), np.full(1, bias, np.int32), np.zeros(1, np.uint8)
        )
        network = parse_model(table, encode_model(table, RegressionNetwork(hidden, output)))
        features = np.full((1, 64), LARGEST_VALUE, np.int32)
        assert inputs(table, features).tolist() == [[255] * 64]
        units = 255 if weight > 0 else 0
        expected = clamp(bias + 64 * weight * units, -LARGEST_VALUE, LARGEST_VALUE)
        assert predict(table, network, features).tolist() == [expected]


def test_points_fall_with_the_error_down_to_nothing_at_the_tolerance():
    rows = np.zeros((6, 2), np.int32)
    samples = TableSamples(rows, np.array([50, 46, 57, 43, 58, 90], np.int32))
    # Errors 0, 4, 7, -7, 8, 40 of a tolerance of 8.
    found = points(TABLE, constant(50), samples)
    assert found.dtype == np.uint8
    assert found.tolist() == [255, 127, 31, 31, 0, 0]


@pytest.mark.parametrize("seed", range(5))
def test_each_sample_has_its_own_points_whatever_stands_beside_it(seed):
    network, samples = random_network(seed), random_samples(seed, 40)
    together = points(TABLE, network, samples).tolist()
    alone = [points(TABLE, network, samples.chosen(np.array([at]))) for at in range(40)]
    assert [int(one[0]) for one in alone] == together
    expected = [
        255 * max(0, 8 - abs(plainly(network, row) - target)) // 8
        for row, target in zip(samples.features.tolist(), samples.targets.tolist(), strict=True)
    ]
    assert together == expected


def test_samples_beyond_a_batch_count_too():
    samples = TableSamples(np.zeros((10_001, 2), np.int32), np.full(10_001, 50, np.int32))
    assert points(TABLE, constant(50), samples).tolist() == [255] * 10_001


def test_no_samples_earn_nothing():
    assert points(TABLE, constant(50), random_samples(1, 0)).shape == (0,)


def test_a_model_file_comes_back_as_it_was_written():
    for units in (1, MAXIMUM_HIDDEN):
        network = random_network(3, units)
        data = encode_model(TABLE, network)
        parsed = parse_model(TABLE, data)
        assert encode_model(TABLE, parsed) == data
        assert parsed.hidden_units == units


def altered(**changes: np.ndarray) -> bytes:
    network = random_network(1)
    tensors = {
        f"{name}.{part}": getattr(layer, part)
        for name, layer in (("hidden", network.hidden), ("output", network.output))
        for part in ("weight", "bias", "shift")
    }
    named = {name.replace("_", "."): value for name, value in changes.items()}
    return encode_tensors({**tensors, **named}, {"format": model_format(TABLE)})


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"hidden_bias": np.zeros(0, np.int32)}, r"'hidden\.bias' is out of range"),
        ({"hidden_bias": np.zeros(65, np.int32)}, r"hidden\.bias has the shape \(65,\)"),
        ({"hidden_bias": np.zeros((5, 1), np.int32)}, r"hidden\.bias has the shape"),
        ({"hidden_bias": np.zeros(5, np.int8)}, r"hidden\.bias is int8"),
        ({"hidden_weight": np.zeros((5, 3), np.int8)}, r"hidden\.weight is int8 \(5, 3\)"),
        ({"hidden_weight": np.zeros((5, 2), np.int32)}, r"hidden\.weight is int32"),
        ({"hidden_shift": np.zeros(4, np.uint8)}, r"hidden\.shift is uint8 \(4,\)"),
        ({"hidden_shift": np.full(5, 21, np.uint8)}, "hidden shifts by 21"),
        ({"output_weight": np.zeros((1, 4), np.int8)}, r"output\.weight is int8 \(1, 4\)"),
        ({"output_weight": np.zeros((2, 5), np.int8)}, r"output\.weight is int8 \(2, 5\)"),
        ({"output_bias": np.zeros(2, np.int32)}, r"output\.bias is int32 \(2,\)"),
        ({"output_shift": np.full(1, 255, np.uint8)}, "output shifts by 255"),
        ({"more": np.zeros(1, np.int8)}, "tensors"),
    ],
)
def test_models_outside_the_family_are_refused(changes, reason):
    parse_model(TABLE, altered())
    with pytest.raises(ModelError, match=reason):
        parse_model(TABLE, altered(**changes))


def test_files_that_are_no_models_of_the_table_are_refused():
    data = encode_model(TABLE, random_network(1))
    other = Table("animals", TABLE.columns, TABLE.target, TABLE.tolerance)
    for wrong, reason in (
        (b"", "too few for a header length"),
        (data[:-1], "the data at"),
        (encode_model(other, random_network(1)), "regression-network/animals/1"),
        (data.ljust(MAXIMUM_MODEL_BYTES + 1, b"\0"), "more than the"),
    ):
        with pytest.raises(ModelError, match=reason):
            parse_model(TABLE, wrong)


@pytest.mark.parametrize("seed", range(5))
def test_points_by_the_definition_are_the_same(seed):
    network, samples = random_network(seed), random_samples(seed, 60)
    found = points_by_definition(TABLE, network, records(TABLE, samples))
    assert found.dtype == np.uint8
    assert found.tolist() == points(TABLE, network, samples).tolist()
