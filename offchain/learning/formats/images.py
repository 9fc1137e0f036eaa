"""The payload format of labelled images, and the record of one.

A payload is a canonical safetensors file (see `tensor_file`) with exactly two tensors, ``images``
uint8 [k], one Zstandard frame (RFC 8878, see `compressed`) of the images' bytes (image by image,
row by row, pixel by pixel, its channels last), and ``labels`` uint8 [n], and the format's name as
its only metadata. Payloads come from anonymous sharers: everything is checked, and nothing is
decompressed before the number of samples has been. How many there must be is the deployment's
choice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from offchain.errors import PayloadError
from offchain.learning.formats.compressed import (
    MAXIMUM_CONTENT_BYTES,
    CompressionError,
    compress,
    compression_overhead,
    decompress,
)
from offchain.learning.formats.samples import LabelledImages
from offchain.learning.formats.tensor_file import TensorFileError, decode_tensors, encode_tensors
from offchain.learning.task import MAXIMUM_PAYLOAD_BYTES

PAYLOAD_FORMAT: Final = "modelchain/images/1"

MAXIMUM_PAYLOAD_SAMPLES: Final = 16_384
"""A payload holds no more, whatever the deployment."""

_HEADER_BYTES = 256
"""Of a payload's file in front of its tensors, at most."""


@dataclass(frozen=True, slots=True)
class ImageFormat:
    """Payloads of images of one size.

    Attributes:
        title: in front of messages.
        name: of the format, in a payload's metadata.
        shape: of an image as the samples have it: height, width, and channels if there are several.
        classes: labels are below it.
    """

    title: str
    name: str
    shape: tuple[int, ...]
    classes: int

    @property
    def image_bytes(self) -> int:
        """Bytes of an image."""
        return int(np.prod(self.shape))

    @property
    def record_bytes(self) -> int:
        """Bytes of a sample's record: the image, row by row, and its label."""
        return self.image_bytes + 1

    @property
    def maximum_samples(self) -> int:
        """Samples that a payload may hold: no more than 16 MiB of images in memory."""
        return min(MAXIMUM_PAYLOAD_SAMPLES, MAXIMUM_CONTENT_BYTES // self.image_bytes)

    def none(self) -> LabelledImages:
        """No samples."""
        return LabelledImages(np.zeros((0, *self.shape), np.uint8), np.zeros((0,), np.uint8))

    def concatenate(self, parts: Sequence[LabelledImages]) -> LabelledImages:
        """Return all samples of `parts` in order; no parts give no samples."""
        if not parts:
            return self.none()
        return LabelledImages(
            np.concatenate([part.images for part in parts]),
            np.concatenate([part.labels for part in parts]),
        )

    def payload_bytes(self, samples: int) -> int:
        """Return the length of the longest payload of so many: of images that do not compress.

        At most a block's: larger ones must compress to fit.
        """
        pixels = samples * self.image_bytes
        return min(
            MAXIMUM_PAYLOAD_BYTES, _HEADER_BYTES + samples + pixels + compression_overhead(pixels)
        )

    def encode_payload(self, samples: LabelledImages) -> bytes:
        """Return the payload plaintext of `samples`.

        Raises `PayloadError` if they do not fit one sealed block.
        """
        frame = np.frombuffer(compress(np.ascontiguousarray(samples.images).data), np.uint8)
        payload = encode_tensors({"images": frame, "labels": samples.labels}, {"format": self.name})
        longest = self.payload_bytes(len(samples))
        if len(payload) > longest:
            raise PayloadError(
                f"{self.title}: {len(samples)} samples take {len(payload)} bytes, one block holds "
                f"{longest}: deploy with fewer samples a part"
            )
        return payload

    def records(self, samples: LabelledImages) -> list[bytes]:
        """Return the record of each sample, `record_bytes` long, in order."""
        count, length = len(samples), self.record_bytes
        joined = np.empty((count, length), np.uint8)
        joined[:, :-1] = samples.images.reshape(count, -1)
        joined[:, -1] = samples.labels
        data = joined.tobytes()
        return [data[at : at + length] for at in range(0, len(data), length)]

    def samples_of(self, records: Sequence[bytes]) -> LabelledImages:
        """Return the samples that have these records.

        Raises `ValueError` if one is not `record_bytes` long.
        """
        joined = np.frombuffer(b"".join(records), np.uint8)
        joined = joined.reshape(len(records), self.record_bytes)
        return LabelledImages(joined[:, :-1].reshape(-1, *self.shape), joined[:, -1])

    def decode_payload(self, plaintext: bytes, samples: int) -> LabelledImages:
        """Return the samples of a payload plaintext, read-only.

        Raises `PayloadError` unless it is a canonical file that fits a sealed part, with exactly
        `samples` labels, at most `maximum_samples`, and one frame that declares and holds exactly
        their images.
        """
        try:
            tensors = decode_tensors(
                plaintext,
                names=("images", "labels"),
                metadata={"format": self.name},
                maximum_bytes=MAXIMUM_PAYLOAD_BYTES,
            )
        except TensorFileError as error:
            raise PayloadError(f"{self.title}: {error}") from error
        frame, labels = tensors["images"], tensors["labels"]
        if frame.dtype != np.uint8 or labels.dtype != np.uint8:
            raise PayloadError(
                f"{self.title}: images are {frame.dtype} and labels {labels.dtype}, not uint8"
            )
        if labels.ndim != 1 or frame.ndim != 1:
            raise PayloadError(
                f"{self.title}: images of shape {frame.shape} with labels of shape "
                f"{labels.shape}, both must have one axis"
            )
        count = len(labels)
        if count != samples or count > self.maximum_samples:
            raise PayloadError(
                f"{self.title}: {count} samples, a part of this deployment has {samples}"
            )
        if int(labels.max()) >= self.classes:
            raise PayloadError(
                f"{self.title}: label {int(labels.max())}, the highest is {self.classes - 1}"
            )
        try:
            pixels = decompress(frame.data, count * self.image_bytes)
        except CompressionError as error:
            raise PayloadError(f"{self.title}: {error}") from error
        images = np.frombuffer(pixels, np.uint8).reshape(count, *self.shape)
        return LabelledImages(images, labels)
