"""The integer network: the form in which a model is submitted and judged.

This module is the specification (docs/ExactEvaluation.md explains it): which files are models, and
by `reference_logits` what a model computes, in plain int64 arithmetic. `evaluation` computes the
same faster; a difference between the two is a bug in `evaluation`.

A network is a chain of convolutions and one linear layer on whole numbers:

* the input is an image of uint8 with one or more channels,
* a convolution has int8 weights, int32 biases and one shift per output channel; with
  ``sum = weights * input + bias`` its output is ``clamp(sum / 2^shift, 0, 255)``, rounded to the
  nearest whole number, of two equally near ones to the even one (`shift_right`): uint8 again,
* the linear layer sees all that the last convolution leaves of an image: of digits one number per
  channel, since that convolution's kernel covers what the others have left. Its sums are the
  logits; its one shift says what they are worth as fixed-point numbers to whoever goes on training,
  and does not change their order,
* the predicted class is the lowest among those with the highest logit.

Every output channel must satisfy ``255 * sum|weight| + |bias| < 2^24``. Products, and sums of any
of them in any order, are then whole numbers below 2^24 in absolute value, which float32 holds
exactly, so that the result cannot depend on the order of summation. Weights go from -64 to 64, so
that two products of a weight and an activation also fit the 16 bits in which some processors add
them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from offchain.errors import ModelError
from offchain.learning.exact.integer_layer import (
    ACTIVATION_MAXIMUM,
    IntegerLayer,
    check_shapes,
    check_shifts,
)
from offchain.learning.exact.judge_gas import beyond_the_judge
from offchain.learning.formats.digits import CLASSES, IMAGE_SIDE
from offchain.learning.formats.tensor_file import TensorFileError, decode_tensors, encode_tensors
from offchain.protocol.words.parameters import MAXIMUM_MODEL_BYTES

MODEL_FORMAT = "modelchain/integer-network/2"
MODEL_METADATA = {"format": MODEL_FORMAT}
WEIGHT_MAXIMUM = 64
"""Two products of it and 255 sum to at most 32,640, which is a signed number of 16 bits."""

EXACT_BOUND = 1 << 24
"""Below this every whole number is a float32 (24-bit significand, IEEE 754)."""

_REFERENCE_BATCH = 64


@dataclass(frozen=True, slots=True)
class NetworkFamily:
    """The networks that a task accepts.

    One convolution per entry: `kernels` are side lengths, `margins` how many rows and columns of
    zeros surround the layer's input; `strides` and `maximum_channels` go with them. A network has
    1 to the maximum of channels in each, so that pruned networks are smaller ones of the same
    family. `too_large` says why some numbers of channels are too much all the same, None if not.

    Attributes:
        height: of an image, in pixels.
        kernels: of the convolutions.
        strides: in both directions.
        margins: on all four sides.
        maximum_channels: of each convolution's output.
        classes: how many logits there are.
        too_large: of each convolution's channels, beside `maximum_work`.
        width: of an image; None: it is a square.
        inputs: channels of an image.
        maximum_work: multiply-adds that judging one image may take; None: any number.
        maximum_bytes: of a model's file.
        model_format: name of the files' format.
    """

    height: int
    kernels: tuple[int, ...]
    strides: tuple[int, ...]
    margins: tuple[int, ...]
    maximum_channels: tuple[int, ...]
    classes: int
    too_large: Callable[[Sequence[int]], str | None]
    width: int | None = None
    inputs: int = 1
    maximum_work: int | None = None
    maximum_bytes: int = MAXIMUM_MODEL_BYTES
    model_format: str = MODEL_FORMAT

    @property
    def sizes(self) -> tuple[tuple[int, int], ...]:
        """Heights and widths of the images: the input's, then each convolution's output's."""
        sizes = [(self.height, self.width or self.height)]
        for kernel, stride, margin in zip(self.kernels, self.strides, self.margins, strict=True):
            height, width = ((side + 2 * margin - kernel) // stride + 1 for side in sizes[-1])
            sizes.append((height, width))
        return tuple(sizes)

    @property
    def pixels(self) -> int:
        """Pixels of the last convolution's output, all of which the linear layer sees."""
        height, width = self.sizes[-1]
        return height * width

    def reason_against(self, channels: Sequence[int]) -> str | None:
        """Return why networks with these channels are none of the family; None if they are."""
        work = multiply_adds(self, channels)
        if self.maximum_work is not None and work > self.maximum_work:
            return f"judging an image takes {work} multiply-adds, allowed are {self.maximum_work}"
        return self.too_large(channels)

    @property
    def tensor_names(self) -> tuple[str, ...]:
        """Names of the tensors in a model file."""
        layers = [f"convolution{number}" for number in range(1, len(self.kernels) + 1)]
        return tuple(
            f"{layer}.{part}"
            for layer in [*layers, "linear"]
            for part in ("weight", "bias", "shift")
        )


DIGITS_FAMILY = NetworkFamily(
    height=IMAGE_SIDE,
    kernels=(5, 3, 3, 4),
    strides=(2, 2, 2, 4),
    margins=(2, 1, 1, 0),
    maximum_channels=(64, 128, 128, 256),
    classes=CLASSES,
    too_large=beyond_the_judge,
)


@dataclass(frozen=True, slots=True, eq=False)
class IntegerNetwork:
    """A network of `family` whose ranges have been checked: see `check_network`.

    A convolution has weights [out, in, kernel, kernel] and shifts [out]; the linear layer has
    weights [classes, in * height * width] (inputs ordered by channel, then row, then column) and
    one shift [1].
    """

    family: NetworkFamily
    convolutions: tuple[IntegerLayer, ...]
    linear: IntegerLayer

    @property
    def channels(self) -> tuple[int, ...]:
        """Output channels of each convolution."""
        return tuple(len(layer.bias) for layer in self.convolutions)


def encode_model(network: IntegerNetwork) -> bytes:
    """Return the canonical model file of `network`."""
    layers = [*network.convolutions, network.linear]
    tensors: dict[str, NDArray[Any]] = {}
    for layer, start in zip(layers, range(0, 3 * len(layers), 3), strict=True):
        weight, bias, shift = network.family.tensor_names[start : start + 3]
        tensors.update({weight: layer.weight, bias: layer.bias, shift: layer.shift})
    return encode_tensors(tensors, {"format": network.family.model_format})


def parse_model(data: bytes, family: NetworkFamily = DIGITS_FAMILY) -> IntegerNetwork:
    """Return the network of a model file.

    Raises `ModelError` unless the file is canonical, not longer than the family's files are, and
    `check_network` accepts the network in it.
    """
    try:
        tensors = decode_tensors(
            data,
            names=family.tensor_names,
            metadata={"format": family.model_format},
            maximum_bytes=family.maximum_bytes,
        )
    except TensorFileError as error:
        raise ModelError(f"model: {error}") from error
    names = family.tensor_names
    layers = [
        IntegerLayer(tensors[names[at]], tensors[names[at + 1]], tensors[names[at + 2]])
        for at in range(0, len(names), 3)
    ]
    network = IntegerNetwork(family, tuple(layers[:-1]), layers[-1])
    check_network(network)
    return network


def check_network(network: IntegerNetwork) -> None:
    """Raise `ModelError` unless `network` is of its family and exact.

    Checked are element types, shapes, channels within the family's bounds, shifts from 0 to
    `MAXIMUM_SHIFT`, weights from -64 to 64, and the bound of 2^24 on every output channel.
    """
    family = network.family
    inputs = family.inputs
    for number, layer in enumerate(network.convolutions, start=1):
        name = f"convolution{number}"
        kernel = family.kernels[number - 1]
        outputs = len(layer.bias) if layer.bias.ndim == 1 else 0
        if not 1 <= outputs <= family.maximum_channels[number - 1]:
            raise ModelError(
                f"model: {name} has a bias of shape {layer.bias.shape}, allowed are 1 to "
                f"{family.maximum_channels[number - 1]} channels"
            )
        check_shapes(name, layer, (outputs, inputs, kernel, kernel), (outputs,))
        check_ranges(name, layer)
        inputs = outputs
    features = inputs * family.pixels
    check_shapes("linear", network.linear, (family.classes, features), (1,))
    check_ranges("linear", network.linear)
    reason = family.reason_against(network.channels)
    if reason is not None:
        raise ModelError(f"model: {reason}")


def check_ranges(name: str, layer: IntegerLayer) -> None:
    """Raise `ModelError` unless weights, shifts and sums of the layer `name` are in bounds."""
    largest_weight = int(np.abs(layer.weight.astype(np.int64)).max())
    if largest_weight > WEIGHT_MAXIMUM:
        raise ModelError(
            f"model: {name} has a weight of {largest_weight} in absolute value, allowed are up to "
            f"{WEIGHT_MAXIMUM}"
        )
    check_shifts(name, layer)
    largest = int(accumulator_bound(layer).max())
    if largest >= EXACT_BOUND:
        raise ModelError(
            f"model: sums of {name} may reach {largest}, exact are those below {EXACT_BOUND}"
        )


def multiply_adds(family: NetworkFamily, channels: Sequence[int]) -> int:
    """Return the multiply-adds that judging one image takes with so many channels."""
    total, inputs = 0, family.inputs
    for outputs, kernel, (height, width) in zip(
        channels, family.kernels, family.sizes[1:], strict=True
    ):
        total += outputs * inputs * kernel**2 * height * width
        inputs = outputs
    return total + inputs * family.pixels * family.classes


def accumulator_bound(layer: IntegerLayer) -> NDArray[np.int64]:
    """Return what no partial sum of an output channel exceeds in absolute value, int64 [out].

    That is ``255 * sum|weight| + |bias|``.
    """
    bias = np.abs(layer.bias.astype(np.int64))
    bound: NDArray[np.int64] = ACTIVATION_MAXIMUM * weight_sums(layer.weight) + bias
    return bound


def weight_sums(weight: NDArray[np.int8]) -> NDArray[np.int64]:
    """Return the sum of absolute weights of each output channel, int64 [out]."""
    sums: NDArray[np.int64] = np.abs(weight.astype(np.int64)).reshape(len(weight), -1).sum(axis=1)
    return sums


def shift_right(sums: NDArray[np.int64], shift: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return `sums` / 2^`shift` to the nearest whole number, of two equally near the even one.

    That is the default rounding of IEEE 754; all in whole numbers here. `shift` is 0 to 62.
    """
    down = sums >> shift  # towards minus infinity
    twice_the_rest = (sums - (down << shift)) << 1  # 0 .. 2^(shift+1) - 2
    unit = np.int64(1) << shift
    up = (twice_the_rest > unit) | ((twice_the_rest == unit) & ((down & 1) == 1))
    rounded: NDArray[np.int64] = down + up
    return rounded


def reference_logits(network: IntegerNetwork, images: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return the logits int64 [n, classes] of images uint8 [n, height, width, channels].

    Of images of one channel the last axis may be missing. This is the definition of what a model
    computes: whole numbers, no tricks. It is slow.
    """
    family = network.family
    given = images.reshape(len(images), *family.sizes[0], family.inputs)
    activation = given.transpose(0, 3, 1, 2).astype(np.int64)  # [n, channels, height, width]
    for layer, kernel, stride, margin in zip(
        network.convolutions, family.kernels, family.strides, family.margins, strict=True
    ):
        padded = np.pad(activation, ((0, 0), (0, 0), (margin, margin), (margin, margin)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, (kernel, kernel), axis=(2, 3))
        windows = windows[:, :, ::stride, ::stride]  # [n, in, height, width, kernel, kernel]
        sums = np.einsum("nihwab,oiab->nohw", windows, layer.weight.astype(np.int64))
        per_channel = (slice(None), None, None)
        sums += layer.bias[per_channel]
        shift = layer.shift.astype(np.int64)[per_channel]
        activation = np.clip(shift_right(sums, shift), 0, ACTIVATION_MAXIMUM)
    features = activation.reshape(len(images), -1)  # [n, channels * height * width]
    logits: NDArray[np.int64] = (
        features @ network.linear.weight.astype(np.int64).T + network.linear.bias
    )
    return logits


def reference_classes(network: IntegerNetwork, images: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return the predicted class of each image, int64 [n]; of equal logits the lowest class."""
    classes: NDArray[np.int64] = np.argmax(reference_logits(network, images), axis=1)
    return classes


def reference_points(
    network: IntegerNetwork, images: NDArray[np.uint8], labels: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """Return 1 for each image that gets its label, else 0: uint8 [n], right everywhere, slow."""
    points = np.zeros(len(images), np.uint8)
    for start in range(0, len(images), _REFERENCE_BATCH):
        part = slice(start, start + _REFERENCE_BATCH)
        points[part] = reference_classes(network, images[part]) == labels[part]
    return points
