"""Exact scores of integer networks, fast: float32 arithmetic on whole numbers.

`integer_network` says what a model computes and why every sum stays below 2^24. Within that bound
float32 products, sums, multiplications by powers of two and `round` are exact, in whatever order
the machine adds. What must not happen is arithmetic that is not plainly multiply and add in
float32: TF32 and bfloat16 (too few bits), Winograd and Fourier convolutions (fractions on the
way). So reduced precisions are switched off, only strided convolutions run as convolutions and
only on a CPU, elsewhere they are matrix products, and an `ExactEvaluator` begins by computing a
known worst case and comparing it with the reference.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from offchain.errors import EvaluationError
from offchain.learning.integer_network import (
    ACTIVATION_MAXIMUM,
    DIGITS_FAMILY,
    EXACT_BOUND,
    IntegerLayer,
    IntegerNetwork,
    check_network,
    reference_logits,
    weight_sums,
)

BATCH = 250
"""Images at a time: larger batches leave the caches and are slower."""


@dataclass(frozen=True, slots=True, eq=False)
class _DeviceLayer:
    weight: Tensor
    """Convolution: [out, in, kernel, kernel], for matrix products [kernel * kernel * in, out]."""
    bias: Tensor
    unit: Tensor
    """2^-shift, [out]."""
    kernel: int
    stride: int
    margin: int


class ExactEvaluator:
    """Computes what integer networks say, on one device.

    `as_matrix_products` computes convolutions as matrix products of copied windows; by default
    that is done everywhere but on the CPU. Raises `EvaluationError` when a known worst case does
    not come out right.
    """

    def __init__(
        self, device: torch.device | str = "cpu", as_matrix_products: bool | None = None
    ) -> None:
        self._device = torch.device(device)
        if as_matrix_products is None:
            as_matrix_products = self._device.type != "cpu"
        self._as_matrix_products = as_matrix_products
        network, images = worst_case()
        computed = self.logits(network, images)
        if not np.array_equal(computed, reference_logits(network, images)):
            raise EvaluationError(
                f"float32 arithmetic on {self._device} is not exact: switch off reduced precision "
                "(DNNL_DEFAULT_FPMATH_MODE, NVIDIA_TF32_OVERRIDE) or judge models on the CPU"
            )

    def score(
        self,
        network: IntegerNetwork,
        images: NDArray[np.uint8],
        labels: NDArray[np.uint8],
        batch: int = BATCH,
    ) -> int:
        """Return how many of `images` uint8 [n, side, side] get their label, 0 to n.

        Of equal logits the lowest class counts. The result does not depend on `batch`.
        """
        correct = 0
        for logits, start in self._batches(network, images, batch):
            truth = torch.from_numpy(labels[start : start + batch].astype(np.int64))
            correct += int((lowest_largest(logits) == truth.to(self._device)).sum())
        return correct

    def classes(
        self, network: IntegerNetwork, images: NDArray[np.uint8], batch: int = BATCH
    ) -> NDArray[np.int64]:
        """Return the predicted class of each image, int64 [n]."""
        parts = [lowest_largest(logits) for logits, _ in self._batches(network, images, batch)]
        found: NDArray[np.int64] = (
            torch.cat(parts).cpu().numpy() if parts else np.zeros(0, np.int64)
        )
        return found

    def logits(
        self, network: IntegerNetwork, images: NDArray[np.uint8], batch: int = BATCH
    ) -> NDArray[np.int64]:
        """Return the logits int64 [n, classes] of images uint8 [n, side, side]."""
        parts = [logits for logits, _ in self._batches(network, images, batch)]
        if not parts:
            return np.zeros((0, network.family.classes), np.int64)
        found: NDArray[np.int64] = torch.cat(parts).to("cpu", torch.int64).numpy()
        return found

    def _batches(
        self, network: IntegerNetwork, images: NDArray[np.uint8], batch: int
    ) -> Iterator[tuple[Tensor, int]]:
        """Yield float32 logits [batch, classes], and where the batch starts."""
        layers = [
            self._prepare(layer, kernel, stride, margin)
            for layer, kernel, stride, margin in zip(
                network.convolutions,
                network.family.kernels,
                network.family.strides,
                network.family.margins,
                strict=True,
            )
        ]
        linear = self._to_device(network.linear.weight).T.contiguous()
        bias = self._to_device(network.linear.bias)
        with exact_arithmetic(self._device), torch.inference_mode():
            for start in range(0, len(images), batch):
                part = np.ascontiguousarray(images[start : start + batch])
                activation = torch.tensor(part).to(self._device).float().unsqueeze(1)
                for layer in layers:
                    sums = self._convolve(activation, layer)  # [n, out, side, side]
                    scaled = sums.mul_(layer.unit.view(-1, 1, 1)).round_()
                    activation = scaled.clamp_(0.0, float(ACTIVATION_MAXIMUM))
                yield torch.addmm(bias, activation.flatten(1), linear), start

    def _prepare(self, layer: IntegerLayer, kernel: int, stride: int, margin: int) -> _DeviceLayer:
        weight = self._to_device(layer.weight)
        if self._as_matrix_products:
            weight = weight.permute(2, 3, 1, 0).reshape(-1, len(layer.bias)).contiguous()
        else:
            weight = weight.contiguous(memory_format=torch.channels_last)
        return _DeviceLayer(
            weight,
            self._to_device(layer.bias),
            self._to_device(np.exp2(-layer.shift.astype(np.float64))),
            kernel,
            stride,
            margin,
        )

    def _to_device(self, values: NDArray[Any]) -> Tensor:
        return torch.from_numpy(values.astype(np.float32)).to(self._device)

    def _convolve(self, activation: Tensor, layer: _DeviceLayer) -> Tensor:
        if not self._as_matrix_products:
            activation = activation.contiguous(memory_format=torch.channels_last)
            return functional.conv2d(
                activation, layer.weight, layer.bias, layer.stride, layer.margin
            )
        padded = functional.pad(activation.permute(0, 2, 3, 1), (0, 0, *[layer.margin] * 4))
        windows = padded.unfold(1, layer.kernel, layer.stride).unfold(2, layer.kernel, layer.stride)
        count, rows, columns = windows.shape[:3]  # [n, rows, columns, in, kernel, kernel]
        copied = windows.permute(0, 1, 2, 4, 5, 3).reshape(count * rows * columns, -1)
        sums = torch.addmm(layer.bias, copied, layer.weight)
        return sums.view(count, rows, columns, -1).permute(0, 3, 1, 2)


def lowest_largest(logits: Tensor) -> Tensor:
    """Return for each row of [n, classes] the lowest index of its largest value, int64 [n].

    `torch.argmax` promises no particular index among equal values.
    """
    classes = torch.arange(logits.shape[1], device=logits.device)
    largest = logits == logits.amax(dim=1, keepdim=True)
    return torch.where(largest, classes, logits.shape[1]).amin(dim=1)


@contextmanager
def exact_arithmetic(device: torch.device) -> Iterator[None]:
    """Switch off arithmetic of reduced precision, and put the settings back afterwards."""
    precision = torch.get_float32_matmul_precision()
    try:
        torch.set_float32_matmul_precision("highest")
        with torch.autocast(device.type, enabled=False):
            yield
    finally:
        torch.set_float32_matmul_precision(precision)


def worst_case() -> tuple[IntegerNetwork, NDArray[np.uint8]]:
    """Return a network and images whose sums use all 24 bits that the rules allow.

    Arithmetic with fewer bits cannot get the logits right.
    """
    family = DIGITS_FAMILY
    random = np.random.Generator(np.random.PCG64(2**24))
    inputs, layers = 1, []
    for outputs, kernel in zip((16, 24, 24, 32), family.kernels, strict=True):
        weight = _weights((outputs, inputs, kernel, kernel), random)
        reach = ACTIVATION_MAXIMUM * weight_sums(weight)
        # Shifts under which the outputs fill 0 .. 255 and often go beyond, and biases that move
        # them about.
        shift = (np.ceil(np.log2(reach / ACTIVATION_MAXIMUM)) - 2).astype(np.uint8)
        bias = random.integers(-reach // 2, reach // 2).astype(np.int32)
        layers.append(IntegerLayer(weight, bias, shift))
        inputs = outputs
    weight = _weights((family.classes, inputs * family.sides[-1] ** 2), random)
    room = EXACT_BOUND - 1 - ACTIVATION_MAXIMUM * weight_sums(weight)
    bias = (room * random.choice(np.array([-1, 1]), family.classes)).astype(np.int32)
    network = IntegerNetwork(
        family, tuple(layers), IntegerLayer(weight, bias, np.zeros(1, np.uint8))
    )
    check_network(network)
    images = random.integers(0, 2, (16, family.input_side, family.input_side), np.uint8)
    images[:8] *= ACTIVATION_MAXIMUM  # black and white
    images[8:] *= random.integers(0, 256, images[8:].shape, np.uint8)  # grey
    return network, images


def _weights(shape: tuple[int, ...], random: np.random.Generator) -> NDArray[np.int8]:
    """Large odd weights; in every second output channel all of one sign, so that sums grow."""
    weight = 2 * random.integers(16, 32, shape) + 1
    weight[1::2] *= random.choice(np.array([-1, 1]), weight[1::2].shape)
    return weight.astype(np.int8)
