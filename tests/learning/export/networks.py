"""Networks of each kind with random weights, what they are asked, and what the definition says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from offchain.learning.exact import dense, integer_network, table_network, text_network
from offchain.learning.exact.integer_layer import IntegerLayer
from offchain.learning.exact.layer_chain import LayerChain
from offchain.learning.exact.worst_case import worst_case
from offchain.learning.kinds.images.layers import layers_of as layers_of_images
from offchain.learning.kinds.table.layers import layers_of as layers_of_table
from offchain.learning.kinds.text.layers import layers_of as layers_of_text
from offchain.learning.task_file.words import (
    CategoryColumn,
    ClassTarget,
    NumberColumn,
    NumberTarget,
    TableSamples,
    TextSamples,
)
from tests.support.random_networks import random_network

FAR = 2**31 - 1
CLASSES = ("one", "two", "three")
LONGEST = 40

Inputs = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Case:
    """A network, samples of it as programs take them, and its results."""

    chain: LayerChain
    inputs: Inputs
    expected: NDArray[np.int64]

    def part(self, rows: slice) -> Case:
        inputs = {name: values[rows] for name, values in self.inputs.items()}
        return replace(self, inputs=inputs, expected=self.expected[rows])


def images(seed: int) -> Case:
    network, worst = worst_case((6, 8, 12, 16))
    if seed:
        network = random_network((3 + seed, 8, 5, 12), seed=seed, shift=7 + seed)
    random = np.random.Generator(np.random.PCG64(seed))
    drawn = random.integers(0, 256, (9, 28, 28), np.uint8)
    seen = np.concatenate([worst.reshape(-1, 28, 28), drawn])
    expected = integer_network.reference_logits(network, seen)
    return Case(layers_of_images(network), {"images": seen[..., None]}, expected)


def classes(seed: int) -> Case:
    return _table(ClassTarget("what", CLASSES), seed)


def numbers(seed: int) -> Case:
    return _table(NumberTarget("how many", -500, 9_000, 1, "g", 10), seed)


def texts(seed: int) -> Case:
    random = np.random.Generator(np.random.PCG64(seed))
    words = TextSamples(LONGEST, CLASSES)
    units = 12
    embedding = IntegerLayer(
        random.integers(-64, 65, (1 << 9, units)).astype(np.int8),
        random.integers(-9_000, 9_000, units).astype(np.int32),
        random.integers(0, 8, units).astype(np.uint8),
    )
    embedding.bias[0] = integer_network.EXACT_BOUND - 1
    hidden, last = _layers((units, 8, len(CLASSES)), random)
    network = text_network.TextNetwork(embedding, (hidden, last))
    text_network.check_network(words, network)
    asked = [random.bytes(int(size)) for size in random.integers(1, LONGEST + 1, 12)]
    asked += [b"a", b"ab", b"abc", bytes(LONGEST)]
    # What fills texts up must not be seen.
    filled = random.integers(0, 256, (len(asked), LONGEST), np.uint8)
    for row, text in zip(filled, asked, strict=True):
        row[: len(text)] = np.frombuffer(text, np.uint8)
    inputs = {"texts": filled, "lengths": np.array([len(text) for text in asked])}
    return Case(
        layers_of_text(words, network), inputs, text_network.reference_logits(network, asked)
    )


KINDS: Mapping[str, Callable[[int], Case]] = {
    "images": images,
    "classes of a table": classes,
    "numbers of a table": numbers,
    "texts": texts,
}


def _table(target: ClassTarget | NumberTarget, seed: int) -> Case:
    random = np.random.Generator(np.random.PCG64(seed))
    table = TableSamples(
        (
            NumberColumn("far", -FAR, FAR),
            CategoryColumn("colour", ("red", "green", "blue")),
            NumberColumn("near", 0, 100),
        ),
        target,
    )
    edges = np.array([[-FAR, -5, 0, 7, FAR], [0, 20, 20, 50, 90]], np.int32)
    shape = (table_network.input_count(table, 4), 9, 7, table_network.output_count(table))
    first, second, last = _layers(shape, random)
    if isinstance(target, NumberTarget):
        # So that its sums fall between the ends of the range.
        last = IntegerLayer(last.weight // 8, np.full(1, 8_000, np.int32), last.shift)
    network = table_network.TableNetwork(edges, (first, second, last))
    table_network.check_network(table, network)
    rows = np.stack(
        [
            random.integers(-FAR, FAR + 1, 40),
            random.integers(0, 3, 40),
            random.integers(0, 101, 40),
        ],
        axis=1,
    ).astype(np.int32)
    rows[:5, 0] = [-FAR, FAR, -5, 0, 6]
    expected = table_network.predictions(table, network, rows, dense.reference_sums)
    return Case(layers_of_table(table, network), {"rows": rows}, expected)


def _layers(shape: tuple[int, ...], random: np.random.Generator) -> list[IntegerLayer]:
    layers = []
    for inputs, outputs in pairwise(shape):
        is_last = len(layers) == len(shape) - 2
        layers.append(
            IntegerLayer(
                random.integers(-64, 65, (outputs, inputs)).astype(np.int8),
                random.integers(-5_000, 5_000, outputs).astype(np.int32),
                np.full(1 if is_last else outputs, 6, np.uint8),
            )
        )
    return layers
