"""No file of a stranger gets anything out of a decoder but samples, a network, or its own error."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from offchain.learning.regression import regression_network, samples
from offchain.learning.regression.table import Column, Table

from offchain.errors import ModelChainError, ModelError, PayloadError
from offchain.learning.exact.integer_network import (
    DIGITS_FAMILY,
    MODEL_METADATA,
    encode_model,
    parse_model,
)
from offchain.learning.formats.compressed import CompressionError, compress, decompress
from offchain.learning.formats.digits import (
    PAYLOAD_METADATA,
    DigitSamples,
    decode_payload,
    encode_payload,
)
from offchain.learning.formats.tensor_file import TensorFileError, decode_tensors, encode_tensors
from tests.support.random_networks import random_network
from tests.support.tampering.hostile_files import (
    altered_bytes,
    altered_tensor_files,
    poison,
    poisonous_shapes,
    read_or_refused,
    tensor_files,
)

TABLE = Table(
    "plants", (Column("height", -5, 300), Column("leaves", 0, 40)), Column("yield", 10, 90), 8
)
MANY = settings(max_examples=400, deadline=None, derandomize=True)


@dataclass(frozen=True)
class Kind:
    """A kind of file: what it holds, a sound one, what reads it, and the reader's error."""

    names: tuple[str, ...]
    metadata: dict[str, str]
    sound: bytes
    read: Callable[[bytes], object]
    error: type[ModelChainError]


def sound_digits() -> bytes:
    random = np.random.Generator(np.random.PCG64(1))
    images = random.integers(0, 256, (3, 28, 28), np.uint8)
    return encode_payload(DigitSamples(images, np.array([1, 0, 9], np.uint8)))


def sound_rows() -> bytes:
    features = np.array([[-5, 40], [300, 0]], np.int32)
    rows = samples.TableSamples(features, np.array([10, 90], np.int32))
    return samples.encode_payload(TABLE, rows)


def sound_regression() -> bytes:
    layers = {
        "hidden.weight": np.ones((3, 2), np.int8),
        "hidden.bias": np.zeros(3, np.int32),
        "hidden.shift": np.zeros(3, np.uint8),
        "output.weight": np.ones((1, 3), np.int8),
        "output.bias": np.zeros(1, np.int32),
        "output.shift": np.zeros(1, np.uint8),
    }
    return encode_tensors(layers, {"format": regression_network.model_format(TABLE)})


PARTS = ("weight", "bias", "shift")
ANY_TENSORS = {
    "one": np.arange(6, dtype=np.int32).reshape(1, 2, 3),
    "two": np.zeros((2, 1, 1, 2), np.int8),
}
KINDS = {
    "tensors": Kind(
        ("one", "two"),
        {},
        encode_tensors(ANY_TENSORS, {}),
        lambda data: decode_tensors(data, names=("one", "two"), metadata={}, maximum_bytes=4096),
        TensorFileError,
    ),
    "digits payload": Kind(
        ("images", "labels"),
        PAYLOAD_METADATA,
        sound_digits(),
        lambda data: decode_payload(data, 3),
        PayloadError,
    ),
    "digits model": Kind(
        DIGITS_FAMILY.tensor_names,
        MODEL_METADATA,
        encode_model(random_network((1, 2, 1, 2))),
        parse_model,
        ModelError,
    ),
    "regression payload": Kind(
        ("features", "targets"),
        {"format": samples.payload_format(TABLE)},
        sound_rows(),
        lambda data: samples.decode_payload(TABLE, data, 2),
        PayloadError,
    ),
    "regression model": Kind(
        tuple(f"{layer}.{part}" for layer in ("hidden", "output") for part in PARTS),
        {"format": regression_network.model_format(TABLE)},
        sound_regression(),
        lambda data: regression_network.parse_model(TABLE, data),
        ModelError,
    ),
}


@pytest.mark.parametrize("name", KINDS)
def test_a_sound_file_is_read(name):
    KINDS[name].read(KINDS[name].sound)


@pytest.mark.parametrize("shape", poisonous_shapes(), ids=str)
@pytest.mark.parametrize("name", KINDS)
def test_axes_that_no_library_can_multiply_are_refused_before_one_sees_them(name, shape):
    kind = KINDS[name]
    with pytest.raises(kind.error, match="is out of range"):
        kind.read(poison(kind.names, kind.metadata, shape))


@pytest.mark.parametrize("name", KINDS)
@MANY
@given(st.data())
def test_a_file_of_any_shapes_is_read_or_refused(name, data):
    kind = KINDS[name]
    with read_or_refused(kind.error):
        kind.read(data.draw(tensor_files(kind.names, kind.metadata)))


@pytest.mark.parametrize("name", KINDS)
@MANY
@given(st.data())
def test_an_altered_file_is_read_or_refused(name, data):
    kind = KINDS[name]
    with read_or_refused(kind.error):
        kind.read(data.draw(altered_tensor_files(kind.sound)))


@MANY
@given(st.data())
def test_an_altered_frame_is_decompressed_or_refused(data):
    content = b"many digits " * 65
    frame = data.draw(altered_bytes(compress(content)) | st.binary(max_size=64))
    with read_or_refused(CompressionError):
        decompress(frame, len(content))


def bomb(declared: int, content: bytes) -> bytes:
    """A frame of `content` that declares another size, in eight bytes."""
    frame = zstandard.ZstdCompressor(level=19, write_checksum=True).compress(content)
    parameters = zstandard.get_frame_parameters(frame)
    assert parameters.content_size == len(content)
    header = zstandard.frame_header_size(frame)
    # Descriptor: size in eight bytes, a window, a checksum; then the window and the size.
    start = frame[:4] + bytes([0b11000100, 0x50]) + declared.to_bytes(8, "little")
    return start + frame[header:]


@pytest.mark.parametrize("declared", [784, 784 * 16_384, 2**63], ids=str)
def test_what_grows_when_it_is_decompressed_takes_no_more_memory_than_a_payload_may(declared):
    count = min(declared // 784, 16_384)
    frame = np.frombuffer(bomb(declared, bytes(1 << 28)), np.uint8)
    tensors = {"images": frame, "labels": np.zeros(count, np.uint8)}
    payload = encode_tensors(tensors, PAYLOAD_METADATA)
    tracemalloc.start()
    try:
        with pytest.raises(PayloadError):
            decode_payload(payload, count)
        assert tracemalloc.get_traced_memory()[1] < 1 << 25
    finally:
        tracemalloc.stop()
