"""Dense networks of tables and texts: quick ways equal the definition to the bit, bounds hold."""

import itertools
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from offchain.errors import ModelError
from offchain.learning.exact import dense, table_network, text_network
from offchain.learning.exact.dense import (
    dense_sums,
    product_sums,
    reference_sums,
    worst_dense,
)
from offchain.learning.exact.integer_layer import IntegerLayer
from offchain.learning.exact.integer_network import EXACT_BOUND, accumulator_bound
from offchain.learning.formats.samples import TableRows
from offchain.learning.task_file.words import (
    CategoryColumn,
    ClassTarget,
    NumberColumn,
    NumberTarget,
    TableSamples,
    TextSamples,
)

NUMBER = TableSamples(
    (
        NumberColumn("wide", -(2**31) + 1, 2**31 - 1),
        CategoryColumn("place", ("a", "b", "c")),
        NumberColumn("narrow", 3, 4),
    ),
    NumberTarget("price", -(2**31) + 1, 2**31 - 1, 2, "", 1000),
)
CLASSES = replace(NUMBER, target=ClassTarget("kind", ("x", "y", "z")))
WORDS = TextSamples(300, ("x", "y", "z"))


def layer(random, outputs, inputs, shift=None):
    return IntegerLayer(
        random.integers(-64, 65, (outputs, inputs), np.int8),
        random.integers(-9000, 9000, outputs, np.int32),
        random.integers(2, 9, outputs, np.uint8) if shift is None else np.full(1, shift, np.uint8),
    )


def table_model(table, seed=0, bins=3):
    random = np.random.Generator(np.random.PCG64(seed))
    edges = np.sort(random.integers(-(2**31) + 1, 2**31 - 1, (2, bins + 1)), axis=1)
    edges[1] = np.sort(random.integers(3, 5, bins + 1))
    outputs = table_network.output_count(table)
    inputs = table_network.input_count(table, bins)
    layers = (layer(random, 7, inputs), layer(random, 5, 7), layer(random, outputs, 5, 4))
    return table_network.TableNetwork(edges.astype(np.int32), layers)


def rows_of(count, seed=0):
    random = np.random.Generator(np.random.PCG64(seed))
    columns = np.column_stack(
        [
            random.integers(-(2**31) + 1, 2**31, count),
            random.integers(0, 3, count),
            random.integers(3, 5, count),
        ]
    )
    columns[0, 0], columns[-1, 0] = -(2**31) + 1, 2**31 - 1
    return TableRows(columns.astype(np.int32), random.integers(0, 3, count).astype(np.int32))


def text_model(seed=0, buckets=512):
    random = np.random.Generator(np.random.PCG64(seed))
    embedding = IntegerLayer(
        random.integers(-64, 65, (buckets, 6), np.int8),
        random.integers(-9000, 9000, 6, np.int32),
        random.integers(2, 8, 6, np.uint8),
    )
    return text_network.TextNetwork(embedding, (layer(random, 5, 6), layer(random, 3, 5, 4)))


def plain_sums(layers, row):
    """The sums of one row with Python's whole numbers, rounding halves to even."""
    values = list(row)
    for place, one in enumerate(layers):
        shifts = one.shift.tolist() * (1 if len(one.shift) > 1 else len(one.bias))
        sums = [
            sum(w * v for w, v in zip(weights, values, strict=True)) + bias
            for weights, bias in zip(one.weight.tolist(), one.bias.tolist(), strict=True)
        ]
        if place == len(layers) - 1:
            return sums
        values = []
        for total, shift in zip(sums, shifts, strict=True):
            down, rest = divmod(total, 2**shift)
            up = 2 * rest > 2**shift or (2 * rest == 2**shift and down % 2 == 1)
            values.append(min(max(down + up, 0), 255))
    raise AssertionError


@settings(max_examples=30, deadline=None, derandomize=True)
@given(
    st.integers(0, 2**32),
    st.lists(st.integers(1, 40), min_size=3, max_size=4),
)
def test_products_equal_the_definition_on_worst_cases_of_any_shape(seed, shape):
    layers, inputs = worst_dense(shape)
    assert all(int(accumulator_bound(one).max()) < EXACT_BOUND for one in layers)
    random = np.random.Generator(np.random.PCG64(seed))
    inputs = np.concatenate([inputs, random.integers(0, 256, (9, shape[0]), np.uint8)])
    expected = reference_sums(layers, inputs)
    assert np.array_equal(product_sums(layers, inputs), expected)
    assert expected[0].tolist() == plain_sums(layers, inputs[0].tolist())


def test_sums_of_the_worst_case_need_all_24_bits():
    layers, inputs = worst_dense((20, 30, 10, 5))
    assert int(accumulator_bound(layers[-1]).max()) == EXACT_BOUND - 1
    assert np.abs(reference_sums(layers, inputs)).max() > 2**23


def test_sums_do_not_depend_on_the_batch(monkeypatch):
    layers, inputs = worst_dense((20, 30, 10, 5), rows=100)
    expected = reference_sums(layers, inputs)
    for batch in (1, 7, 64, 1000):
        monkeypatch.setattr(dense, "BATCH", batch)
        assert np.array_equal(dense_sums(layers, inputs), expected)


def test_where_products_are_not_exact_the_definition_computes_and_that_is_said(monkeypatch):
    layers, inputs = worst_dense((20, 31, 11, 5))
    expected = reference_sums(layers, inputs)
    monkeypatch.setattr(dense, "product_sums", lambda *given: product_sums(*given) + 1)
    dense.is_exact.cache_clear()
    with capture_logs() as logs:
        for _ in range(2):
            assert np.array_equal(dense_sums(layers, inputs), expected)
    dense.is_exact.cache_clear()
    assert [line["event"] for line in logs] == ["models are judged by the definition, slowly"]


def test_another_process_with_other_threads_gets_the_same_numbers():
    program = (
        "import hashlib\n"
        "from offchain.learning.exact.dense import dense_sums, worst_dense\n"
        "layers, inputs = worst_dense((300, 256, 128, 10), rows=500)\n"
        "print(hashlib.sha256(dense_sums(layers, inputs).tobytes()).hexdigest())\n"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            check=True,
            env={"OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads},
        ).stdout
        for threads in ("1", "2")
    }
    assert len(digests) == 1


@pytest.mark.parametrize("table", [NUMBER, CLASSES], ids=["number", "classes"])
def test_tables_are_judged_as_python_would(table):
    for seed in range(5):
        network, rows = table_model(table, seed), rows_of(30, seed)
        data = table_network.encode_model(table, network)
        network = table_network.parse_model(table, data, 120_000)
        found = table_network.predictions(table, network, rows.columns)
        for row, predicted in zip(rows.columns.tolist(), found.tolist(), strict=True):
            inputs = []
            for place, value in zip((0, 2), (row[0], row[2]), strict=True):
                ends = network.edges[0 if place == 0 else 1].tolist()
                bins = [
                    min(max(255 * (value - a) // max(b - a, 1), 0), 255)
                    for a, b in itertools.pairwise(ends)
                ]
                inputs.append(bins)
            places = [255 * (row[1] == one) for one in range(3)]
            sums = plain_sums(network.layers, [*inputs[0], *places, *inputs[1]])
            if table is CLASSES:
                assert predicted == sums
                continue
            unit = 255 << int(network.layers[-1].shift[0])
            part = min(max(sums[0], 0), unit)
            low, high = table.target.lowest, table.target.highest
            assert predicted == low + ((high - low) * part + unit // 2) // unit
        reference = table_network.points(table, network, rows, reference_sums)
        assert np.array_equal(table_network.points(table, network, rows), reference)


def test_a_number_is_worth_less_the_farther_it_is_off():
    network, rows = table_model(NUMBER), rows_of(6)
    told = table_network.predictions(NUMBER, network, rows.columns)
    off = np.array([0, 1, -500, 999, 1000, 5000])
    target = np.clip(told + off, -(2**31) + 1, 2**31 - 1)
    wrong = np.abs(told - target)
    rows = TableRows(rows.columns, target.astype(np.int32))
    expected = [255 * max(0, 1000 - int(error)) // 1000 for error in wrong]
    assert table_network.points(NUMBER, network, rows).tolist() == expected
    none = TableRows(rows.columns[:0], rows.target[:0])
    assert table_network.points(NUMBER, network, none).shape == (0,)
    assert table_network.points(CLASSES, table_model(CLASSES), none).shape == (0,)


def test_of_equal_logits_the_lowest_class_counts():
    network = table_model(CLASSES)
    last = network.layers[-1]
    zero = IntegerLayer(np.zeros_like(last.weight), np.zeros_like(last.bias), last.shift)
    network = replace(network, layers=(*network.layers[:-1], zero))
    rows = replace(rows_of(3), target=np.array([0, 1, 2], np.int32))
    assert table_network.points(CLASSES, network, rows).tolist() == [1, 0, 0]


def test_texts_are_judged_as_the_definition_says():
    random = np.random.Generator(np.random.PCG64(1))
    texts = [bytes(random.integers(0, 256, int(n), np.uint8)) for n in (1, 2, 3, 4, 5, 300, 1, 77)]
    for buckets in (256, 1 << 14):
        network = text_model(buckets=buckets)
        data = text_network.encode_model(network)
        network = text_network.parse_model(WORDS, data, 1 << 20)
        expected = text_network.reference_logits(network, texts)
        assert np.array_equal(text_network.logits(network, texts), expected)
        alone = [text_network.logits(network, [text])[0] for text in texts]
        assert np.array_equal(alone, expected)


def test_texts_do_not_depend_on_how_many_are_hashed_at_a_time(monkeypatch):
    random = np.random.Generator(np.random.PCG64(2))
    texts = [bytes(random.integers(0, 256, int(n), np.uint8)) for n in random.integers(1, 90, 60)]
    network = text_model()
    expected = text_network.logits(network, texts)
    for size in (1, 50, 333):
        monkeypatch.setattr(text_network, "_BATCH_BYTES", size)
        assert np.array_equal(text_network.logits(network, texts), expected)
    assert text_network.logits(network, []).shape == (0, 3)


def test_the_hash_is_fnv_1a():
    """Values of the reference implementation, isthe.com/chongo/src/fnv/test_fnv.c."""
    for text, value in ((b"a", 0xE40C292C), (b"foobar", 0xBF9CF968)):
        found = text_network.FNV_OFFSET
        for byte in text:
            found = (found ^ byte) * text_network.FNV_PRIME & 0xFFFFFFFF
        assert found == value
    assert text_network.reference_buckets(b"a", 1 << 18) == [
        (0xE40C292C ^ 0xE40C) & ((1 << 18) - 1)
    ]


def refused_table(reason, **changes):
    network = replace(table_model(NUMBER), **changes)
    with pytest.raises(ModelError, match=reason):
        table_network.check_network(NUMBER, network)


def test_what_a_verifier_must_reject_of_a_table():
    network = table_model(NUMBER)
    edges, (first, second, last) = network.edges, network.layers
    table_network.check_network(NUMBER, network)
    refused_table("edges is int64", edges=edges.astype(np.int64))
    refused_table("expected int32 2 rows of 2 to 17", edges=edges[:1])
    refused_table("expected int32 2 rows", edges=np.zeros((2, 18), np.int32))
    refused_table("expected int32 2 rows", edges=np.zeros((2, 1), np.int32))
    refused_table("edges of wide fall", edges=edges[:, ::-1].copy())
    refused_table("edges of narrow fall, or leave 3 to 4", edges=edges + np.int32([[0], [2]]))
    wide = IntegerLayer(first.weight[:, :-1], first.bias, first.shift)
    refused_table("hidden1.weight is int8", layers=(wide, second, last))
    heavy = IntegerLayer(np.full_like(first.weight, 65), first.bias, first.shift)
    refused_table("a weight of 65", layers=(heavy, second, last))
    shifted = IntegerLayer(second.weight, second.bias, np.full_like(second.shift, 21))
    refused_table("hidden2 shifts by 21", layers=(first, shifted, last))
    biased = IntegerLayer(last.weight, last.bias * 0 + EXACT_BOUND, last.shift)
    refused_table("sums of output may reach", layers=(first, second, biased))
    several = IntegerLayer(np.zeros((2, 5), np.int8), np.zeros(2, np.int32), np.zeros(1, np.uint8))
    refused_table("output.bias has the shape", layers=(first, second, several))
    many = IntegerLayer(
        np.zeros((513, 9), np.int8), np.zeros(513, np.int32), np.zeros(513, np.uint8)
    )
    refused_table("1 to 512 units", layers=(many, second, last))


def refused_text(reason, **changes):
    with pytest.raises(ModelError, match=reason):
        text_network.check_network(WORDS, replace(text_model(), **changes))


def test_what_a_verifier_must_reject_of_a_text():
    network = text_model()
    one, (hidden, _) = network.embedding, network.layers
    text_network.check_network(WORDS, network)
    for rows in (255, 128, 384):
        weight = np.zeros((rows, 6), np.int8)
        refused_text("must be a power of two", embedding=replace(one, weight=weight))
    refused_text("a weight of 65", embedding=replace(one, weight=one.weight * 0 + np.int8(65)))
    refused_text("a weight of 128", embedding=replace(one, weight=one.weight * 0 + np.int8(-128)))
    refused_text("shifts by 21", embedding=replace(one, shift=one.shift * 0 + np.uint8(21)))
    big = replace(one, bias=np.full(6, -(2**31), np.int32))
    refused_text("a bias of 2147483648", embedding=big)
    refused_text("embedding.weight is", embedding=replace(one, weight=one.weight[:, :-1].copy()))
    none = IntegerLayer(
        np.zeros((256, 300), np.int8), np.zeros(300, np.int32), np.zeros(300, np.uint8)
    )
    refused_text("1 to 256 units", embedding=none)
    refused_text("output.bias has the shape", layers=(hidden, hidden))


def test_tables_without_numbers_have_no_edges():
    table = TableSamples((CategoryColumn("c", ("a", "b")),), ClassTarget("t", ("x", "y")))
    random = np.random.Generator(np.random.PCG64(3))
    layers = (layer(random, 4, 2), layer(random, 3, 4), layer(random, 2, 3, 1))
    network = table_network.TableNetwork(np.zeros((0, 2), np.int32), layers)
    data = table_network.encode_model(table, network)
    assert b"edges" not in data
    again = table_network.parse_model(table, data, 9_000)
    rows = np.array([[0], [1]], np.int32)
    assert table_network.predictions(table, again, rows).shape == (2, 2)
