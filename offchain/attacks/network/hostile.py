"""Files of the digits task as a hostile party writes them, and sound ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final

import numpy as np

from offchain.crypto.hashing import keccak256
from offchain.learning.exact.integer_layer import IntegerLayer
from offchain.learning.exact.integer_network import (
    DIGITS_FAMILY,
    MODEL_METADATA,
    IntegerNetwork,
    encode_model,
)
from offchain.learning.formats.compressed import compress
from offchain.learning.formats.digits import (
    IMAGE_SIDE,
    PAYLOAD_METADATA,
    DigitSamples,
    encode_payload,
)
from offchain.learning.formats.tensor_file import encode_tensors

SAMPLES: Final = 20
"""Samples in a part."""

LARGE: Final = 2**32 - 1
"""An axis whose product with others no library holds."""


def sound_samples(samples: int = SAMPLES) -> DigitSamples:
    """Samples that any node takes."""
    random = np.random.Generator(np.random.PCG64(1))
    images = random.integers(0, 256, (samples, IMAGE_SIDE, IMAGE_SIDE)).astype(np.uint8)
    return DigitSamples(images, (np.arange(samples) % 10).astype(np.uint8))


def sound_model() -> bytes:
    """A model that any node takes: all weights are 0."""
    layers = [_zeros((1, 1, kernel, kernel), 1, 1) for kernel in DIGITS_FAMILY.kernels]
    linear = _zeros((DIGITS_FAMILY.classes, DIGITS_FAMILY.pixels), DIGITS_FAMILY.classes, 1)
    return encode_model(IntegerNetwork(DIGITS_FAMILY, tuple(layers), linear))


def _zeros(weight: tuple[int, ...], biases: int, shifts: int) -> IntegerLayer:
    return IntegerLayer(
        np.zeros(weight, np.int8), np.zeros(biases, np.int32), np.zeros(shifts, np.uint8)
    )


def with_header(file: bytes, change: Callable[[str], str]) -> bytes:
    """A tensor file whose header's text is another."""
    length = int.from_bytes(file[:8], "little")
    header = change(file[8 : 8 + length].decode()).encode()
    return len(header).to_bytes(8, "little") + header + file[8 + length :]


def with_large_axes(file: bytes) -> bytes:
    """A tensor file that says that its first tensor has no elements, in axes without end."""

    def change(text: str) -> str:
        header = json.loads(text)
        first = next(entry for name, entry in header.items() if name != "__metadata__")
        first["shape"] = [0, LARGE, LARGE]
        return json.dumps(header, separators=(",", ":"))

    return with_header(file, change)


def malformed(file: bytes) -> dict[str, bytes]:
    """What may be done to any tensor file."""
    return {
        "nothing": b"",
        "noise": keccak256(b"noise") * 40,
        "a picture": b"\x89PNG\r\n\x1a\n" + bytes(500),
        "cut": file[:-1],
        "cut in the header": file[:40],
        "a byte more": file + b"\x00",
        "spaces in the header": with_header(file, lambda text: text.rstrip() + " " * 64),
        "another order": with_header(file, lambda text: json.dumps(json.loads(text))),
        "another format": with_header(file, lambda text: text.replace("modelchain", "modelchaim")),
        "a header without end": (2**63).to_bytes(8, "little") + file[8:],
        "axes without end": with_large_axes(file),
        "deep nesting": (200_008).to_bytes(8, "little") + b"[" * 200_008,
    }


def hostile_payloads() -> dict[str, bytes]:
    """Plaintexts that are no payload of a part with `SAMPLES` samples."""
    sound = sound_samples()
    labels = sound.labels.copy()
    labels[0] = 10
    frame = np.frombuffer(compress(bytes(16_384 * 784)), np.uint8)
    return malformed(encode_payload(sound)) | {
        "a label that is no digit": encode_payload(DigitSamples(sound.images, labels)),
        "a sample more": encode_payload(sound_samples(SAMPLES + 1)),
        "a sample fewer": encode_payload(sound_samples(SAMPLES - 1)),
        "pictures that unpack to 12 MB": encode_tensors(
            {"images": frame, "labels": sound.labels}, PAYLOAD_METADATA
        ),
        "a model": sound_model(),
    }


def hostile_models() -> dict[str, bytes]:
    """Files that are no model of the digits task."""
    layers = DIGITS_FAMILY.tensor_names
    return malformed(sound_model()) | {
        "empty layers": encode_tensors(
            {name: np.zeros(1, np.int8) for name in layers}, MODEL_METADATA
        ),
        "a payload": encode_payload(sound_samples()),
        "too large": bytes(130_000),
    }
