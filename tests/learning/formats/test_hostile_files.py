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

from offchain.errors import ModelChainError, ModelError, PayloadError
from offchain.learning.exact import table_network, text_network
from offchain.learning.exact.image_family import image_family
from offchain.learning.exact.integer_network import (
    DIGITS_FAMILY,
    MODEL_METADATA,
    encode_model,
    parse_model,
)
from offchain.learning.exact.worst_case import worst_case
from offchain.learning.formats import table as table_format
from offchain.learning.formats import texts as text_format
from offchain.learning.formats.compressed import CompressionError, compress, decompress
from offchain.learning.formats.digits import (
    PAYLOAD_METADATA,
    DigitSamples,
    decode_payload,
    encode_payload,
)
from offchain.learning.formats.samples import LabelledTexts, TableRows
from offchain.learning.formats.tensor_file import TensorFileError, decode_tensors, encode_tensors
from offchain.learning.task_file.words import (
    CategoryColumn,
    ImageSamples,
    NumberColumn,
    NumberTarget,
    TableSamples,
    TextSamples,
)
from tests.support.random_networks import random_network
from tests.support.tampering.hostile_files import (
    altered_bytes,
    altered_tensor_files,
    poison,
    poisonous_shapes,
    read_or_refused,
    tensor_files,
)

TABLE = TableSamples(
    (NumberColumn("height", -5, 300), CategoryColumn("leaf", ("round", "long", "none"))),
    NumberTarget("yield", 10, 90, 0, "kg", 8),
)
WORDS = TextSamples(12, ("yes", "no", "perhaps"))
IMAGES = image_family(ImageSamples(9, 11, 3, ("a", "b")), 50_000)
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
    columns = np.array([[-5, 2], [300, 0]], np.int32)
    return table_format.encode_payload(TableRows(columns, np.array([10, 90], np.int32)))


def sound_texts() -> bytes:
    texts = LabelledTexts([b"well, yes", "nö".encode()], np.array([0, 1], np.uint8))
    return text_format.encode_payload(WORDS, texts)


def sound_layers(**shapes: tuple[int, int]) -> dict[str, np.ndarray]:
    layers = {}
    for name, (outputs, inputs) in shapes.items():
        layers[f"{name}.weight"] = np.ones((outputs, inputs), np.int8)
        layers[f"{name}.bias"] = np.zeros(outputs, np.int32)
        layers[f"{name}.shift"] = np.zeros(1 if name == "output" else outputs, np.uint8)
    return layers


def sound_table_model() -> bytes:
    layers = sound_layers(hidden1=(3, 5), hidden2=(2, 3), output=(1, 2))
    edges = np.array([[-5, 10, 300]], np.int32)
    return encode_tensors({**layers, "edges": edges}, {"format": table_network.MODEL_FORMAT})


def sound_text_model() -> bytes:
    layers = sound_layers(embedding=(2, 256), hidden=(2, 2), output=(3, 2))
    layers["embedding.weight"] = layers["embedding.weight"].T.copy()
    return encode_tensors(layers, {"format": text_network.MODEL_FORMAT})


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
    "images model": Kind(
        IMAGES.tensor_names,
        {"format": IMAGES.model_format},
        encode_model(worst_case((1, 2, 1, 2, 1), IMAGES)[0]),
        lambda data: parse_model(data, IMAGES),
        ModelError,
    ),
    "table payload": Kind(
        ("columns", "target"),
        {"format": table_format.PAYLOAD_FORMAT},
        sound_rows(),
        lambda data: table_format.decode_payload(TABLE, "rows", data, 2),
        PayloadError,
    ),
    "table model": Kind(
        tuple(table_network.tensor_names(TABLE)),
        {"format": table_network.MODEL_FORMAT},
        sound_table_model(),
        lambda data: table_network.parse_model(TABLE, data, 50_000),
        ModelError,
    ),
    "texts payload": Kind(
        ("lengths", "texts", "labels"),
        {"format": text_format.PAYLOAD_FORMAT},
        sound_texts(),
        lambda data: text_format.decode_payload(WORDS, "texts", data, 2),
        PayloadError,
    ),
    "text model": Kind(
        tuple(
            f"{layer}.{part}"
            for layer in ("embedding", *text_network.LAYERS)
            for part in ("weight", "bias", "shift")
        ),
        {"format": text_network.MODEL_FORMAT},
        sound_text_model(),
        lambda data: text_network.parse_model(WORDS, data, 50_000),
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
