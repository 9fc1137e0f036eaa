"""Batch normalisation and the clamp behind it, computed together where that is faster."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional


def normalise_and_clamp(normalisation: nn.BatchNorm2d, sums: Tensor) -> Tensor:
    """Return `sums` [n, channels, height, width] normalised and clamped to 0 .. 1.

    A single value per channel, as one image gives in the hidden layer, has no variance: it is
    normalised with the running statistics also in training.
    """
    if not normalisation.training:
        return functional.hardtanh(normalisation(sums), 0.0, 1.0)
    if sums[:, 0].numel() == 1:
        mean = cast(Tensor, normalisation.running_mean)
        variance = cast(Tensor, normalisation.running_var)
        gain = normalisation.weight / torch.sqrt(variance + normalisation.eps)
        offset = normalisation.bias - mean * gain
        return functional.hardtanh(sums * gain[:, None, None] + offset[:, None, None], 0.0, 1.0)
    if sums.device.type == "cpu" and not torch.compiler.is_compiling():
        clamped: Tensor = _NormaliseAndClamp.apply(  # type: ignore[no-untyped-call]
            sums,
            normalisation.weight,
            normalisation.bias,
            normalisation.running_mean,
            normalisation.running_var,
            normalisation.momentum,
            normalisation.eps,
        )
        return clamped
    return functional.hardtanh(normalisation(sums), 0.0, 1.0)


class _NormaliseAndClamp(torch.autograd.Function):
    """The clamp's gradient needs no more than its output, so that it can work in place.

    PyTorch's own would first copy what it overwrites; on a CPU these layers cost what they move.
    """

    @staticmethod
    def forward(
        context: Any,
        sums: Tensor,
        weight: Tensor,
        bias: Tensor,
        running_mean: Tensor,
        running_variance: Tensor,
        momentum: float,
        epsilon: float,
    ) -> Tensor:
        output, mean, deviation = torch.native_batch_norm(
            sums, weight, bias, running_mean, running_variance, True, momentum, epsilon
        )
        output.clamp_(0.0, 1.0)
        context.save_for_backward(sums, weight, output, mean, deviation)
        context.epsilon = epsilon
        return output

    @staticmethod
    def backward(context: Any, *gradients: Any) -> tuple[Tensor | None, ...]:
        sums, weight, output, mean, deviation = context.saved_tensors
        # Zero where the output lies on a bound, as the clamp's own gradient is.
        inner = torch.ops.aten.hardtanh_backward(gradients[0], output, 0.0, 1.0)
        computed = torch.ops.aten.native_batch_norm_backward(
            inner, sums, weight, None, None, mean, deviation, True, context.epsilon, [True] * 3
        )
        return (*computed, None, None, None, None)
