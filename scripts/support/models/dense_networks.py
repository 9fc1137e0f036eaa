"""Networks for tables and texts that lead a judge astray if anything does, with their samples.

Tables and texts of any size within their kinds' bounds; layers as `networks` draws them; units half
of whose sums lie exactly between two whole numbers; values at the ends of their ranges and on the
edges of bins; texts shorter than the longest n-gram, of bytes that are no letters, and as long as
they may be.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from offchain.learning.exact.dense import reference_sums, worst_dense
from offchain.learning.exact.integer_layer import ACTIVATION_MAXIMUM, IntegerLayer
from offchain.learning.exact.integer_network import EXACT_BOUND, shift_right, weight_sums
from offchain.learning.exact.table_network import (
    MAXIMUM_BINS,
    MAXIMUM_UNITS,
    TableNetwork,
    input_count,
    inputs_of,
    number_columns,
    output_count,
)
from offchain.learning.exact.table_network import encode_model as encode_table
from offchain.learning.exact.table_network import parse_model as parse_table
from offchain.learning.exact.text_network import (
    TextNetwork,
    reference_logits,
)
from offchain.learning.exact.text_network import encode_model as encode_text
from offchain.learning.exact.text_network import (
    parse_model as parse_text,
)
from offchain.learning.formats.samples import LabelledTexts, TableRows
from offchain.learning.formats.table import records as table_records
from offchain.learning.formats.table import value_range
from offchain.learning.formats.texts import records as text_records
from offchain.learning.kinds.table.judge import TableJudge
from offchain.learning.kinds.text.judge import TextJudge
from offchain.learning.task_file.words import (
    LARGEST_VALUE,
    CategoryColumn,
    ClassTarget,
    Column,
    NumberColumn,
    NumberTarget,
    TableSamples,
    TextSamples,
)
from offchain.protocol.words.parameters import MAXIMUM_MODEL_BYTES
from scripts.support.models.networks import STYLES, random_layer

SAMPLES = 3
"""With each network."""

ODD_SIZES = (1, 2, 31, 32, 33, 63, 64, 65)
"""At which words of 32 units and pairs of them end: just before, at, and just behind."""


@dataclass(frozen=True, slots=True)
class Case:
    """A model's file, what judges it, and samples' records with the last layer's sums of each."""

    what: str
    judge: TableJudge | TextJudge
    model: bytes
    records: Sequence[bytes]
    sums: Sequence[Sequence[int]]


def table_cases(seed: int, count: int) -> Iterator[Case]:
    """Yield `count` networks for tables, the same for a seed."""
    random = np.random.Generator(np.random.PCG64(seed))
    for number in range(count):
        style = STYLES[number % len(STYLES)]
        table = random_table(random, is_large=number % 10 == 9)
        units = (_units(random, number), _units(random, number // 8))
        rows = random_rows(table, random, SAMPLES)
        network = random_table_network(table, units, style, random, rows)
        yield table_case(f"{style} {units}", table, network, rows)


def worst_tables() -> Iterator[Case]:
    """Yield the worst case of the evaluators for several shapes, with columns from 0 to 255."""
    for shape in (
        (64, 33, 31, 3),
        (1, 1, 1, 2),
        (33, 512, 1, 2),
        (63, 65, 64, 256),
        (64, 200, 9, 1),
    ):
        (first, second, last), inputs = worst_dense(shape, rows=SAMPLES)
        columns = tuple(NumberColumn(f"c{n}", 0, ACTIVATION_MAXIMUM) for n in range(shape[0]))
        target: ClassTarget | NumberTarget = NumberTarget("target", -7, 9_000, 0, "", 3_000)
        if shape[-1] > 1:
            target = ClassTarget("target", names(shape[-1]))
        edges = np.tile(np.array([0, ACTIVATION_MAXIMUM], np.int32), (shape[0], 1))
        rows = TableRows(inputs.astype(np.int32), np.zeros(len(inputs), np.int32))
        network = TableNetwork(edges, (first, second, last))
        yield table_case(f"worst case {shape}", TableSamples(columns, target), network, rows)


def table_case(what: str, table: TableSamples, network: TableNetwork, rows: TableRows) -> Case:
    """Return a network with rows whose sums the definition says."""
    sums = reference_sums(network.layers, inputs_of(table, network.edges, rows.columns))
    model = encode_table(table, network)
    parse_table(table, model, MAXIMUM_MODEL_BYTES)
    judge = TableJudge(table, MAXIMUM_MODEL_BYTES)
    return Case(what, judge, model, table_records(table, rows), sums.tolist())


def text_cases(seed: int, count: int) -> Iterator[Case]:
    """Yield `count` networks for texts, the same for a seed."""
    random = np.random.Generator(np.random.PCG64(seed))
    for number in range(count):
        style = STYLES[number % len(STYLES)]
        longest = int(
            random.choice([1, 2, 3, 4, 5, 64, 300, 4096], p=[0.05] * 5 + [0.4, 0.25, 0.1])
        )
        words = TextSamples(
            longest, names(int(random.choice([2, 3, 20, 256], p=[0.3, 0.4, 0.2, 0.1])))
        )
        units = (_units(random, number, 90), _units(random, number // 8, 90))
        buckets = 1 << int(random.integers(8, 11 if number % 10 else 13))
        room = 80_000
        if longest > 1000:  # else a judge would not take it
            units, room = (min(units[0], 64), units[1]), 30_000
        while buckets * units[0] > room and buckets > 256:
            buckets //= 2
        texts = random_texts(words, random, SAMPLES)
        network = random_text_network(words, buckets, units, style, random, texts)
        yield text_case(f"{style} {buckets} {units}, {longest} bytes", words, network, texts)


def text_case(what: str, words: TextSamples, network: TextNetwork, texts: LabelledTexts) -> Case:
    """Return a network with texts whose sums the definition says."""
    model = encode_text(network)
    parse_text(words, model, MAXIMUM_MODEL_BYTES, is_judged=True)
    judge = TextJudge(words, MAXIMUM_MODEL_BYTES)
    sums = reference_logits(network, texts.texts).tolist()
    return Case(what, judge, model, text_records(words, texts), sums)


def random_table(random: np.random.Generator, *, is_large: bool = False) -> TableSamples:
    """Return a table of a few columns; a large one has up to 64."""
    count = int(random.integers(1, 65 if is_large else 7))
    columns: list[Column] = []
    for number in range(count):
        if random.random() < 0.6:
            columns.append(NumberColumn(f"c{number}", *_range(random)))
        else:
            most = 9 if is_large else 65
            columns.append(CategoryColumn(f"c{number}", names(int(random.integers(2, most)))))
    if random.random() < 0.5:
        classes = int(random.choice([2, 3, 7, 256], p=[0.3, 0.4, 0.2, 0.1]))
        return TableSamples(tuple(columns), ClassTarget("target", names(classes)))
    lowest, highest = _range(random)
    tolerance = int(random.choice([1, 2, 255, 1 + (highest - lowest) // 3, LARGEST_VALUE]))
    tolerance = min(tolerance, LARGEST_VALUE)
    return TableSamples(tuple(columns), NumberTarget("target", lowest, highest, 0, "", tolerance))


def random_table_network(
    table: TableSamples,
    units: tuple[int, int],
    style: str,
    random: np.random.Generator,
    rows: TableRows,
    bins: int | None = None,
) -> TableNetwork:
    """Return a network of one of `STYLES`; of halves, sums of the first row are such.

    It has any number of `bins` where none is given.
    """
    bins = bins or int(random.integers(1, MAXIMUM_BINS + 1))
    numbers = [table.columns[place] for place in number_columns(table)]
    edges = np.zeros((len(numbers), bins + 1 if numbers else 2), np.int32)
    for row, column in zip(edges, numbers, strict=True):
        lowest, highest = value_range(column)
        drawn = random.integers(lowest, highest, bins + 1, endpoint=True)
        if random.random() < 0.3:  # some bins have no width, some end where the range does
            drawn = random.choice([lowest, highest, int(drawn[0])], bins + 1)
        row[:] = np.sort(drawn)
    inputs = input_count(table, bins)
    first = random_layer((units[0], inputs), style, random)
    second = random_layer((units[1], units[0]), style, random)
    last = replace(
        random_layer((output_count(table), units[1]), style, random),
        shift=random.integers(0, 21, 1).astype(np.uint8),
    )
    if style == "halves":
        shown = inputs_of(table, edges, rows.columns[:1])[0].astype(np.int64)
        first = halved(first, shown)
        second = halved(second, activations(first, shown))
    return TableNetwork(edges, (first, second, last))


def random_rows(table: TableSamples, random: np.random.Generator, count: int) -> TableRows:
    """Return rows with values from all of their ranges, and from the ends alone."""
    columns = np.empty((count, len(table.columns)), np.int32)
    for place, column in enumerate(table.columns):
        lowest, highest = value_range(column)
        columns[:, place] = random.integers(lowest, highest, count, endpoint=True)
        columns[1::3, place] = random.choice([lowest, highest], len(columns[1::3]))
    lowest, highest = value_range(table.target)
    target = random.integers(lowest, highest, count, endpoint=True)
    return TableRows(columns, target.astype(np.int32))


def random_text_network(
    words: TextSamples,
    buckets: int,
    units: tuple[int, int],
    style: str,
    random: np.random.Generator,
    texts: LabelledTexts,
) -> TextNetwork:
    """Return a network of one of `STYLES`; of halves, sums of the first text are such."""
    drawn = random_layer((units[0], buckets), style, random)
    weight = np.ascontiguousarray(drawn.weight.T)
    # Means are below 2^14: larger biases decide by themselves.
    bias = random.integers(-(1 << 12), 1 << 12, units[0])
    bias[::7] = random.choice([1 - EXACT_BOUND, EXACT_BOUND - 1], len(bias[::7]))
    shift = random.integers(0, 9, units[0])
    shift[::5] = random.integers(0, 21, len(shift[::5]))
    embedding = IntegerLayer(weight, bias.astype(np.int32), shift.astype(np.uint8))
    hidden = random_layer((units[1], units[0]), style, random)
    last = replace(
        random_layer((len(words.labels), units[1]), style, random), shift=np.zeros(1, np.uint8)
    )
    network = TextNetwork(embedding, (hidden, last))
    if style == "halves":
        means = text_means(network, texts.texts[0])
        embedding = _with_halves(embedding, means)
        hidden = halved(hidden, _clamped(means + embedding.bias, embedding))
        network = TextNetwork(embedding, (hidden, last))
    return network


def text_means(network: TextNetwork, text: bytes) -> NDArray[np.int64]:
    """Return the mean of each unit, as Python's whole numbers say it."""
    from offchain.learning.exact.text_network import MEAN_UNIT, reference_buckets

    chosen = reference_buckets(text, network.buckets)
    sums = network.embedding.weight[chosen].astype(np.int64).sum(axis=0)
    return np.array([MEAN_UNIT * one // len(chosen) for one in sums.tolist()], np.int64)


def random_texts(words: TextSamples, random: np.random.Generator, count: int) -> LabelledTexts:
    """Return texts of any bytes and lengths: of one byte, of one letter repeated, the longest."""
    texts = []
    for number in range(count):
        length = int(random.integers(1, min(words.maximum_bytes, 300) + 1))
        if number % 3 == 1:
            length = words.maximum_bytes if random.random() < 0.5 else min(3, words.maximum_bytes)
        text = random.bytes(length)
        texts.append(text[:1] * length if random.random() < 0.2 else text)
    return LabelledTexts(texts, random.integers(0, len(words.labels), count).astype(np.uint8))


def halved(layer: IntegerLayer, inputs: NDArray[np.int64]) -> IntegerLayer:
    """Return the layer with biases by which the sums of some inputs lie between whole numbers."""
    return _with_halves(layer, layer.weight.astype(np.int64) @ inputs)


def activations(layer: IntegerLayer, inputs: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return a hidden layer's outputs for some inputs."""
    return _clamped(layer.weight.astype(np.int64) @ inputs + layer.bias, layer)


def _with_halves(layer: IntegerLayer, sums: NDArray[np.int64]) -> IntegerLayer:
    """The biases that make sums halves, of outputs from 0 to 255, where there is room for them."""
    shift = np.maximum(layer.shift.astype(np.int64), 1)
    shift = np.where(shift > 12, 12, shift)
    wanted = (np.arange(len(sums)) * 7 % 256 << shift) + (1 << (shift - 1))
    bias = wanted - sums
    fits = np.abs(bias) + ACTIVATION_MAXIMUM * weight_sums(layer.weight)[: len(sums)] < EXACT_BOUND
    if layer.weight.shape[0] != len(sums):  # an embedding, whose sums have another bound
        fits = np.abs(bias) < EXACT_BOUND
    return replace(
        layer,
        bias=np.where(fits, bias, layer.bias).astype(np.int32),
        shift=np.where(fits, shift, layer.shift).astype(np.uint8),
    )


def _clamped(sums: NDArray[np.int64], layer: IntegerLayer) -> NDArray[np.int64]:
    found: NDArray[np.int64] = np.clip(
        shift_right(sums, layer.shift.astype(np.int64)), 0, ACTIVATION_MAXIMUM
    )
    return found


def _units(random: np.random.Generator, number: int, most: int = MAXIMUM_UNITS) -> int:
    if number % 4 == 3:
        return ODD_SIZES[number // 4 % len(ODD_SIZES)]
    return int(random.integers(1, 24 if number % 10 else most // 4))


def _range(random: np.random.Generator) -> tuple[int, int]:
    if random.random() < 0.3:
        return -LARGEST_VALUE, LARGEST_VALUE
    lowest = int(random.integers(-1000, 1000))
    return lowest, lowest + int(random.choice([1, 2, 50, 100_000]))


def names(count: int) -> tuple[str, ...]:
    """Return that many labels, all different."""
    return tuple(f"n{number}" for number in range(count))
