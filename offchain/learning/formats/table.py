"""The payload format of a table's rows, and the record of one.

A payload is a canonical safetensors file (see `tensor_file`) with exactly two tensors, ``columns``
int32 [n, columns] and ``target`` int32 [n], and the format's name as its only metadata. Payloads
come from anonymous sharers: everything is checked, every value against its column's range.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from offchain.errors import PayloadError
from offchain.learning.formats.samples import TableRows
from offchain.learning.formats.tensor_file import TensorFileError, decode_tensors, encode_tensors
from offchain.learning.task import MAXIMUM_PAYLOAD_BYTES
from offchain.learning.task_file.words import (
    CategoryColumn,
    ClassTarget,
    Column,
    TableSamples,
    Target,
)

PAYLOAD_FORMAT: Final = "modelchain/table/1"
VALUE_BYTES: Final = 4
"""Of a value in a record."""


def concatenate(table: TableSamples, parts: Sequence[TableRows]) -> TableRows:
    """Return all rows of `parts` in order; no parts give no rows."""
    none = TableRows(np.zeros((0, len(table.columns)), np.int32), np.zeros((0,), np.int32))
    return TableRows(
        np.concatenate([none.columns, *(part.columns for part in parts)]),
        np.concatenate([none.target, *(part.target for part in parts)]),
    )


def encode_payload(rows: TableRows) -> bytes:
    """Return the payload plaintext of `rows`."""
    tensors = {"columns": rows.columns, "target": rows.target}
    return encode_tensors(tensors, {"format": PAYLOAD_FORMAT})


def payload_bytes(table: TableSamples, samples: int) -> int:
    """Return the length of every payload of so many rows; at most a block's."""
    columns = np.zeros((samples, len(table.columns)), np.int32)
    payload = encode_payload(TableRows(columns, np.zeros(samples, np.int32)))
    return min(MAXIMUM_PAYLOAD_BYTES, len(payload))


def record_bytes(table: TableSamples) -> int:
    """Return how long the record of a row is."""
    return VALUE_BYTES * (len(table.columns) + 1)


def records(table: TableSamples, rows: TableRows) -> list[bytes]:
    """Return the record of each row: its columns, then its target, each as big-endian int32."""
    joined = np.column_stack([rows.columns, rows.target]).astype(">i4")
    data, length = joined.tobytes(), record_bytes(table)
    return [data[at : at + length] for at in range(0, len(data), length)]


def rows_of(table: TableSamples, records: Sequence[bytes]) -> TableRows:
    """Return the rows that have these records; `ValueError` if one has another length."""
    joined = np.frombuffer(b"".join(records), ">i4").reshape(len(records), len(table.columns) + 1)
    whole = joined.astype(np.int32)
    return TableRows(whole[:, :-1], whole[:, -1])


def decode_payload(table: TableSamples, name: str, plaintext: bytes, samples: int) -> TableRows:
    """Return the rows of a payload plaintext as read-only views of it.

    `name` stands in front of messages. Raises `PayloadError` unless it is a canonical file with
    exactly `samples` rows of the right shape, each value in its column's range.
    """
    try:
        tensors = decode_tensors(
            plaintext,
            names=("columns", "target"),
            metadata={"format": PAYLOAD_FORMAT},
            maximum_bytes=MAXIMUM_PAYLOAD_BYTES,
        )
    except TensorFileError as error:
        raise PayloadError(f"{name}: {error}") from error
    columns, target = tensors["columns"], tensors["target"]
    if columns.dtype != np.int32 or target.dtype != np.int32:
        raise PayloadError(f"{name}: columns are {columns.dtype} and target {target.dtype}")
    if target.ndim != 1 or columns.shape != (len(target), len(table.columns)):
        raise PayloadError(
            f"{name}: columns of shape {columns.shape} with a target of shape {target.shape}"
        )
    if len(target) != samples:
        raise PayloadError(f"{name}: {len(target)} rows, a part of this deployment has {samples}")
    rows = TableRows(columns, target)
    check_rows(table, name, rows)
    return rows


def check_rows(table: TableSamples, name: str, rows: TableRows) -> None:
    """Raise `PayloadError` where a value of at least one row is out of its column's range."""
    for column, values in zip(table.columns, rows.columns.T, strict=True):
        _check_range(name, column, values)
    _check_range(name, table.target, rows.target)


def value_range(column: Column | Target) -> tuple[int, int]:
    """Return the lowest and the highest value that a column may have."""
    if isinstance(column, CategoryColumn):
        return 0, len(column.categories) - 1
    if isinstance(column, ClassTarget):
        return 0, len(column.classes) - 1
    return column.lowest, column.highest


def _check_range(name: str, column: Column | Target, values: NDArray[np.int32]) -> None:
    lowest, highest = value_range(column)
    least, most = int(values.min()), int(values.max())
    if least < lowest or most > highest:
        raise PayloadError(
            f"{name}: {column.name} is {least if least < lowest else most}, allowed are {lowest} "
            f"to {highest}"
        )
