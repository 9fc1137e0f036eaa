"""Files that are nearly models for a table or for texts: each differs from one by a little."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

import numpy as np

from offchain.learning.exact.integer_layer import IntegerLayer
from offchain.learning.exact.integer_network import EXACT_BOUND
from offchain.learning.exact.judge_gas import MAXIMUM_JUDGING_GAS, text_judging_gas
from offchain.learning.exact.table_network import (
    MAXIMUM_BINS,
    TableNetwork,
    input_count,
    number_columns,
    output_count,
)
from offchain.learning.exact.table_network import MAXIMUM_UNITS as MOST_OF_TABLES
from offchain.learning.exact.table_network import encode_model as encode_table
from offchain.learning.exact.text_network import MAXIMUM_UNITS as MOST_OF_TEXTS
from offchain.learning.exact.text_network import TextNetwork
from offchain.learning.exact.text_network import encode_model as encode_text
from offchain.learning.formats.table import value_range
from offchain.learning.formats.tensor_file import LENGTH_BYTES
from offchain.learning.kinds.table.judge import TableJudge
from offchain.learning.kinds.text.judge import TextJudge
from offchain.learning.task_file.words import (
    LARGEST_VALUE,
    CategoryColumn,
    ClassTarget,
    NumberColumn,
    NumberTarget,
    TableSamples,
    TextSamples,
)
from offchain.protocol.words.parameters import MAXIMUM_MODEL_BYTES
from scripts.support.models.dense_networks import (
    random_rows,
    random_table_network,
    random_text_network,
    random_texts,
)
from scripts.support.models.files import changed_headers, changed_layers, cut_and_longer

_COLUMNS: Final = (
    NumberColumn("wide", -LARGEST_VALUE, LARGEST_VALUE),
    CategoryColumn("place", ("a", "b", "c")),
    NumberColumn("narrow", 3, 40),
)

TABLES: Final = (
    TableJudge(TableSamples(_COLUMNS, ClassTarget("kind", ("x", "y", "z"))), MAXIMUM_MODEL_BYTES),
    TableJudge(TableSamples(_COLUMNS, NumberTarget("price", -90, 700, 0, "", 120)), 30_000),
    TableJudge(TableSamples((_COLUMNS[1],), ClassTarget("kind", ("x", "y"))), MAXIMUM_MODEL_BYTES),
)
"""Classes, a number with a shorter file, and a table without a column of numbers."""

TEXTS: Final = (
    TextJudge(TextSamples(300, ("x", "y", "z")), MAXIMUM_MODEL_BYTES),
    TextJudge(TextSamples(4096, tuple(f"n{number}" for number in range(20))), 60_000),
    TextJudge(TextSamples(1822, tuple("abcd")), 140_000),
)
"""Short texts; the longest ones, of which a network of many units costs too much; and some of which
one costs just as much as it may, with files that are long enough for numbers of six digits."""

AT_THE_GAS: Final = ((163, 10), (131, 207))
"""Units of networks of 256 buckets: of the last of `TEXTS` all gas, and one more."""

Files = Iterator[tuple[str, bytes]]


def nearly_models(judge: TableJudge | TextJudge, seed: int, rounds: int) -> Files:
    """Yield what was done, and the file: about 30 in a round, models and others, by a seed."""
    random = np.random.Generator(np.random.PCG64(seed))
    for _ in range(rounds):
        if isinstance(judge, TableJudge):
            yield from _nearly_tables(judge, random)
        else:
            yield from _nearly_texts(judge, random)


def _nearly_tables(judge: TableJudge, random: np.random.Generator) -> Files:
    table = judge.table
    units = int(random.integers(1, 20)), int(random.integers(1, 20))
    rows = random_rows(table, random, 1)
    network = random_table_network(table, units, "uniform", random, rows)
    yield from _of_any_kind(encode_table(table, network), random)
    for what, index, layer in changed_layers(network.layers, random):
        layers = [*network.layers]
        layers[index] = layer
        yield what, encode_table(table, replace(network, layers=(layers[0], layers[1], layers[2])))
    for place, column in enumerate(number_columns(table)):
        lowest, highest = value_range(table.columns[column])
        for at, value in ((0, lowest - 1), (0, lowest), (-1, highest), (-1, highest + 1)):
            yield from _edge(table, network, place, at, value)
        yield from _edge(table, network, place, 0, int(network.edges[place, -1]) + 1)
    for bins in (1, MAXIMUM_BINS, MAXIMUM_BINS + 1):
        yield f"{bins} bins", _zero_table(table, bins, (2, 3))
    yield "no bins", _zero_table(table, 0, (2, 3))
    for most in (MOST_OF_TABLES, MOST_OF_TABLES + 1):
        yield f"{most} units first", _zero_table(table, 1, (most, 1))
        yield f"{most} units second", _zero_table(table, 1, (1, most))
    yield "no units", _zero_table(table, 1, (1, 0))
    yield "longer than the longest", _zero_table(table, 1, (MOST_OF_TABLES // 2, MOST_OF_TABLES))
    other = replace(table, target=ClassTarget("kind", ("a", "b", "c", "d")))
    yield "another target", _zero_table(other, 1, (2, 3))


def _nearly_texts(judge: TextJudge, random: np.random.Generator) -> Files:
    words = judge.samples
    units = int(random.integers(1, 20)), int(random.integers(1, 20))
    texts = random_texts(words, random, 1)
    network = random_text_network(words, 256, units, "uniform", random, texts)
    yield from _of_any_kind(encode_text(network), random)
    wide = random_text_network(words, 256, (65, 2), "uniform", random, texts)
    for one in (network, wide):  # rows of the second take several words of 32 weights
        for what, index, layer in changed_layers(one.layers, random):
            layers = [*one.layers]
            layers[index] = layer
            yield what, encode_text(TextNetwork(one.embedding, (layers[0], layers[1])))
    embedding = network.embedding
    for value in (-65, -64, 64, 65, -128, 127):
        weight = embedding.weight.copy()
        weight.reshape(-1)[int(random.integers(weight.size))] = value
        yield (
            f"an embedding's weight of {value}",
            _embedded(network, replace(embedding, weight=weight)),
        )
    bounds = (EXACT_BOUND - 1, EXACT_BOUND, -(1 << 31), -EXACT_BOUND)
    # Within by one of each byte.
    for value in (*bounds, *(more - EXACT_BOUND for more in (1, 1 << 8, 1 << 16))):
        bias = embedding.bias.copy()
        bias[int(random.integers(len(bias)))] = value
        yield f"an embedding's bias of {value}", _embedded(network, replace(embedding, bias=bias))
    for value in (20, 21):
        shift = embedding.shift.copy()
        shift[int(random.integers(len(shift)))] = value
        yield (
            f"an embedding's shift of {value}",
            _embedded(network, replace(embedding, shift=shift)),
        )
    for buckets in (128, 255, 256, 257, 384, 16_384, 1 << 17):
        yield f"{buckets} buckets", _zero_text(words, buckets, (1, 1))
    for most in (MOST_OF_TEXTS, MOST_OF_TEXTS + 1):
        yield f"{most} units embedded", _zero_text(words, 256, (most, 1))
        yield f"{most} units hidden", _zero_text(words, 256, (1, most))
    yield "no units", _zero_text(words, 256, (1, 0))
    longer = 1 << (judge.maximum_bytes // 32).bit_length()
    yield "longer than the longest", _zero_text(words, longer, (32, 1))
    other = TextSamples(words.maximum_bytes, ("a", "b", "c", "d"))
    yield "other labels", _zero_text(other, 256, (2, 3))
    for sizes in AT_THE_GAS:
        yield f"{sizes} units", _zero_text(words, 256, sizes)
    yield from _at_the_bound(words)


def _at_the_bound(words: TextSamples) -> Files:
    """The most hidden units that a judge takes, and one more, where that is what bounds them."""
    units, counts = 64, range(1, MOST_OF_TEXTS + 1)

    def file(hidden: int) -> bytes:
        return _zero_text(words, 512, (units, hidden))

    def gas(hidden: int) -> int:
        length, labels = len(file(hidden)), len(words.labels)
        return text_judging_gas(words.maximum_bytes, length, (units, hidden), labels)

    most = bisect_right(counts, MAXIMUM_JUDGING_GAS, key=gas)
    if 0 < most < len(counts):
        yield f"{gas(most)} gas", file(most)
        yield f"{gas(most + 1)} gas", file(most + 1)


def _of_any_kind(data: bytes, random: np.random.Generator) -> Files:
    yield "a model", data
    yield "the longest header", data[: LENGTH_BYTES - 1] + b"\x01" + data[LENGTH_BYTES:]
    name = b'"hidden.bias"' if b'"hidden.bias"' in data else b'"hidden1.bias"'
    at = data.index(b"[", data.index(name)) + 1
    for byte in (b"/", b":"):  # just below and just above the digits
        yield f"{byte!r} for a digit", data[:at] + byte + data[at + 1 :]
    yield from cut_and_longer(data, random)
    yield from changed_headers(data, random)


def _edge(table: TableSamples, network: TableNetwork, place: int, at: int, value: int) -> Files:
    edges = network.edges.astype(np.int64)
    edges[place, at] = value
    whole = edges.astype(np.int32)
    yield f"an edge of {value}", encode_table(table, replace(network, edges=whole))


def _embedded(network: TextNetwork, embedding: IntegerLayer) -> bytes:
    return encode_text(replace(network, embedding=embedding))


def _zero_table(table: TableSamples, bins: int, units: tuple[int, int]) -> bytes:
    numbers = number_columns(table)
    edges = np.zeros((len(numbers), bins + 1), np.int32)
    for row, column in zip(edges, numbers, strict=True):
        row[:] = value_range(table.columns[column])[0]
    sizes = (input_count(table, bins), *units, output_count(table))
    first, second, last = _zeros(sizes)
    return encode_table(table, TableNetwork(edges, (first, second, last)))


def _zero_text(words: TextSamples, buckets: int, units: tuple[int, int]) -> bytes:
    hidden, last = _zeros((*units, len(words.labels)))
    embedding = IntegerLayer(
        np.zeros((buckets, units[0]), np.int8),
        np.zeros(units[0], np.int32),
        np.zeros(units[0], np.uint8),
    )
    return encode_text(TextNetwork(embedding, (hidden, last)))


def _zeros(sizes: Sequence[int]) -> list[IntegerLayer]:
    """Layers from inputs to outputs, of zeros; the last has one shift."""
    pairs = list(pairwise(sizes))
    return [
        IntegerLayer(
            np.zeros((outputs, inputs), np.int8),
            np.zeros(outputs, np.int32),
            np.zeros(1 if place == len(pairs) - 1 else outputs, np.uint8),
        )
        for place, (inputs, outputs) in enumerate(pairs)
    ]
