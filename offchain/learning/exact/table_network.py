"""The network family of tables, as it is submitted and judged: dense layers on whole numbers.

This module is the specification (docs/ExactEvaluation.md). A model's file has the tensors

* ``edges`` int32 [number columns, bins + 1], if the table has number columns: for each of them,
  falling nowhere and within its range, the ends of 1 to 16 bins,
* ``hidden1``, ``hidden2`` and ``output``, each with ``weight``, ``bias`` and ``shift``: see
  `dense`.

The inputs of a row, from 0 to 255, are, column by column,

* of a number v for each bin from a to b ``clamp(255 * (v - a) // max(b - a, 1), 0, 255)``: how much
  of the bin lies below it (the piecewise linear encoding of Gorishniy, Rubachev and Babenko, "On
  Embeddings for Numerical Features in Tabular Deep Learning", 2022),
* of a category 255 in its place and 0 in all others.

The output's sums are the logits of the classes, of which the lowest of the largest is predicted. Of
a number with range from l to h it is one sum t with the shift s, and predicted is
``l + ((h - l) * clamp(t, 0, u) + u // 2) // u`` with ``u = 255 * 2^s``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from offchain.errors import ModelError
from offchain.learning.exact.dense import PARTS, Sums, check_dense, dense_sums
from offchain.learning.exact.integer_layer import ACTIVATION_MAXIMUM, IntegerLayer
from offchain.learning.formats.samples import TableRows
from offchain.learning.formats.tensor_file import TensorFileError, decode_tensors, encode_tensors
from offchain.learning.task_file.words import (
    ClassTarget,
    NumberColumn,
    NumberTarget,
    TableSamples,
)

MODEL_FORMAT: Final = "modelchain/table-network/1"
MAXIMUM_BINS: Final = 16
MAXIMUM_UNITS: Final = 512
"""Of each hidden layer."""

NUMBER_POINTS: Final = 255
"""What a prediction without an error is worth."""

LAYERS: Final = ("hidden1", "hidden2", "output")


@dataclass(frozen=True, slots=True, eq=False)
class TableNetwork:
    """A network of the family; `check_network` says for which table.

    `edges` int32 [number columns, bins + 1] has no rows where the table has no number columns.
    """

    edges: NDArray[np.int32]
    layers: tuple[IntegerLayer, IntegerLayer, IntegerLayer]

    @property
    def units(self) -> tuple[int, ...]:
        """How many units each hidden layer has."""
        return tuple(len(layer.bias) for layer in self.layers[:-1])


def number_columns(table: TableSamples) -> list[int]:
    """Return the places of the columns that hold numbers."""
    return [at for at, one in enumerate(table.columns) if isinstance(one, NumberColumn)]


def input_count(table: TableSamples, bins: int) -> int:
    """Return how many inputs a network for `table` has."""
    return sum(
        bins if isinstance(column, NumberColumn) else len(column.categories)
        for column in table.columns
    )


def output_count(table: TableSamples) -> int:
    """Return how many sums the last layer has."""
    target = table.target
    return len(target.classes) if isinstance(target, ClassTarget) else 1


def tensor_names(table: TableSamples) -> list[str]:
    """Return the names of the tensors in a model's file."""
    edges = ["edges"] if number_columns(table) else []
    return [*edges, *(f"{layer}.{part}" for layer in LAYERS for part in PARTS)]


def encode_model(table: TableSamples, network: TableNetwork) -> bytes:
    """Return the canonical model file of `network`."""
    tensors: dict[str, NDArray[Any]] = {}
    if number_columns(table):
        tensors["edges"] = network.edges
    for name, layer in zip(LAYERS, network.layers, strict=True):
        for part in PARTS:
            tensors[f"{name}.{part}"] = getattr(layer, part)
    return encode_tensors(tensors, {"format": MODEL_FORMAT})


def parse_model(table: TableSamples, data: bytes, maximum_bytes: int) -> TableNetwork:
    """Return the network of a model file.

    Raises `ModelError` unless the file is canonical, at most `maximum_bytes` long, and
    `check_network` accepts the network in it.
    """
    try:
        tensors = decode_tensors(
            data,
            names=tensor_names(table),
            metadata={"format": MODEL_FORMAT},
            maximum_bytes=maximum_bytes,
        )
    except TensorFileError as error:
        raise ModelError(f"model: {error}") from error
    first, second, last = (
        IntegerLayer(*(tensors[f"{layer}.{part}"] for part in PARTS)) for layer in LAYERS
    )
    edges = tensors.get("edges", np.zeros((0, 2), np.int32))
    network = TableNetwork(edges, (first, second, last))
    check_network(table, network)
    return network


def check_network(table: TableSamples, network: TableNetwork) -> None:
    """Raise `ModelError` unless `network` is one of the family for `table`."""
    numbers, edges = number_columns(table), network.edges
    bins = edges.shape[1] - 1 if edges.ndim == 2 else 0
    if (
        edges.dtype != np.int32
        or edges.shape[:1] != (len(numbers),)
        or not (1 <= bins <= MAXIMUM_BINS)
    ):
        raise ModelError(
            f"model: edges is {edges.dtype} {edges.shape}, expected int32 {len(numbers)} rows of 2 "
            f"to {MAXIMUM_BINS + 1}"
        )
    for place, row in zip(numbers, edges.tolist(), strict=True):
        column = table.columns[place]
        assert isinstance(column, NumberColumn)  # noqa: S101  (number_columns says so)
        if row != sorted(row) or row[0] < column.lowest or row[-1] > column.highest:
            raise ModelError(
                f"model: edges of {column.name} fall, or leave {column.lowest} to {column.highest}"
            )
    inputs, units = input_count(table, bins), (1, MAXIMUM_UNITS)
    for name, layer in zip(LAYERS[:-1], network.layers[:-1], strict=True):
        check_dense(name, layer, inputs, units, is_last=False)
        inputs = len(layer.bias)
    outputs = output_count(table)
    check_dense(LAYERS[-1], network.layers[-1], inputs, (outputs, outputs), is_last=True)


def inputs_of(
    table: TableSamples, edges: NDArray[np.int32], columns: NDArray[np.int32]
) -> NDArray[np.uint8]:
    """Return the inputs uint8 [n, inputs] of rows [n, columns] whose values are in range."""
    found: list[NDArray[np.int64]] = []
    bounds = iter(edges.astype(np.int64))
    for column, values in zip(table.columns, columns.T.astype(np.int64), strict=True):
        if isinstance(column, NumberColumn):
            ends = next(bounds)
            width = np.maximum(ends[1:] - ends[:-1], 1)
            filled = ACTIVATION_MAXIMUM * (values[:, None] - ends[:-1]) // width
            found.append(np.clip(filled, 0, ACTIVATION_MAXIMUM))
        else:
            places = np.arange(len(column.categories))
            found.append(ACTIVATION_MAXIMUM * (values[:, None] == places).astype(np.int64))
    return np.concatenate(found, axis=1).astype(np.uint8)


def predictions(
    table: TableSamples,
    network: TableNetwork,
    columns: NDArray[np.int32],
    sums_of: Sums = dense_sums,
) -> NDArray[np.int64]:
    """Return the logits int64 [n, classes], or the numbers int64 [n] in the target's units."""
    sums = sums_of(network.layers, inputs_of(table, network.edges, columns))
    target = table.target
    if isinstance(target, ClassTarget):
        return sums
    unit = ACTIVATION_MAXIMUM << int(network.layers[-1].shift[0])
    part = np.clip(sums[:, 0], 0, unit)
    found: NDArray[np.int64] = (
        target.lowest + ((target.highest - target.lowest) * part + unit // 2) // unit
    )
    return found


def points(
    table: TableSamples, network: TableNetwork, rows: TableRows, sums_of: Sums = dense_sums
) -> NDArray[np.uint8]:
    """Return what the prediction for each row is worth, uint8 [n].

    A class that is right is worth 1. Of a number one without error is worth 255, one that is off by
    the tolerance T or more nothing, and between in proportion: ``255 * max(0, T - |error|) // T``.
    """
    found = predictions(table, network, rows.columns, sums_of)
    target = rows.target.astype(np.int64)
    if isinstance(table.target, NumberTarget):
        tolerance = table.target.tolerance
        credit = np.maximum(tolerance - np.abs(found - target), 0)
        worth: NDArray[np.uint8] = (NUMBER_POINTS * credit // tolerance).astype(np.uint8)
        return worth
    if not len(found):
        return np.zeros(0, np.uint8)
    # Of equal logits NumPy's argmax is the first.
    right: NDArray[np.uint8] = (np.argmax(found, axis=1) == target).astype(np.uint8)
    return right


def units_text(units: Sequence[int]) -> str:
    """Numbers of units with hyphens between them."""
    return "-".join(map(str, units))
