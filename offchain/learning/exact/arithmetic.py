"""The ways to compute what integer networks say. `evaluation` chooses one that is exact.

Each takes a network and gives a function from images to logits. All of them stay inside the
argument of `integer_network`: whole numbers below 2^24, multiplied and added, in float32 or in
integers, in whatever order. A right shift is a multiplication by a power of two and a rounding to
nearest even, which is what processors do by default. Winograd and Fourier convolutions, which
compute with fractions on the way, must not be used: float32 convolutions only run on a CPU, and
have strides unless oneDNN computes them.
"""

from __future__ import annotations

import platform
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from offchain.learning.exact.integer_layer import ACTIVATION_MAXIMUM
from offchain.learning.exact.integer_network import (
    IntegerNetwork,
    NetworkFamily,
)

Logits = Callable[[Tensor], Tensor]
"""From images uint8 [n, height, width, channels] to logits float32 [n, classes], on a device."""

SIGN_OFFSET = 128
"""What turns an activation of 8 bits without sign into one with: 0 .. 255 into -128 .. 127."""

MINIMUM_ROWS = 32
"""cuBLAS multiplies matrices of bytes with more than 16 rows only."""


class Arithmetic(ABC):
    """One way to compute the logits of integer networks."""

    name: str
    """For logs and reports."""

    @abstractmethod
    def usable(self, device: torch.device) -> bool:
        """Return whether PyTorch has it for `device` and it is any use there."""

    @abstractmethod
    def prepare(self, network: IntegerNetwork, device: torch.device) -> Logits:
        """Return the function that computes the logits of `network` on `device`."""


class Int8Convolutions(Arithmetic):
    """Convolutions of oneDNN on bytes: sums of 32 bits, scaled, rounded and clamped in one pass.

    With AVX2, pairs of products are added in 16 bits that saturate; the family's bound on weights
    keeps them below.
    """

    name = "int8 convolutions"

    def usable(self, device: torch.device) -> bool:
        """Return whether this is an x86 processor whose vectors oneDNN has int8 code for."""
        return (
            device.type == "cpu"
            and _is_x86()
            and torch.backends.cpu.get_cpu_capability() in ("AVX2", "AVX512")
            and hasattr(torch.ops.onednn, "qconv_pointwise")
        )

    def prepare(self, network: IntegerNetwork, device: torch.device) -> Logits:
        """See `Arithmetic`."""
        layers = [self._layer(layer) for layer in convolutions_of(network)]
        last = _Linear(network, device)

        def logits(images: Tensor) -> Tensor:
            activation = squares(images, network.family)
            for layer in layers:
                activation = layer(activation)
            return last(activation.flatten(1).float())

        return logits

    @staticmethod
    def _layer(layer: Convolution) -> Logits:
        # oneDNN multiplies each sum by its scale, rounds to nearest even (the processor's default)
        # and saturates to 0 .. 255. The bias is given in units of the output.
        scale = _tensor(layer.unit)
        zeros = torch.zeros(len(layer.bias), dtype=torch.int32)
        strides, margins, dilation = [layer.stride] * 2, [layer.margin] * 2, [1, 1]
        weight = torch.ops.onednn.qconv_prepack(
            torch.tensor(layer.weight), scale, 1.0, 0, strides, margins, dilation, 1, None
        )
        bias = _tensor(layer.bias * layer.unit)

        def convolve(activation: Tensor) -> Tensor:
            outputs: Tensor = torch.ops.onednn.qconv_pointwise(
                activation, 1.0, 0, weight, scale, zeros, bias, strides, margins, dilation, 1,
                1.0, 0, torch.uint8, "none", [], "",
            )  # fmt: skip
            return outputs

        return convolve


class Float32Convolutions(Arithmetic):
    """Convolutions of float32 on a CPU, with the scale folded into weights and biases."""

    name = "float32 convolutions"

    def usable(self, device: torch.device) -> bool:
        """Return whether `device` is the CPU: elsewhere libraries choose Winograd by themselves."""
        return device.type == "cpu"

    def prepare(self, network: IntegerNetwork, device: torch.device) -> Logits:
        """See `Arithmetic`."""
        # oneDNN takes Winograd convolutions only when asked to; other libraries may take them for
        # the stride of 1 that rearranging leaves.
        direct = _is_x86() and torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
        layers = []
        for layer in convolutions_of(network, first_as_squares=direct):
            if layer.stride == 1 and not direct:
                raise NotImplementedError("convolutions without strides need oneDNN")
            weight = _tensor(layer.weight * layer.unit[:, None, None, None])
            layers.append(
                (
                    weight.contiguous(memory_format=torch.channels_last),
                    _tensor(layer.bias * layer.unit),
                    layer.stride,
                    layer.margin,
                )
            )
        last = _Linear(network, device)

        def logits(images: Tensor) -> Tensor:
            seen = squares(images, network.family) if direct else by_plane(images)
            activation = seen.float()
            for weight, bias, stride, margin in layers:
                activation = functional.conv2d(activation, weight, bias, stride, margin)
                activation.round_().clamp_(0.0, float(ACTIVATION_MAXIMUM))
            return last(activation.flatten(1))

        return logits


class Float32Products(Arithmetic):
    """Matrix products of float32 with copied windows: a convolution that nobody can transform."""

    name = "float32 matrix products"

    def usable(self, device: torch.device) -> bool:
        """Return whether `device` computes at all: every real one multiplies matrices."""
        return device.type != "meta"

    def prepare(self, network: IntegerNetwork, device: torch.device) -> Logits:
        """See `Arithmetic`."""
        layers = []
        for layer in convolutions_of(network, first_as_squares=False):
            by_window = window_weights(layer.weight) * layer.unit  # [kernel^2 * in, out]
            layers.append(
                (
                    layer,
                    _tensor(by_window).to(device),
                    _tensor(layer.bias * layer.unit).to(device),
                )
            )
        last = _Linear(network, device)

        def logits(images: Tensor) -> Tensor:
            activation = images.float()  # [n, height, width, in]
            for layer, weight, bias in layers:
                copied, shape = windows(activation, layer)
                sums = torch.addmm(bias, copied, weight)
                activation = sums.round_().clamp_(0.0, float(ACTIVATION_MAXIMUM)).view(shape)
            return last(by_channel(activation))

        return logits


class Int8Products(Arithmetic):
    """Matrix products of signed bytes with sums of 32 bits, as a GPU's tensor cores compute them.

    Activations are moved by 128 to have a sign, and the sums are moved back. Rows and columns are
    filled up to multiples of 8, which the libraries ask for.
    """

    name = "int8 matrix products"

    def usable(self, device: torch.device) -> bool:
        """Return whether PyTorch has integer products for `device`."""
        return device.type in ("cpu", "cuda") and hasattr(torch, "_int_mm")

    def prepare(self, network: IntegerNetwork, device: torch.device) -> Logits:
        """See `Arithmetic`."""
        layers = []
        for layer in convolutions_of(network, first_as_squares=False):
            by_window = window_weights(layer.weight)
            rows, columns = by_window.shape
            weight = np.zeros((-(-rows // 8) * 8, -(-columns // 8) * 8), np.int8)
            weight[:rows, :columns] = by_window
            moved_back = layer.bias + SIGN_OFFSET * weight_sum_of_signs(layer.weight)
            layers.append(
                (
                    layer,
                    torch.tensor(weight).to(device),
                    torch.tensor(moved_back.astype(np.int32)).to(device),
                    _tensor(layer.unit).to(device),
                )
            )
        last = _Linear(network, device)

        def logits(images: Tensor) -> Tensor:
            activation = images  # uint8 [n, height, width, in]
            for layer, weight, moved_back, unit in layers:
                copied, shape = windows(activation, layer)
                count, inputs = copied.shape
                filling = (0, len(weight) - inputs, 0, max(0, MINIMUM_ROWS - count))
                signed = (functional.pad(copied, filling) ^ SIGN_OFFSET).view(torch.int8)
                sums = torch._int_mm(signed, weight)[:count, : len(unit)] + moved_back
                outputs = (sums.float() * unit).round_().clamp_(0.0, float(ACTIVATION_MAXIMUM))
                activation = outputs.to(torch.uint8).view(shape)
            return last(by_channel(activation).float())

        return logits


@dataclass(frozen=True, slots=True, eq=False)
class Convolution:
    """A layer as it is computed: `weight` int8 [out, in, kernel, kernel], and `unit` 2^-shift."""

    weight: NDArray[np.int8]
    bias: NDArray[np.float64]
    unit: NDArray[np.float64]
    stride: int
    margin: int


def convolutions_of(
    network: IntegerNetwork, first_as_squares: bool = True
) -> Iterator[Convolution]:
    """Yield the convolutions; with `first_as_squares` the first is made for `squares`."""
    family = network.family
    for number, layer in enumerate(network.convolutions):
        stride, margin = family.strides[number], family.margins[number]
        weight = layer.weight
        if number == 0 and first_as_squares and has_squares(family):
            weight, stride, margin = as_squares(weight), 1, (margin + 1) // 2
        yield Convolution(
            weight,
            layer.bias.astype(np.float64),
            np.exp2(-layer.shift.astype(np.float64)),
            stride,
            margin,
        )


def has_squares(family: NetworkFamily) -> bool:
    """Return whether `as_squares` can rearrange the first layer of `family`."""
    kernel, margin = family.kernels[0], family.margins[0]
    height, width = family.sizes[0]
    return (
        family.inputs == 1
        and height % 2 == 0
        and width % 2 == 0
        and family.strides[0] == 2
        and margin % 2 == 0
        and (kernel - 1 - margin) // 2 == margin // 2
    )


def squares(images: Tensor, family: NetworkFamily) -> Tensor:
    """Return images uint8 [n, height, width, 1] as [n, 4, height / 2, width / 2], channels last.

    Each square of 2 x 2 pixels becomes one pixel of 4 channels: processors compute on many channels
    at once, and one channel leaves most of their lanes empty. Families without such a rearrangement
    get [n, channels, height, width].
    """
    if not has_squares(family):
        return by_plane(images)
    count = len(images)
    rows, columns = (side // 2 for side in family.sizes[0])
    pairs = images.view(count, 2 * rows, 2 * columns).view(torch.int16)  # two pixels of a row each
    moved = pairs.view(count, rows, 2, columns).transpose(2, 3).contiguous().view(torch.uint8)
    return moved.view(count, rows, columns, 4).permute(0, 3, 1, 2)


def by_plane(images: Tensor) -> Tensor:
    """Return [n, height, width, channels] as [n, channels, height, width], channels last."""
    return images.permute(0, 3, 1, 2)


def as_squares(weight: NDArray[np.int8]) -> NDArray[np.int8]:
    """Return first-layer weights [out, 1, k, k] of stride 2 as [out, 4, s, s] of stride 1.

    s is half of k, rounded up: the kernel in squares, with zeros where k is odd.
    """
    outputs, _, kernel, _ = weight.shape
    side = -(-kernel // 2)
    filled = np.zeros((outputs, 2 * side, 2 * side), np.int8)
    filled[:, :kernel, :kernel] = weight[:, 0]
    by_square = filled.reshape(outputs, side, 2, side, 2).transpose(0, 2, 4, 1, 3)
    return np.ascontiguousarray(by_square.reshape(outputs, 4, side, side))


def window_weights(weight: NDArray[np.int8]) -> NDArray[np.int8]:
    """Return [out, in, kernel, kernel] as the matrix [kernel * kernel * in, out] for `windows`."""
    matrix: NDArray[np.int8] = weight.transpose(2, 3, 1, 0).reshape(-1, len(weight))
    return matrix


def weight_sum_of_signs(weight: NDArray[np.int8]) -> NDArray[np.int64]:
    """Return the sum of the weights, with their signs, of each output channel, int64 [out]."""
    sums: NDArray[np.int64] = weight.astype(np.int64).reshape(len(weight), -1).sum(axis=1)
    return sums


def windows(activation: Tensor, layer: Convolution) -> tuple[Tensor, tuple[int, int, int, int]]:
    """Return the windows of [n, height, width, in] that `layer` sees, and its output's shape.

    The windows are the rows of a matrix [n * rows * columns, kernel * kernel * in], the shape is
    (n, rows, columns, out).
    """
    outputs, _, kernel, _ = layer.weight.shape
    if layer.margin:
        activation = functional.pad(activation, (0, 0, *[layer.margin] * 4))
    seen = activation.unfold(1, kernel, layer.stride).unfold(2, kernel, layer.stride)
    count, rows, columns = seen.shape[:3]  # [n, rows, columns, in, kernel, kernel]
    copied = seen.permute(0, 1, 2, 4, 5, 3).reshape(count * rows * columns, -1)
    return copied, (count, rows, columns, outputs)


def by_channel(activation: Tensor) -> Tensor:
    """Return [n, rows, columns, channels] as features [n, channels * rows * columns]."""
    return activation.permute(0, 3, 1, 2).flatten(1)


class _Linear:
    """The last layer, in float32 everywhere: it is small, and its sums are the result."""

    def __init__(self, network: IntegerNetwork, device: torch.device) -> None:
        self._weight = _tensor(network.linear.weight.T).contiguous().to(device)
        self._bias = _tensor(network.linear.bias).to(device)

    def __call__(self, features: Tensor) -> Tensor:
        return torch.addmm(self._bias, features, self._weight)


def _is_x86() -> bool:
    return platform.machine().lower() in ("x86_64", "amd64")


def _tensor(values: NDArray[Any]) -> Tensor:
    return torch.from_numpy(values.astype(np.float32))
