"""The network family of texts, as it is submitted and judged: byte n-grams, then dense layers.

This module is the specification (docs/ExactEvaluation.md). Of a text every run of 1, 2, 3 and 4
bytes is hashed with the 32-bit FNV-1a of Fowler, Noll and Vo, folded by ``hash ^ (hash >> 16)``,
and taken modulo the number of buckets. A model's file has the tensors

* ``embedding.weight`` int8 [buckets, units] from -64 to 64, with a power of two from 2^8 to 2^18
  buckets and 1 to 256 units, ``embedding.bias`` int32 [units] within 2^24, ``embedding.shift``
  uint8 [units] from 0 to 20,
* ``hidden`` and ``output``, each with ``weight``, ``bias`` and ``shift``: see `dense`.

With S the sum of a unit's weights over all n-grams of a text and c their count, the unit's mean is
``256 * S // c`` (towards minus infinity), and its activation ``clamp((mean + bias) / 2^shift, 0,
255)``, rounded to the nearest whole number, halves to even. These are the inputs of the dense
layers, whose sums are the logits; the lowest class of the largest is predicted.

A text has at most 4,096 bytes and so fewer than 2^14 n-grams: sums stay below 2^20 and means below
2^15, so that integers of 32 bits hold everything, in whatever order it is added.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from offchain.errors import ModelError
from offchain.learning.exact.dense import (
    PARTS,
    check_dense,
    dense_sums,
    reference_sums,
)
from offchain.learning.exact.integer_layer import (
    ACTIVATION_MAXIMUM,
    IntegerLayer,
    check_shapes,
    check_shifts,
)
from offchain.learning.exact.integer_network import EXACT_BOUND, WEIGHT_MAXIMUM, shift_right
from offchain.learning.exact.judge_gas import MAXIMUM_JUDGING_GAS, text_judging_gas
from offchain.learning.formats.samples import LabelledTexts
from offchain.learning.formats.tensor_file import TensorFileError, decode_tensors, encode_tensors
from offchain.learning.task_file.words import TextSamples

MODEL_FORMAT: Final = "modelchain/text-network/1"
NGRAMS: Final = (1, 2, 3, 4)
BUCKETS: Final = (1 << 8, 1 << 18)
MAXIMUM_UNITS: Final = 256
MEAN_UNIT: Final = 256

FNV_OFFSET: Final = 0x811C9DC5
FNV_PRIME: Final = 0x01000193

_BATCH_BYTES = 1 << 16
"""Of texts that are hashed at a time."""


@dataclass(frozen=True, slots=True, eq=False)
class TextNetwork:
    """A network of the family; `check_network` says for which labels.

    The embedding's weights are [buckets, units], not [units, buckets].
    """

    embedding: IntegerLayer
    layers: tuple[IntegerLayer, IntegerLayer]

    @property
    def buckets(self) -> int:
        """How many rows the embedding has."""
        return len(self.embedding.weight)

    @property
    def units(self) -> tuple[int, int]:
        """Units of the embedding and of the hidden layer."""
        return len(self.embedding.bias), len(self.layers[0].bias)


LAYERS: Final = ("hidden", "output")


def encode_model(network: TextNetwork) -> bytes:
    """Return the canonical model file of `network`."""
    tensors: dict[str, NDArray[Any]] = {}
    for name, layer in zip(
        ("embedding", *LAYERS), (network.embedding, *network.layers), strict=True
    ):
        for part in PARTS:
            tensors[f"{name}.{part}"] = getattr(layer, part)
    return encode_tensors(tensors, {"format": MODEL_FORMAT})


def parse_model(
    words: TextSamples, data: bytes, maximum_bytes: int, *, is_judged: bool = False
) -> TextNetwork:
    """Return the network of a model file.

    Raises `ModelError` unless the file is canonical, at most `maximum_bytes` long, and
    `check_network` accepts the network in it. A network that `is_judged` on a chain may cost no
    more than `MAXIMUM_JUDGING_GAS` there.
    """
    names = ("embedding", *LAYERS)
    try:
        tensors = decode_tensors(
            data,
            names=[f"{layer}.{part}" for layer in names for part in PARTS],
            metadata={"format": MODEL_FORMAT},
            maximum_bytes=maximum_bytes,
        )
    except TensorFileError as error:
        raise ModelError(f"model: {error}") from error
    embedding, hidden, output = (
        IntegerLayer(*(tensors[f"{layer}.{part}"] for part in PARTS)) for layer in names
    )
    network = TextNetwork(embedding, (hidden, output))
    check_network(words, network)
    if is_judged:
        _check_gas(words, network, len(data))
    return network


def _check_gas(words: TextSamples, network: TextNetwork, file_bytes: int) -> None:
    gas = text_judging_gas(words.maximum_bytes, file_bytes, network.units, len(words.labels))
    if gas > MAXIMUM_JUDGING_GAS:
        raise ModelError(
            f"model: judging a text may take {gas} gas, allowed are {MAXIMUM_JUDGING_GAS}"
        )


def check_network(words: TextSamples, network: TextNetwork) -> None:
    """Raise `ModelError` unless `network` is one of the family for `words`."""
    embedding = network.embedding
    shape = embedding.weight.shape
    buckets = shape[0] if len(shape) == 2 else 0
    if not BUCKETS[0] <= buckets <= BUCKETS[1] or buckets & (buckets - 1):
        raise ModelError(
            f"model: embedding.weight has the shape {shape}, its rows must be a power of two from "
            f"{BUCKETS[0]} to {BUCKETS[1]}"
        )
    units = len(embedding.bias) if embedding.bias.ndim == 1 else 0
    if not 1 <= units <= MAXIMUM_UNITS:
        raise ModelError(
            f"model: embedding.bias has the shape {embedding.bias.shape}, allowed are 1 to "
            f"{MAXIMUM_UNITS} units"
        )
    turned = IntegerLayer(embedding.weight.T, embedding.bias, embedding.shift)
    check_shapes("embedding", turned, (units, buckets), (units,))
    check_shifts("embedding", embedding)
    largest = int(np.abs(embedding.weight.astype(np.int16)).max())
    if largest > WEIGHT_MAXIMUM:
        raise ModelError(
            f"model: embedding has a weight of {largest} in absolute value, allowed are up to "
            f"{WEIGHT_MAXIMUM}"
        )
    bias = int(np.abs(embedding.bias.astype(np.int64)).max())
    if bias >= EXACT_BOUND:
        raise ModelError(f"model: embedding has a bias of {bias}, allowed are below {EXACT_BOUND}")
    hidden, output = network.layers
    check_dense(LAYERS[0], hidden, units, (1, MAXIMUM_UNITS), is_last=False)
    classes = len(words.labels)
    check_dense(LAYERS[1], output, len(hidden.bias), (classes, classes), is_last=True)


def reference_buckets(text: bytes, buckets: int) -> list[int]:
    """Return the bucket of each n-gram of a text: the definition, in Python's whole numbers."""
    found = []
    for length in NGRAMS:
        for start in range(len(text) - length + 1):
            value = FNV_OFFSET
            for byte in text[start : start + length]:
                value = (value ^ byte) * FNV_PRIME & 0xFFFFFFFF
            found.append((value ^ (value >> 16)) & (buckets - 1))
    return found


def reference_logits(network: TextNetwork, texts: Sequence[bytes]) -> NDArray[np.int64]:
    """Return the logits int64 [n, classes] of texts: the definition, in whole numbers, slow."""
    weight = network.embedding.weight
    means = np.empty((len(texts), weight.shape[1]), np.int64)
    for row, text in enumerate(texts):
        chosen = reference_buckets(text, network.buckets)
        total = np.zeros(weight.shape[1], np.int64)
        for bucket in chosen:
            total += weight[bucket]
        means[row] = MEAN_UNIT * total // len(chosen)
    return reference_sums(network.layers, _activations(network.embedding, means))


def logits(network: TextNetwork, texts: Sequence[bytes]) -> NDArray[np.int64]:
    """Return the same as `reference_logits`, exactly and quickly."""
    found = np.empty((len(texts), len(network.layers[-1].bias)), np.int64)
    for start, end in batches(texts):
        chosen, starts = text_buckets(texts[start:end], network.buckets)
        counts = np.diff(starts, append=len(chosen))
        sums = np.add.reduceat(network.embedding.weight[chosen], starts, axis=0, dtype=np.int32)
        means = MEAN_UNIT * sums.astype(np.int64) // counts[:, None]
        found[start:end] = dense_sums(network.layers, _activations(network.embedding, means))
    return found


def batches(texts: Sequence[bytes]) -> Iterator[tuple[int, int]]:
    """Yield where runs of texts begin and end that are hashed at a time."""
    start = 0
    while start < len(texts):
        end, size = start, 0
        while end < len(texts) and (end == start or size + len(texts[end]) <= _BATCH_BYTES):
            size += len(texts[end])
            end += 1
        yield start, end
        start = end


def text_buckets(
    texts: Sequence[bytes], buckets: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the buckets of all n-grams of all texts, text by text, and where each text begins.

    Both are int64; there is at least one text, and none is empty.
    """
    lengths = np.array([len(text) for text in texts], np.int64)
    data = np.frombuffer(b"".join(texts), np.uint8).astype(np.uint32)
    owner = np.repeat(np.arange(len(texts)), lengths)
    left = np.repeat(np.cumsum(lengths), lengths) - np.arange(len(data))  # to the text's end
    hashes = np.full(len(data), FNV_OFFSET, np.uint32)
    found, owners = [], []
    for length in NGRAMS:
        if length > len(data):
            break
        # One more byte behind each place; hashes of places too near to an end are not used.
        hashes = hashes[: len(data) - length + 1]
        hashes = (hashes ^ data[length - 1 :]) * np.uint32(FNV_PRIME)
        whole = left[: len(hashes)] >= length
        found.append((hashes[whole] ^ (hashes[whole] >> np.uint32(16))) & np.uint32(buckets - 1))
        owners.append(owner[: len(hashes)][whole])
    owned = np.concatenate(owners)
    order = np.argsort(owned, kind="stable")
    counts = np.bincount(owned, minlength=len(texts))
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)[:-1]])
    return np.concatenate(found)[order].astype(np.int64), starts


def points(network: TextNetwork, samples: LabelledTexts) -> NDArray[np.uint8]:
    """Return 1 for each text that gets its label, else 0: uint8 [n]."""
    return _right(logits(network, samples.texts), samples)


def reference_points(network: TextNetwork, samples: LabelledTexts) -> NDArray[np.uint8]:
    """Return the same as `points` by the definition."""
    return _right(reference_logits(network, samples.texts), samples)


def _right(found: NDArray[np.int64], samples: LabelledTexts) -> NDArray[np.uint8]:
    # Of equal logits NumPy's argmax is the first.
    right: NDArray[np.uint8] = (np.argmax(found, axis=1) == samples.labels).astype(np.uint8)
    return right


def _activations(embedding: IntegerLayer, means: NDArray[np.int64]) -> NDArray[np.int64]:
    shifted = shift_right(means + embedding.bias, embedding.shift.astype(np.int64))
    found: NDArray[np.int64] = np.clip(shifted, 0, ACTIVATION_MAXIMUM)
    return found
