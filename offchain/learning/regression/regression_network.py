"""The network family of regressions, as it is submitted and judged: one hidden layer, integers.

With the columns' ranges and the target's from the table, and `>>` rounding towards minus infinity:

* input j of a sample is ``255 * (value - lowest) // (highest - lowest)``, from 0 to 255;
* hidden unit k is ``clamp((b[k] + sum_j w[k, j] * input[j] + half) >> s[k], 0, 255)``;
* the prediction is ``clamp((b + sum_k w[k] * hidden[k] + half) >> s, lowest, highest)``, in the
  target's units,

where ``half`` is 2^(s-1), or 0 where s is 0. Weights are int8, biases int32, shifts 0 to 20, and
there are 1 to 64 hidden units. No absolute value exceeds 64 * 128 * 255 + 2^31 + 2^19 < 2^32, so
that everything is computed in int64 without a bound to check: every machine gets the same number.

Unlike the digits' network this one needs no tricks to be fast: points are a few thousand products.
"""

from __future__ import annotations

import operator
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from offchain.errors import ModelError
from offchain.learning.exact.integer_layer import (
    ACTIVATION_MAXIMUM,
    IntegerLayer,
    check_shapes,
    check_shifts,
)
from offchain.learning.formats.tensor_file import TensorFileError, decode_tensors, encode_tensors
from offchain.learning.regression.samples import TableSamples
from offchain.learning.regression.table import MAXIMUM_POINTS, Table
from offchain.protocol.words.parameters import MAXIMUM_MODEL_BYTES

INPUT_MAXIMUM = 255
MAXIMUM_HIDDEN = 64

_BATCH = 4096


@dataclass(frozen=True, slots=True, eq=False)
class RegressionNetwork:
    """A network of the family; `check_network` says for which table.

    Both layers have weights [out, in] and shifts [out].
    """

    hidden: IntegerLayer
    output: IntegerLayer

    @property
    def hidden_units(self) -> int:
        """How many hidden units there are."""
        return len(self.hidden.bias)


def model_format(table: Table) -> str:
    """Return the name of the format of models of `table`."""
    return f"modelchain/regression-network/{table.name}/1"


def encode_model(table: Table, network: RegressionNetwork) -> bytes:
    """Return the canonical model file of `network`."""
    tensors: dict[str, NDArray[Any]] = {}
    for name, layer in (("hidden", network.hidden), ("output", network.output)):
        tensors[f"{name}.weight"] = layer.weight
        tensors[f"{name}.bias"] = layer.bias
        tensors[f"{name}.shift"] = layer.shift
    return encode_tensors(tensors, {"format": model_format(table)})


def parse_model(table: Table, data: bytes) -> RegressionNetwork:
    """Return the network of a model file.

    Raises `ModelError` unless the file is canonical, at most 120,000 bytes long, and
    `check_network` accepts the network in it.
    """
    layers = ("hidden", "output")
    parts = ("weight", "bias", "shift")
    try:
        tensors = decode_tensors(
            data,
            names=[f"{layer}.{part}" for layer in layers for part in parts],
            metadata={"format": model_format(table)},
            maximum_bytes=MAXIMUM_MODEL_BYTES,
        )
    except TensorFileError as error:
        raise ModelError(f"model: {error}") from error
    hidden, output = (
        IntegerLayer(*(tensors[f"{layer}.{part}"] for part in parts)) for layer in layers
    )
    network = RegressionNetwork(hidden, output)
    check_network(table, network)
    return network


def check_network(table: Table, network: RegressionNetwork) -> None:
    """Raise `ModelError` unless `network` is one of the family for `table`."""
    hidden = network.hidden
    if hidden.bias.ndim != 1 or not 1 <= len(hidden.bias) <= MAXIMUM_HIDDEN:
        raise ModelError(
            f"model: hidden.bias has the shape {hidden.bias.shape}, allowed are 1 to "
            f"{MAXIMUM_HIDDEN} units"
        )
    units = len(hidden.bias)
    check_shapes("hidden", hidden, (units, len(table.columns)), (units,))
    check_shifts("hidden", hidden)
    check_shapes("output", network.output, (1, units), (1,))
    check_shifts("output", network.output)


def inputs(table: Table, features: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return the network's inputs, int64 [n, columns] from 0 to 255, for values in range."""
    lowest = np.array([column.lowest for column in table.columns], np.int64)
    highest = np.array([column.highest for column in table.columns], np.int64)
    scaled: NDArray[np.int64] = INPUT_MAXIMUM * (features - lowest) // (highest - lowest)
    return scaled


def predict(
    table: Table, network: RegressionNetwork, features: NDArray[np.int32]
) -> NDArray[np.int64]:
    """Return the predictions int64 [n], in the target's units and range."""
    hidden = np.clip(_sums(network.hidden, inputs(table, features)), 0, ACTIVATION_MAXIMUM)
    values = _sums(network.output, hidden)[:, 0]
    predictions: NDArray[np.int64] = np.clip(values, table.target.lowest, table.target.highest)
    return predictions


def points(table: Table, network: RegressionNetwork, samples: TableSamples) -> NDArray[np.uint8]:
    """Return what the prediction for each sample is worth, uint8 [n]: see docs/Tasks.md.

    One without error is worth 255, one that is off by the tolerance T or more nothing, and in
    between in proportion: ``255 * max(0, T - |error|) // T``.
    """
    found = np.empty(len(samples), np.uint8)
    for start in range(0, len(samples), _BATCH):
        part = slice(start, start + _BATCH)
        errors = np.abs(predict(table, network, samples.features[part]) - samples.targets[part])
        credit = np.maximum(table.tolerance - errors, 0)
        found[part] = MAXIMUM_POINTS * credit // table.tolerance
    return found


def points_by_definition(
    table: Table, network: RegressionNetwork, records: Sequence[bytes]
) -> NDArray[np.uint8]:
    """Return the same as `points` for samples of some records, with Python's whole numbers."""
    worth = []
    for record in records:
        *features, target = struct.unpack(f">{len(table.columns) + 1}i", record)
        values = [
            INPUT_MAXIMUM * (value - column.lowest) // (column.highest - column.lowest)
            for value, column in zip(features, table.columns, strict=True)
        ]
        hidden = [
            min(max(total, 0), ACTIVATION_MAXIMUM) for total in _plain(network.hidden, values)
        ]
        [output] = _plain(network.output, hidden)
        prediction = min(max(output, table.target.lowest), table.target.highest)
        credit = max(table.tolerance - abs(prediction - target), 0)
        worth.append(MAXIMUM_POINTS * credit // table.tolerance)
    return np.array(worth, np.uint8)


def _plain(layer: IntegerLayer, activation: Sequence[int]) -> list[int]:
    """A layer's shifted sums for one sample."""
    units = zip(layer.weight.tolist(), layer.bias.tolist(), layer.shift.tolist(), strict=True)
    return [
        (sum(map(operator.mul, weights, activation)) + bias + ((1 << shift) >> 1)) >> shift
        for weights, bias, shift in units
    ]


def _sums(layer: IntegerLayer, activation: NDArray[np.int64]) -> NDArray[np.int64]:
    shift = layer.shift.astype(np.int64)
    half = (np.int64(1) << shift) >> np.int64(1)
    sums = np.einsum("nj,kj->nk", activation, layer.weight.astype(np.int64))
    shifted: NDArray[np.int64] = (sums + layer.bias + half) >> shift
    return shifted
