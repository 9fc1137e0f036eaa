"""The payload format of labelled texts, and the record of one.

A payload is a canonical safetensors file (see `tensor_file`) with exactly three tensors and the
format's name as its only metadata: ``lengths`` int32 [n], in bytes, ``texts`` uint8 [k], one
Zstandard frame (RFC 8878, see `compressed`) of all texts one behind the other, and ``labels`` uint8
[n]. A text is at least one byte of UTF-8 (RFC 3629). Payloads come from anonymous sharers:
everything is checked, and nothing is decompressed before all lengths have been.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from offchain.errors import PayloadError
from offchain.learning.formats.compressed import (
    MAXIMUM_CONTENT_BYTES,
    CompressionError,
    compress,
    compression_overhead,
    decompress,
)
from offchain.learning.formats.samples import LabelledTexts
from offchain.learning.formats.tensor_file import TensorFileError, decode_tensors, encode_tensors
from offchain.learning.task import MAXIMUM_PAYLOAD_BYTES
from offchain.learning.task_file.words import TextSamples

PAYLOAD_FORMAT: Final = "modelchain/texts/1"
LENGTH_BYTES: Final = 2
"""Of a text's length in a record."""

_HEADER_BYTES = 384
"""Of a payload's file in front of its tensors, at most."""


def maximum_samples(words: TextSamples) -> int:
    """Return how many texts a payload may hold: no more than 16 MiB in memory."""
    return min(16_384, MAXIMUM_CONTENT_BYTES // words.maximum_bytes)


def concatenate(parts: Sequence[LabelledTexts]) -> LabelledTexts:
    """Return all texts of `parts` in order; no parts give no texts."""
    none = np.zeros(0, np.uint8)
    return LabelledTexts(
        [text for part in parts for text in part.texts],
        np.concatenate([none, *(part.labels for part in parts)]),
    )


def payload_bytes(words: TextSamples, samples: int) -> int:
    """Return the length of the longest payload of so many texts; at most a block's."""
    content = samples * words.maximum_bytes
    longest = _HEADER_BYTES + 5 * samples + content + compression_overhead(content)
    return min(MAXIMUM_PAYLOAD_BYTES, longest)


def encode_payload(words: TextSamples, samples: LabelledTexts) -> bytes:
    """Return the payload plaintext of `samples`.

    Raises `PayloadError` if they do not fit one sealed block.
    """
    lengths = np.array([len(text) for text in samples.texts], np.int32)
    frame = np.frombuffer(compress(b"".join(samples.texts)), np.uint8)
    tensors: dict[str, NDArray[Any]] = {
        "lengths": lengths,
        "texts": frame,
        "labels": samples.labels,
    }
    payload = encode_tensors(tensors, {"format": PAYLOAD_FORMAT})
    longest = payload_bytes(words, len(samples))
    if len(payload) > longest:
        raise PayloadError(
            f"{len(samples)} texts take {len(payload)} bytes, one block holds {longest}: deploy "
            "with fewer samples a part"
        )
    return payload


def record_bytes(words: TextSamples) -> int:
    """Return how long the record of a text is."""
    return LENGTH_BYTES + words.maximum_bytes + 1


def records(words: TextSamples, samples: LabelledTexts) -> list[bytes]:
    """Return the record of each text: its length, big-endian, its bytes, zeros, and its label."""
    return [
        len(text).to_bytes(LENGTH_BYTES) + text.ljust(words.maximum_bytes, b"\x00") + bytes([label])
        for text, label in zip(samples.texts, samples.labels.tolist(), strict=True)
    ]


def texts_of(records: Sequence[bytes]) -> LabelledTexts:
    """Return the texts that have these records."""
    texts = [
        record[LENGTH_BYTES : LENGTH_BYTES + int.from_bytes(record[:LENGTH_BYTES])]
        for record in records
    ]
    return LabelledTexts(texts, np.array([record[-1] for record in records], np.uint8))


def decode_payload(words: TextSamples, name: str, plaintext: bytes, samples: int) -> LabelledTexts:
    """Return the texts of a payload plaintext.

    `name` stands in front of messages. Raises `PayloadError` unless it is a canonical file with
    exactly `samples` texts and labels, as the task file says them, each of them UTF-8.
    """
    try:
        tensors = decode_tensors(
            plaintext,
            names=("lengths", "texts", "labels"),
            metadata={"format": PAYLOAD_FORMAT},
            maximum_bytes=MAXIMUM_PAYLOAD_BYTES,
        )
    except TensorFileError as error:
        raise PayloadError(f"{name}: {error}") from error
    lengths, frame, labels = tensors["lengths"], tensors["texts"], tensors["labels"]
    if lengths.dtype != np.int32 or frame.dtype != np.uint8 or labels.dtype != np.uint8:
        raise PayloadError(
            f"{name}: lengths are {lengths.dtype}, texts {frame.dtype}, labels {labels.dtype}"
        )
    if not lengths.ndim == frame.ndim == labels.ndim == 1 or len(lengths) != len(labels):
        raise PayloadError(
            f"{name}: lengths {lengths.shape}, texts {frame.shape} and labels {labels.shape}"
        )
    count = len(labels)
    if count != samples or count > maximum_samples(words):
        raise PayloadError(f"{name}: {count} texts, a part of this deployment has {samples}")
    if int(lengths.min()) < 1 or int(lengths.max()) > words.maximum_bytes:
        raise PayloadError(
            f"{name}: texts of {int(lengths.min())} to {int(lengths.max())} bytes, allowed are 1 "
            f"to {words.maximum_bytes}"
        )
    if int(labels.max()) >= len(words.labels):
        raise PayloadError(
            f"{name}: label {int(labels.max())}, the highest is {len(words.labels) - 1}"
        )
    try:
        content = decompress(frame.data, int(lengths.sum(dtype=np.int64)))
    except CompressionError as error:
        raise PayloadError(f"{name}: {error}") from error
    ends = accumulate(lengths.tolist(), initial=0)
    texts = [content[begin:end] for begin, end in pairwise(ends)]
    for number, text in enumerate(texts):
        try:
            text.decode("utf-8")
        except UnicodeDecodeError as error:
            raise PayloadError(
                f"{name}: text {number} is no UTF-8 at byte {error.start}"
            ) from error
    return LabelledTexts(texts, labels)
