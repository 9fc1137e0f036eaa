"""Strict reading and canonical writing of safetensors files.

Payloads and models come from others and are hashed, so a file must have one possible form: this
module reads only what it would have written itself. The format is that of the safetensors project
(8 bytes little-endian header length, a JSON header, the tensors' bytes); any safetensors library
reads these files. On top of the format's own rules a canonical file has

* an ASCII header without spaces but for the padding to a multiple of 8 bytes,
* ``__metadata__`` first, then the tensors by element type (`ELEMENT_TYPES`' order), then by name,
* no tensor without elements, and no axis longer than the file: a size of none would let the other
  axes be anything, and libraries multiply them,
* data without holes, overlaps or bytes behind the last tensor.

Nothing of the data is touched, and no library sees a shape, before the whole header was checked.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from offchain.errors import ModelChainError
from offchain.strangers.foreign_text import short_repr

LENGTH_BYTES = 8
"""Size of the little-endian header length in front of every file."""

MAXIMUM_HEADER_BYTES = 4096
"""No header of ours comes near this; it bounds what the JSON parser is given."""

MAXIMUM_AXES = 4

ELEMENT_TYPES: Mapping[str, np.dtype[Any]] = {
    "I32": np.dtype("<i4"),
    "I8": np.dtype("i1"),
    "U8": np.dtype("u1"),
}
"""Element types that a file may hold, in the order in which tensors are laid out."""


class TensorFileError(ModelChainError):
    """A tensor file is not canonical safetensors; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class TensorEntry:
    """One tensor as the header describes it: `dtype` as in `ELEMENT_TYPES`, offsets in bytes."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


def encode_tensors(tensors: Mapping[str, NDArray[Any]], metadata: Mapping[str, str]) -> bytes:
    """Return the canonical file of `tensors` (element types int32, int8, uint8) and `metadata`."""
    names = {dtype: name for name, dtype in ELEMENT_TYPES.items()}
    order = list(ELEMENT_TYPES)
    described = []
    for name, tensor in tensors.items():
        if tensor.dtype not in names:
            raise TensorFileError(f"tensor {name!r} has element type {tensor.dtype}")
        described.append((order.index(names[tensor.dtype]), name, tensor))
    described.sort(key=lambda one: one[:2])
    entries = []
    position = 0
    for rank, name, tensor in described:
        end = position + tensor.nbytes
        entries.append(TensorEntry(name, order[rank], tensor.shape, position, end))
        position = end
    data = b"".join(np.ascontiguousarray(tensor).tobytes() for _, _, tensor in described)
    header = _canonical_header(entries, metadata)
    return len(header).to_bytes(LENGTH_BYTES, "little") + header + data


def decode_tensors(
    data: bytes, *, names: Sequence[str], metadata: Mapping[str, str], maximum_bytes: int
) -> dict[str, NDArray[Any]]:
    """Return the tensors of a canonical file as read-only views of `data`.

    The file must be at most `maximum_bytes` long and hold exactly the tensors `names` and exactly
    `metadata`. Raises `TensorFileError` for everything else. Shapes and values are the caller's to
    check; a shape has at most four axes, each from 1 to `maximum_bytes`, and agrees with the
    tensor's size.
    """
    if len(data) > maximum_bytes:
        raise TensorFileError(f"{len(data)} bytes are more than the {maximum_bytes} allowed")
    if len(data) < LENGTH_BYTES:
        raise TensorFileError(f"{len(data)} bytes are too few for a header length")
    header_bytes = int.from_bytes(data[:LENGTH_BYTES], "little")
    if header_bytes > MAXIMUM_HEADER_BYTES:
        raise TensorFileError(
            f"a header of {header_bytes} bytes is longer than the {MAXIMUM_HEADER_BYTES} allowed"
        )
    start = LENGTH_BYTES + header_bytes
    if start > len(data):
        raise TensorFileError(f"the header ends at {start} and the file at {len(data)}")
    header = data[LENGTH_BYTES:start]
    described = _parse_json(header)
    found_metadata = described.pop("__metadata__", None)
    if found_metadata != dict(metadata):
        raise TensorFileError(f"metadata {short_repr(found_metadata)}, expected {dict(metadata)}")
    if set(described) != set(names):
        raise TensorFileError(f"tensors {short_repr(sorted(described))}, expected {sorted(names)}")
    entries = [_parse_entry(name, entry, maximum_bytes) for name, entry in described.items()]
    _check_layout(entries, len(data) - start)
    if _canonical_header(entries, metadata) != header:
        raise TensorFileError("the header is not written in the canonical way")
    return {
        entry.name: np.frombuffer(
            data,
            dtype=ELEMENT_TYPES[entry.dtype],
            count=math.prod(entry.shape),
            offset=start + entry.begin,
        ).reshape(entry.shape)
        for entry in entries
    }


def _canonical_header(entries: Sequence[TensorEntry], metadata: Mapping[str, str]) -> bytes:
    described: dict[str, object] = {"__metadata__": dict(sorted(metadata.items()))}
    for entry in entries:
        described[entry.name] = {
            "dtype": entry.dtype,
            "shape": list(entry.shape),
            "data_offsets": [entry.begin, entry.end],
        }
    text = json.dumps(described, separators=(",", ":"), ensure_ascii=True).encode("ascii")
    return text + b" " * (-len(text) % 8)


def _parse_json(header: bytes) -> dict[str, Any]:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise TensorFileError("the header names a key twice")
        return found

    def refuse(text: str) -> None:
        raise TensorFileError(f"the header holds the number {text[:20]}")

    try:
        described = json.loads(
            header.decode("ascii"),
            object_pairs_hook=unique,
            parse_float=refuse,
            parse_constant=refuse,
        )
    except (ValueError, RecursionError) as error:
        raise TensorFileError("the header is not JSON in ASCII") from error
    if not isinstance(described, dict):
        raise TensorFileError("the header is not a JSON object")
    return described


def _parse_entry(name: str, entry: Any, maximum_bytes: int) -> TensorEntry:
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise TensorFileError(f"tensor {name!r} is not described by dtype, shape and data_offsets")
    dtype = entry["dtype"]
    if not isinstance(dtype, str) or dtype not in ELEMENT_TYPES:
        raise TensorFileError(f"tensor {name!r} has element type {short_repr(dtype)}")
    shape = _parse_integers(name, "shape", entry["shape"], 1, maximum_bytes)
    offsets = _parse_integers(name, "data_offsets", entry["data_offsets"], 0, maximum_bytes)
    if len(shape) > MAXIMUM_AXES or len(offsets) != 2:
        raise TensorFileError(f"tensor {name!r} has {len(shape)} axes and {len(offsets)} offsets")
    expected = math.prod(shape) * ELEMENT_TYPES[dtype].itemsize
    if offsets[1] - offsets[0] != expected:
        raise TensorFileError(
            f"tensor {name!r} spans offsets {list(offsets)}, its shape needs {expected} bytes"
        )
    return TensorEntry(name, dtype, shape, offsets[0], offsets[1])


def _parse_integers(
    name: str, field: str, values: Any, lowest: int, highest: int
) -> tuple[int, ...]:
    # bool is an int in Python, and JSON's true would otherwise pass for a 1.
    if not isinstance(values, list) or not all(type(value) is int for value in values):
        raise TensorFileError(f"{field} of tensor {name!r} is {short_repr(values)}, not integers")
    if not all(lowest <= value <= highest for value in values):
        raise TensorFileError(
            f"{field} of tensor {name!r} is out of range: {short_repr(values)}, allowed are "
            f"{lowest} to {highest}"
        )
    return tuple(values)


def _check_layout(entries: Sequence[TensorEntry], data_bytes: int) -> None:
    position = 0
    for entry in entries:
        if entry.begin != position:
            raise TensorFileError(
                f"tensor {entry.name!r} begins at offset {entry.begin}, the data before it ends "
                f"at {position}"
            )
        position = entry.end
    if position != data_bytes:
        raise TensorFileError(f"the tensors end at {position} and the data at {data_bytes}")
    order = list(ELEMENT_TYPES)
    ranks = [(order.index(entry.dtype), entry.name) for entry in entries]
    if ranks != sorted(ranks):
        raise TensorFileError("the tensors are not in the canonical order")
