"""A network of whole numbers step by step, for who writes it down in another form.

Kinds of samples give their networks so (`Kind.layers`); what computes points does not go by it.
What a sample is becomes bytes (`ImageInput`, `TableInput`, `TextInput`), and between layers there
are bytes: sums of whole numbers below 2^24, shifted right with halves to even, clamped to 0 .. 255.
The last layer's sums are the logits, or give the number that is told (`NumberOutput`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class ImageInput:
    """Images uint8 [n, height, width, channels], as they are."""

    height: int
    width: int
    channels: int


@dataclass(frozen=True, slots=True, eq=False)
class TableInput:
    """Rows int32 [n, columns]: see `offchain.learning.exact.table_network`.

    For each column ``bins`` has the ends of its bins, int64 [bins + 1], or how many categories it
    has.
    """

    bins: tuple[NDArray[np.int64] | int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class TextInput:
    """Texts as bytes: n-grams are hashed, their units averaged and shifted to bytes.

    See `offchain.learning.exact.text_network`: ``weight`` int8 [buckets, units], ``bias`` int32 and
    ``shift`` uint8 [units].
    """

    weight: NDArray[np.int8]
    bias: NDArray[np.int32]
    shift: NDArray[np.uint8]
    maximum_bytes: int


@dataclass(frozen=True, slots=True, eq=False)
class ConvolutionStep:
    """A convolution: weights int8 [out, in, kernel, kernel], biases int32 and shifts uint8 [out].

    ``margin`` rows and columns of zeros surround the input.
    """

    weight: NDArray[np.int8]
    bias: NDArray[np.int32]
    shift: NDArray[np.uint8]
    stride: int
    margin: int


@dataclass(frozen=True, slots=True, eq=False)
class DenseStep:
    """A linear layer: weights int8 [out, in], biases int32 [out], shifts uint8 [out].

    ``shift`` is None in the last layer. What comes from a convolution is ordered by channel, then
    row, then column.
    """

    weight: NDArray[np.int8]
    bias: NDArray[np.int32]
    shift: NDArray[np.uint8] | None


@dataclass(frozen=True, slots=True)
class NumberOutput:
    """Makes a number of the last layer's one sum t.

    With u = 255 * 2^shift that is ``lowest + ((highest - lowest) * clamp(t, 0, u) + u // 2) // u``.
    """

    lowest: int
    highest: int
    shift: int


SampleInput = ImageInput | TableInput | TextInput
Step = ConvolutionStep | DenseStep


@dataclass(frozen=True, slots=True, eq=False)
class LayerChain:
    """What a network does to a sample: the last of ``steps`` is a `DenseStep` without shift.

    ``number`` is None where the last layer's sums are logits.
    """

    input: SampleInput
    steps: tuple[Step, ...]
    number: NumberOutput | None = None

    @property
    def outputs(self) -> int:
        """How many sums the last layer has."""
        return len(self.steps[-1].bias)
