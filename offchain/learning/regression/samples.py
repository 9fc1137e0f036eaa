"""Samples of a regression and their payload format.

A payload is a canonical safetensors file (see `tensor_file`) with exactly two tensors, ``features``
int32 [n, columns] and ``targets`` int32 [n], and the table's format name as its only metadata.
Payloads come from anonymous sharers: everything is checked, every value against its column's range.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from offchain.errors import PayloadError
from offchain.learning.formats.tensor_file import TensorFileError, decode_tensors, encode_tensors
from offchain.learning.regression.table import Column, Table
from offchain.learning.task import MAXIMUM_PAYLOAD_BYTES

VALUE_BYTES = 4
"""Of a value in a record."""


@dataclass(frozen=True, slots=True, eq=False)
class TableSamples:
    """Rows of a table: `features` int32 [n, columns] and `targets` int32 [n], in their units."""

    features: NDArray[np.int32]
    targets: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.targets)

    def chosen(self, rows: NDArray[np.int64]) -> TableSamples:
        """Return the samples of some rows, in that order."""
        return TableSamples(self.features[rows], self.targets[rows])


def payload_format(table: Table) -> str:
    """Return the name of the format of payloads of `table`."""
    return f"modelchain/regression-samples/{table.name}/1"


def concatenate(table: Table, parts: Sequence[TableSamples]) -> TableSamples:
    """Return all samples of `parts` in order; no parts give no samples."""
    none = TableSamples(np.zeros((0, len(table.columns)), np.int32), np.zeros((0,), np.int32))
    return TableSamples(
        np.concatenate([none.features, *(part.features for part in parts)]),
        np.concatenate([none.targets, *(part.targets for part in parts)]),
    )


def encode_payload(table: Table, samples: TableSamples) -> bytes:
    """Return the payload plaintext of `samples`."""
    tensors = {"features": samples.features, "targets": samples.targets}
    return encode_tensors(tensors, {"format": payload_format(table)})


def payload_bytes(table: Table, samples: int) -> int:
    """Return the length of every payload of so many samples; at most a block's."""
    features = np.zeros((samples, len(table.columns)), np.int32)
    payload = encode_payload(table, TableSamples(features, np.zeros(samples, np.int32)))
    return min(MAXIMUM_PAYLOAD_BYTES, len(payload))


def record_bytes(table: Table) -> int:
    """Return how long the record of a sample is."""
    return VALUE_BYTES * (len(table.columns) + 1)


def records(table: Table, samples: TableSamples) -> list[bytes]:
    """Return the record of each sample: its columns, then its target, each as big-endian int32."""
    joined = np.column_stack([samples.features, samples.targets]).astype(">i4")
    data, length = joined.tobytes(), record_bytes(table)
    return [data[at : at + length] for at in range(0, len(data), length)]


def decode_payload(table: Table, plaintext: bytes, samples: int) -> TableSamples:
    """Return the samples of a payload plaintext as read-only views of it.

    Raises `PayloadError` unless it is a canonical file with exactly `samples` samples of the right
    shape, each value in its column's range.
    """
    name = f"{table.name} payload"
    try:
        tensors = decode_tensors(
            plaintext,
            names=("features", "targets"),
            metadata={"format": payload_format(table)},
            maximum_bytes=MAXIMUM_PAYLOAD_BYTES,
        )
    except TensorFileError as error:
        raise PayloadError(f"{name}: {error}") from error
    features, targets = tensors["features"], tensors["targets"]
    if features.dtype != np.int32 or targets.dtype != np.int32:
        raise PayloadError(
            f"{name}: features are {features.dtype} and targets {targets.dtype}, not int32"
        )
    if targets.ndim != 1 or features.shape != (len(targets), len(table.columns)):
        raise PayloadError(
            f"{name}: features of shape {features.shape} with targets of shape {targets.shape}"
        )
    if len(targets) != samples:
        raise PayloadError(
            f"{name}: {len(targets)} samples, a part of this deployment has {samples}"
        )
    for column, values in zip(table.columns, features.T, strict=True):
        _check_range(name, column, values)
    _check_range(name, table.target, targets)
    return TableSamples(features, targets)


def _check_range(name: str, column: Column, values: NDArray[np.int32]) -> None:
    lowest, highest = int(values.min()), int(values.max())
    if lowest < column.lowest or highest > column.highest:
        value = lowest if lowest < column.lowest else highest
        raise PayloadError(
            f"{name}: {column.name} is {value}, allowed are {column.lowest} to {column.highest}"
        )
