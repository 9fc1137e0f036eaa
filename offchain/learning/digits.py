"""Digit samples and their payload format.

A payload is a canonical safetensors file (see `tensor_file`) with exactly two tensors, ``images``
uint8 [n, 28, 28] (0 is background, 255 ink) and ``labels`` uint8 [n] (0 to 9), and the format's
name as its only metadata. Payloads come from anonymous sharers: everything is checked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from offchain.errors import PayloadError
from offchain.learning.task import MAXIMUM_PAYLOAD_BYTES
from offchain.learning.tensor_file import TensorFileError, decode_tensors, encode_tensors

IMAGE_SIDE = 28
CLASSES = 10
PAYLOAD_METADATA = {"format": "modelchain/digits/1"}


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


def encode_payload(samples: DigitSamples) -> bytes:
    """Return the payload plaintext of `samples`."""
    return encode_tensors({"images": samples.images, "labels": samples.labels}, PAYLOAD_METADATA)


def decode_payload(plaintext: bytes, maximum_samples: int) -> DigitSamples:
    """Return the samples of a payload plaintext as read-only views of it.

    Raises `PayloadError` unless it is a canonical file of at most 1 MiB less the 28 bytes of
    sealing, with 1 to `maximum_samples` images of the right shape and labels from 0 to 9.
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
    images, labels = tensors["images"], tensors["labels"]
    if images.dtype != np.uint8 or labels.dtype != np.uint8:
        raise PayloadError(
            f"digits payload: images are {images.dtype} and labels {labels.dtype}, not uint8"
        )
    if labels.ndim != 1 or images.shape != (len(labels), IMAGE_SIDE, IMAGE_SIDE):
        raise PayloadError(
            f"digits payload: images of shape {images.shape} with labels of shape {labels.shape}"
        )
    if not 1 <= len(labels) <= maximum_samples:
        raise PayloadError(
            f"digits payload: {len(labels)} samples, allowed are 1 to {maximum_samples}"
        )
    if int(labels.max()) >= CLASSES:
        raise PayloadError(
            f"digits payload: label {int(labels.max())}, the highest digit is {CLASSES - 1}"
        )
    return DigitSamples(images, labels)
