"""Digit samples and their payload format: images of 28 x 28 grey pixels, 0 background, 255 ink.

It is `images`' format under a name of its own, with labels from 0 to 9.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from offchain.learning.formats.images import MAXIMUM_PAYLOAD_SAMPLES, ImageFormat
from offchain.learning.formats.samples import LabelledImages

IMAGE_SIDE: Final = 28
CLASSES: Final = 10
PAYLOAD_FORMAT: Final = "modelchain/digits/2"
PAYLOAD_METADATA: Final = {"format": PAYLOAD_FORMAT}

DIGITS_FORMAT: Final = ImageFormat(
    "digits payload", PAYLOAD_FORMAT, (IMAGE_SIDE, IMAGE_SIDE), CLASSES
)

RECORD_BYTES: Final = DIGITS_FORMAT.record_bytes
"""A sample's record: the image, row by row, and its label."""

DigitSamples = LabelledImages
"""Images uint8 [n, 28, 28] with their labels uint8 [n], 0 to 9."""

__all__ = [
    "CLASSES",
    "IMAGE_SIDE",
    "MAXIMUM_PAYLOAD_SAMPLES",
    "DigitSamples",
    "concatenate",
    "decode_payload",
    "encode_payload",
    "payload_bytes",
    "records",
    "samples_of",
]


def concatenate(parts: Sequence[DigitSamples]) -> DigitSamples:
    """Return all samples of `parts` in order; no parts give no samples."""
    return DIGITS_FORMAT.concatenate(parts)


def payload_bytes(samples: int) -> int:
    """Return the length of the longest payload; see `ImageFormat.payload_bytes`."""
    return DIGITS_FORMAT.payload_bytes(samples)


def encode_payload(samples: DigitSamples) -> bytes:
    """Return the payload plaintext of `samples`: some 185 bytes a drawn image.

    Raises `PayloadError` if they do not fit one sealed block.
    """
    return DIGITS_FORMAT.encode_payload(samples)


def records(samples: DigitSamples) -> list[bytes]:
    """Return the record of each sample, `RECORD_BYTES` long, in order."""
    return DIGITS_FORMAT.records(samples)


def samples_of(records: Sequence[bytes]) -> DigitSamples:
    """Return the samples that have these records; `ValueError` if one has another length."""
    return DIGITS_FORMAT.samples_of(records)


def decode_payload(plaintext: bytes, samples: int) -> DigitSamples:
    """Return the samples of a payload plaintext; see `ImageFormat.decode_payload`."""
    return DIGITS_FORMAT.decode_payload(plaintext, samples)
