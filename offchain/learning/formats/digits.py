"""Digit samples and their payload format.

A payload is a canonical safetensors file (see `tensor_file`) with exactly two tensors, ``images``
uint8 [k], one Zstandard frame (RFC 8878, see `compressed`) of the images' n x 28 x 28 bytes (0 is
background, 255 ink), and ``labels`` uint8 [n] (0 to 9), and the format's name as its only metadata.
Payloads come from anonymous sharers: everything is checked, and nothing is decompressed before the
number of samples has been. How many there must be is the deployment's choice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from offchain.errors import PayloadError
from offchain.learning.formats.compressed import (
    CompressionError,
    compress,
    compression_overhead,
    decompress,
)
from offchain.learning.formats.tensor_file import TensorFileError, decode_tensors, encode_tensors
from offchain.learning.task import MAXIMUM_PAYLOAD_BYTES

IMAGE_SIDE = 28
CLASSES = 10
PAYLOAD_FORMAT = "modelchain/digits/2"
PAYLOAD_METADATA = {"format": PAYLOAD_FORMAT}

_HEADER_BYTES = 256
"""Of a payload's file in front of its tensors, at most."""

RECORD_BYTES = IMAGE_SIDE * IMAGE_SIDE + 1
"""A sample's record: the image, row by row, and its label."""

MAXIMUM_PAYLOAD_SAMPLES = 16_384
"""A payload holds no more, whatever the deployment: 12.8 MB of images in memory."""


@dataclass(frozen=True, slots=True, eq=False)
class DigitSamples:
    """Images uint8 [n, 28, 28] with their labels uint8 [n], 0 to 9."""

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.labels)


def concatenate(parts: Sequence[DigitSamples]) -> DigitSamples:
    """Return all samples of `parts` in order; no parts give no samples."""
    if not parts:
        return DigitSamples(
            np.zeros((0, IMAGE_SIDE, IMAGE_SIDE), np.uint8), np.zeros((0,), np.uint8)
        )
    return DigitSamples(
        np.concatenate([part.images for part in parts]),
        np.concatenate([part.labels for part in parts]),
    )


def payload_bytes(samples: int) -> int:
    """Return the length of the longest payload of so many samples: of images that do not compress.

    At most a block's: larger ones must compress to fit.
    """
    pixels = samples * IMAGE_SIDE * IMAGE_SIDE
    return min(
        MAXIMUM_PAYLOAD_BYTES, _HEADER_BYTES + samples + pixels + compression_overhead(pixels)
    )


def encode_payload(samples: DigitSamples) -> bytes:
    """Return the payload plaintext of `samples`: some 185 bytes a drawn image.

    Raises `PayloadError` if they do not fit one sealed block.
    """
    frame = np.frombuffer(compress(np.ascontiguousarray(samples.images).data), np.uint8)
    payload = encode_tensors({"images": frame, "labels": samples.labels}, PAYLOAD_METADATA)
    longest = payload_bytes(len(samples))
    if len(payload) > longest:
        raise PayloadError(
            f"digits payload: {len(samples)} samples take {len(payload)} bytes, one block holds "
            f"{longest}: deploy with fewer samples a part"
        )
    return payload


def records(samples: DigitSamples) -> list[bytes]:
    """Return the record of each sample, `RECORD_BYTES` long, in order."""
    count = len(samples)
    joined = np.empty((count, RECORD_BYTES), np.uint8)
    joined[:, :-1] = samples.images.reshape(count, -1)
    joined[:, -1] = samples.labels
    data = joined.tobytes()
    return [data[at : at + RECORD_BYTES] for at in range(0, len(data), RECORD_BYTES)]


def samples_of(records: Sequence[bytes]) -> DigitSamples:
    """Return the samples that have these records.

    Raises `ValueError` if one is not `RECORD_BYTES` long.
    """
    joined = np.frombuffer(b"".join(records), np.uint8).reshape(len(records), RECORD_BYTES)
    return DigitSamples(joined[:, :-1].reshape(-1, IMAGE_SIDE, IMAGE_SIDE), joined[:, -1])


def decode_payload(plaintext: bytes, samples: int) -> DigitSamples:
    """Return the samples of a payload plaintext, read-only.

    Raises `PayloadError` unless it is a canonical file that fits a sealed part, with exactly
    `samples` labels from 0 to 9, at most `MAXIMUM_PAYLOAD_SAMPLES`, and one frame that declares and
    holds exactly their images.
    """
    try:
        tensors = decode_tensors(
            plaintext,
            names=("images", "labels"),
            metadata=PAYLOAD_METADATA,
            maximum_bytes=MAXIMUM_PAYLOAD_BYTES,
        )
    except TensorFileError as error:
        raise PayloadError(f"digits payload: {error}") from error
    frame, labels = tensors["images"], tensors["labels"]
    if frame.dtype != np.uint8 or labels.dtype != np.uint8:
        raise PayloadError(
            f"digits payload: images are {frame.dtype} and labels {labels.dtype}, not uint8"
        )
    if labels.ndim != 1 or frame.ndim != 1:
        raise PayloadError(
            f"digits payload: images of shape {frame.shape} with labels of shape {labels.shape}, "
            "both must have one axis"
        )
    count = len(labels)
    if count != samples or count > MAXIMUM_PAYLOAD_SAMPLES:
        raise PayloadError(
            f"digits payload: {count} samples, a part of this deployment has {samples}"
        )
    if int(labels.max()) >= CLASSES:
        raise PayloadError(
            f"digits payload: label {int(labels.max())}, the highest digit is {CLASSES - 1}"
        )
    try:
        pixels = decompress(frame.data, count * IMAGE_SIDE * IMAGE_SIDE)
    except CompressionError as error:
        raise PayloadError(f"digits payload: {error}") from error
    images = np.frombuffer(pixels, np.uint8).reshape(count, IMAGE_SIDE, IMAGE_SIDE)
    return DigitSamples(images, labels)
