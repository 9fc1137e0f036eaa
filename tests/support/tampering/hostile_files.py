"""Files as a hostile party writes them: strategies for property tests.

A property over them says that a reader takes a file or refuses it by its own error: whatever else
it raises would end the program that reads a stranger's file.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from offchain.errors import ModelChainError

EDGES = (0, 1, 2, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**63, 2**64)
"""Sizes at which some library's integers end."""

_ELEMENT_BYTES = {"I32": 4, "I8": 1, "U8": 1, "F64": 8, "BOOL": 1}
_PLACE = "\N{SNOWMAN}"

SCALARS = (
    *(str(edge).encode() for edge in EDGES),
    b"-1",
    b"-0",
    b"1.0",
    b"1e2",
    b"1e999",
    b"9" * 4300,
    b"-9" + b"9" * 5000,
    b"true",
    b"false",
    b"null",
    b"NaN",
    b"Infinity",
    b"-Infinity",
    b'""',
    b'"1"',
    b'"0x"',
    b'"\\ud800"',
    b'"\\u0000\\u001b[2J\\n"',
    b'"\xff\xfe"',
    '"\N{LATIN SMALL LETTER A WITH DIAERESIS}\N{LATIN SMALL LETTER LONG S}"'.encode(),
    b"[]",
    b"{}",
    b"",
    b"[" * 900 + b"]" * 900,
    b"[" * 100_000,
    b'{"a":' * 900 + b"1" + b"}" * 900,
    b'{"a":1,"a":2}',
)
"""Values in JSON that are no value, or not the one that is due."""


@contextmanager
def read_or_refused(refusal: type[ModelChainError], characters: int = 600) -> Iterator[None]:
    """Let a file be read, or refused by its own error in one line of so many characters at most."""
    try:
        yield
    except refusal as error:
        said = str(error)
    else:
        return
    assert said.isprintable(), ascii(said)
    assert len(said) <= characters, said


def poisonous_shapes() -> tuple[tuple[int, ...], ...]:
    """Shapes without elements whose other axes no library can multiply."""
    large = 2**32 - 1
    return (
        (0, large, large),
        (0, large, large, large),
        (large, large, large, 0),
        (0, 2**31, 2**31),
        (0, 2**31, large),
        (0, 2**20, 2**20, 2**20),
    )


def poison(names: Sequence[str], metadata: Mapping[str, str], shape: Sequence[int]) -> bytes:
    """A canonical tensor file of empty tensors, the first of them in a poisonous shape."""
    header: dict[str, object] = {"__metadata__": dict(metadata)}
    for number, name in enumerate(sorted(names)):
        axes = [0] if number else list(shape)
        header[name] = {"dtype": "I8", "shape": axes, "data_offsets": [0, 0]}
    return tensor_file(json.dumps(header, separators=(",", ":")).encode(), b"")


def tensor_file(header: bytes, data: bytes) -> bytes:
    """A tensor file with a header that is padded as the canonical ones are."""
    padded = header + b" " * (-len(header) % 8)
    return len(padded).to_bytes(8, "little") + padded + data


@st.composite
def tensor_files(draw: DrawFn, names: Sequence[str], metadata: Mapping[str, str]) -> bytes:
    """Tensor files whose layout is right as far as it can be, and whose shapes are anything."""
    types = sorted(_ELEMENT_BYTES) if draw(st.integers(0, 4)) == 0 else ["I32", "I8", "U8"]
    axes = st.lists(st.sampled_from(EDGES) | st.integers(0, 9), max_size=draw(st.integers(1, 5)))
    strange = draw(st.sampled_from([*names]))
    header: dict[str, object] = {"__metadata__": dict(metadata)}
    dtypes = {name: draw(st.sampled_from(types)) for name in names}
    order = sorted(names, key=lambda name: (list(_ELEMENT_BYTES).index(dtypes[name]), name))
    position = 0
    for name in order:
        shape = draw(axes) if name == strange else [draw(st.integers(0, 4))]
        end = position + math.prod(shape) * _ELEMENT_BYTES[dtypes[name]]
        header[name] = {"dtype": dtypes[name], "shape": shape, "data_offsets": [position, end]}
        position = end
    size = position if position < 4096 else draw(st.integers(0, 64))
    data = draw(st.binary(min_size=size, max_size=size))
    return tensor_file(json.dumps(header, separators=(",", ":")).encode(), data)


@st.composite
def altered_json(draw: DrawFn, valid: Any) -> bytes:
    """The JSON of a value in which one place, or several, hold what is not due there."""
    value = json.loads(json.dumps(valid))
    for _ in range(draw(st.integers(1, 3))):
        value = _with_place(draw, value)
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
    place = f'"{_PLACE}"'.encode()
    while place in text:
        text = text.replace(place, draw(st.sampled_from(SCALARS)), 1)
    return text


def _with_place(draw: DrawFn, value: Any) -> Any:
    """`value` with one place to be filled, one entry gone, or one more."""
    if not isinstance(value, dict | list) or not value or draw(st.integers(0, 5)) == 0:
        return _PLACE
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    key = draw(st.sampled_from(keys))
    match draw(st.integers(0, 9)):
        case 0:
            del value[key]
        case 1 if isinstance(value, dict):
            value[draw(st.sampled_from(["", "more", _PLACE, "\ud7ff"]))] = 1
        case 2 if isinstance(value, list):
            value.append(value[key])
        case _:
            value[key] = _with_place(draw, value[key])
    return value


@st.composite
def altered_bytes(draw: DrawFn, valid: bytes) -> bytes:
    """A file with bits that were flipped, bytes that were put in, taken out or repeated, or cut."""
    content = bytearray(valid)
    for _ in range(draw(st.integers(1, 4))):
        if not content:
            break
        # The start of a file decides more than the rest of it.
        span = len(content) if draw(st.booleans()) else min(64, len(content))
        start = draw(st.integers(0, span - 1))
        size = draw(st.integers(1, 16))
        match draw(st.integers(0, 6)):
            case 0:
                content[start] ^= 1 << draw(st.integers(0, 7))
            case 1:
                del content[start:]
            case 2:
                del content[start : start + size]
            case 3:
                content[start:start] = draw(st.binary(min_size=1, max_size=size))
            case 4:
                content[start:start] = content[start : start + size]
            case 5:
                edge = draw(st.sampled_from(EDGES)) % 2**64
                content[start : start + 8] = edge.to_bytes(8, "little")
            case _:
                content[start : start + size] = bytes([draw(st.integers(0, 255))]) * size
    return bytes(content)


def altered_tensor_files(valid: bytes) -> SearchStrategy[bytes]:
    """A sound tensor file of which the header's JSON, or any byte, was altered."""
    length = int.from_bytes(valid[:8], "little")
    header, data = json.loads(valid[8 : 8 + length]), valid[8 + length :]
    altered = altered_json(header).map(lambda text: tensor_file(text, data))
    return altered | altered_bytes(valid)
