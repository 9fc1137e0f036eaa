"""A network as a PyTorch program (`torch.export`), for a CPU.

Convolutions are of float32, whose sums of whole numbers below 2^24 are exact on a CPU, as
`offchain.learning.exact.arithmetic` says; a GPU may take algorithms that compute with fractions.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from offchain.learning.exact.integer_layer import ACTIVATION_MAXIMUM
from offchain.learning.exact.layer_chain import ConvolutionStep, LayerChain

METADATA = "modelchain.json"
"""Name of the texts within the file."""

_TRACED_SAMPLES = 2
"""A program that was traced with one sample would take one for ever."""


class ChainModule(nn.Module):
    """From bytes uint8 [n, ...] to the results int64 [n, outputs] of a chain of layers."""

    def __init__(self, chain: LayerChain) -> None:
        super().__init__()
        self._steps: list[tuple[int, int] | None] = []
        for number, step in enumerate(chain.steps):
            unit = np.ones(1) if step.shift is None else np.exp2(-step.shift.astype(np.float64))
            by_output = unit.reshape(-1, *[1] * (step.weight.ndim - 1))
            self.register_buffer(f"weight{number}", _tensor(step.weight * by_output))
            self.register_buffer(f"bias{number}", _tensor(step.bias * unit))
            self._steps.append(
                (step.stride, step.margin) if isinstance(step, ConvolutionStep) else None
            )
        self._is_image = len(chain.input_shape) == 3

    def forward(self, samples: Tensor) -> Tensor:
        """Return the results."""
        activation = samples.float()
        if self._is_image:
            activation = activation.permute(0, 3, 1, 2)
        for number, convolution in enumerate(self._steps):
            weight, bias = getattr(self, f"weight{number}"), getattr(self, f"bias{number}")
            if convolution is None:
                activation = functional.linear(activation.flatten(1), weight, bias)
            else:
                stride, margin = convolution
                activation = functional.conv2d(activation, weight, bias, stride, margin)
            if number + 1 < len(self._steps):
                activation = activation.round().clamp(0.0, float(ACTIVATION_MAXIMUM))
        return activation.to(torch.int64)


def torch_file(chain: LayerChain, metadata: Mapping[str, str]) -> bytes:
    """Return the file of a network as `torch.export.load` reads it, with texts by name in it."""
    samples = torch.zeros((_TRACED_SAMPLES, *chain.input_shape), dtype=torch.uint8)
    batch = torch.export.Dim("n", min=1)
    program = torch.export.export(
        ChainModule(chain).eval(), (samples,), dynamic_shapes=({0: batch},)
    )
    file = io.BytesIO()
    torch.export.save(program, file, extra_files={METADATA: json.dumps(dict(metadata))})
    return file.getvalue()


def _tensor(values: NDArray[np.float64]) -> Tensor:
    return torch.from_numpy(values.astype(np.float32))
