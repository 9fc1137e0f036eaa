"""What integer networks earn, exactly and fast.

`integer_network` says what a model computes and why every sum stays below 2^24, `arithmetic` has
the ways to compute that quickly. An `ExactEvaluator` trusts none of them: before it judges a
network, it computes a known worst case with the same numbers of channels, batch size and threads,
and compares every logit with the reference. What differs, or is missing on a machine, is not used,
and the next way is tried.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import structlog
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from offchain.errors import EvaluationError
from offchain.learning.exact.arithmetic import (
    Arithmetic,
    Float32Convolutions,
    Float32Products,
    Int8Convolutions,
    Int8Products,
)
from offchain.learning.exact.integer_network import (
    DIGITS_FAMILY,
    IntegerNetwork,
    NetworkFamily,
    reference_logits,
)
from offchain.learning.exact.worst_case import worst_case

log = structlog.get_logger()

CPU_BATCH = 500
"""Images at a time: larger batches leave the caches, smaller ones cost calls."""

GPU_BATCH = 8192

CPU_WINDOWS = 1 << 25
GPU_WINDOWS = 1 << 28
"""Numbers that the windows of a layer's batch may have: four bytes each, where they are copied."""

ARITHMETICS: tuple[Arithmetic, ...] = (
    Int8Convolutions(),
    Float32Convolutions(),
    Float32Products(),
    Int8Products(),
)
"""In the order in which they are tried: the fastest first."""


class ExactEvaluator:
    """Computes what integer networks say, on one device.

    The first of `arithmetics` that the device has and that gets the worst case right is used.
    Raises `EvaluationError` when there is none.
    """

    def __init__(
        self,
        device: torch.device | str = "cpu",
        arithmetics: Sequence[Arithmetic] = ARITHMETICS,
    ) -> None:
        self._device = torch.device(device)
        self._arithmetics = [one for one in arithmetics if one.usable(self._device)]
        self._batch = CPU_BATCH if self._device.type == "cpu" else GPU_BATCH
        self._exact: dict[tuple[object, ...], Arithmetic] = {}
        self._given_up: set[str] = set()
        self._short_of_memory = False
        self.logits(*worst_case())

    def points(
        self,
        network: IntegerNetwork,
        images: NDArray[np.uint8],
        labels: NDArray[np.uint8],
        batch: int | None = None,
    ) -> NDArray[np.uint8]:
        """Return 1 for each of `images` that gets its label, else 0: uint8 [n].

        Images are uint8 [n, height, width, channels]; of one channel the last axis may be missing.
        Of equal logits the lowest class counts. The result does not depend on `batch`, the images
        computed at a time.
        """
        truth = torch.tensor(labels.astype(np.int64)).to(self._device)
        with torch.inference_mode():
            found = lowest_largest(self._logits(network, images, batch))
            points: NDArray[np.uint8] = (found == truth).to("cpu", torch.uint8).numpy()
        return points

    def score(
        self, network: IntegerNetwork, images: NDArray[np.uint8], labels: NDArray[np.uint8]
    ) -> int:
        """Return how many of `images` get their label: the sum of their `points`."""
        return int(self.points(network, images, labels).sum(dtype=np.int64))

    def classes(
        self, network: IntegerNetwork, images: NDArray[np.uint8], batch: int | None = None
    ) -> NDArray[np.int64]:
        """Return the predicted class of each image, int64 [n]."""
        with torch.inference_mode():
            found = lowest_largest(self._logits(network, images, batch))
        classes: NDArray[np.int64] = found.cpu().numpy()
        return classes

    def logits(
        self, network: IntegerNetwork, images: NDArray[np.uint8], batch: int | None = None
    ) -> NDArray[np.int64]:
        """Return the logits int64 [n, classes] of images, as `points` takes them."""
        found = self._logits(network, images, batch)
        logits: NDArray[np.int64] = found.to("cpu", torch.int64).numpy()
        return logits

    def arithmetic(
        self,
        channels: Sequence[int],
        batch: int | None = None,
        family: NetworkFamily = DIGITS_FAMILY,
    ) -> Arithmetic:
        """Return what computes networks with `channels` exactly, `batch` images at a time.

        The worst case is computed the first time. Raises `EvaluationError` if nothing is exact.
        """
        batch = batch or self._fitting(family, channels)
        # All that may make a library take another piece of code.
        key = (family, tuple(channels), batch, torch.get_num_threads())
        if key not in self._exact:
            self._exact[key] = self._find_exact(family, channels, batch)
        return self._exact[key]

    def _find_exact(self, family: NetworkFamily, channels: Sequence[int], batch: int) -> Arithmetic:
        network, images = worst_case(channels, family)
        repeats = -(-batch // len(images))
        repeated = np.concatenate([images] * repeats)[:batch]
        expected = np.concatenate([reference_logits(network, images)] * repeats)[:batch]
        for arithmetic in self._arithmetics:
            try:
                found = self._compute(arithmetic, network, repeated, batch)
                reason = "its sums are not exact"
                if np.array_equal(found.to("cpu", torch.int64).numpy(), expected):
                    return arithmetic
            except torch.OutOfMemoryError:
                raise
            except RuntimeError as error:  # also NotImplementedError: no such code for the device
                reason = str(error)
            if arithmetic.name not in self._given_up:
                self._given_up.add(arithmetic.name)
                log.warning(
                    "models are judged another way",
                    cannot=arithmetic.name,
                    device=str(self._device),
                    reason=reason,
                )
        raise EvaluationError(
            f"nothing on {self._device} computes exactly: switch off reduced precision "
            "(DNNL_DEFAULT_FPMATH_MODE, NVIDIA_TF32_OVERRIDE) or judge models on the CPU"
        )

    def _logits(
        self, network: IntegerNetwork, images: NDArray[np.uint8], batch: int | None
    ) -> Tensor:
        """Return logits float32 [n, classes] on the device, with less at a time if need be."""
        size = batch or self._fitting(network.family, network.channels)
        while True:
            try:
                arithmetic = self.arithmetic(network.channels, size, network.family)
                return self._compute(arithmetic, network, images, size)
            except torch.OutOfMemoryError as error:
                if size == 1:
                    raise EvaluationError(
                        f"{self._device} has no memory to judge a single image in"
                    ) from error
            # Outside the handler: the error's traceback keeps what was allocated.
            size = self._smaller(size)

    def _fitting(self, family: NetworkFamily, channels: Sequence[int]) -> int:
        """Return how many images to compute at a time: fewer where a layer's windows are large."""
        most = CPU_WINDOWS if self._device.type == "cpu" else GPU_WINDOWS
        return max(1, min(self._batch, most // largest_windows(family, channels)))

    def _smaller(self, batch: int) -> int:
        """Return the batch to go on with, now and later, after `batch` was too large."""
        if not self._short_of_memory:
            self._short_of_memory = True
            log.warning(
                "out of memory: models are judged in smaller batches",
                device=str(self._device),
                batch=batch,
            )
        if self._device.type == "cuda":
            torch.cuda.empty_cache()
        smaller = batch // 2
        self._batch = min(self._batch, smaller)
        return smaller

    def _compute(
        self,
        arithmetic: Arithmetic,
        network: IntegerNetwork,
        images: NDArray[np.uint8],
        batch: int,
    ) -> Tensor:
        family = network.family
        with exact_arithmetic(self._device), torch.inference_mode():
            logits = arithmetic.prepare(network, self._device)
            found = torch.empty((len(images), family.classes), device=self._device)
            for start in range(0, len(images), batch):
                part = torch.tensor(images[start : start + batch]).to(self._device)
                count = len(part)
                part = part.view(count, *family.sizes[0], family.inputs)
                # Always as many as the worst case had: that size was found to be exact.
                filled = functional.pad(part, (0, 0, 0, 0, 0, 0, 0, batch - count))
                found[start : start + count] = logits(filled)[:count]
        return found


def largest_windows(family: NetworkFamily, channels: Sequence[int]) -> int:
    """Return the most numbers that the windows of one image have in any layer."""
    inputs = [family.inputs, *channels]
    return max(
        kernel**2 * count * height * width
        for kernel, count, (height, width) in zip(
            family.kernels, inputs, family.sizes[1:], strict=False
        )
    )


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
    # Not `set_float32_matmul_precision`: it does not reach convolutions, and asking for it fails
    # in a process that has set these.
    backends = (
        torch.backends.cuda.matmul,
        torch.backends.mkldnn.matmul,  # type: ignore[attr-defined]
        torch.backends.mkldnn.conv,  # type: ignore[attr-defined]
    )
    before = [backend.fp32_precision for backend in backends]
    try:
        for backend in backends:
            backend.fp32_precision = "ieee"
        with torch.autocast(device.type, enabled=False):
            yield
    finally:
        for backend, precision in zip(backends, before, strict=True):
            backend.fp32_precision = precision
