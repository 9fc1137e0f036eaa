"""A network as a PyTorch program (`torch.export`), for a CPU, from a sample to its logits.

Its inputs are those of the ONNX graph (`onnx_graph`), its output is int64: logits [n, labels], or
numbers [n]. Products and sums are of float32, exact below 2^24 on a CPU, as
`offchain.learning.exact.arithmetic` says; a GPU may take algorithms that compute with fractions.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from offchain.learning.exact.integer_layer import ACTIVATION_MAXIMUM
from offchain.learning.exact.layer_chain import (
    ConvolutionStep,
    ImageInput,
    LayerChain,
    TableInput,
    TextInput,
)
from offchain.learning.exact.text_network import FNV_OFFSET, FNV_PRIME, MEAN_UNIT, NGRAMS

METADATA: Final = "modelchain.json"
"""Name of the texts within the file."""

_TRACED: Final = 2
"""Samples that a program is traced with: with one it would take one for ever."""

_TRACED_BYTES: Final = 8


class ImageEncoder(nn.Module):
    """From images uint8 [n, height, width, channels] to float32, channels first."""

    def forward(self, images: Tensor) -> Tensor:
        """Return the network's input."""
        return images.permute(0, 3, 1, 2).float()


class TableEncoder(nn.Module):
    """From rows int32 [n, columns] to the float32 inputs of `table_network`."""

    def __init__(self, samples: TableInput) -> None:
        super().__init__()
        self._is_number = [not isinstance(bins, int) for bins in samples.bins]
        for place, bins in enumerate(samples.bins):
            ends = np.arange(bins) if isinstance(bins, int) else bins
            self.register_buffer(f"bins{place}", torch.tensor(ends.astype(np.int64)))

    def forward(self, rows: Tensor) -> Tensor:
        """Return the network's input."""
        columns = []
        for place, is_number in enumerate(self._is_number):
            values, bins = rows[:, place : place + 1].long(), getattr(self, f"bins{place}")
            if is_number:
                width = (bins[1:] - bins[:-1]).clamp(min=1)
                scaled = ACTIVATION_MAXIMUM * (values - bins[:-1])
                filled = torch.div(scaled, width, rounding_mode="floor")
                columns.append(filled.clamp(0, ACTIVATION_MAXIMUM))
            else:
                columns.append(ACTIVATION_MAXIMUM * (values == bins).long())
        return torch.cat(columns, dim=1).float()


class TextEncoder(nn.Module):
    """From texts uint8 [n, bytes] and their lengths int64 [n] to the inputs of `text_network`."""

    weight: Tensor
    bias: Tensor
    unit: Tensor

    def __init__(self, samples: TextInput) -> None:
        super().__init__()
        self.register_buffer("weight", torch.tensor(samples.weight.astype(np.int32)))
        self.register_buffer("bias", torch.tensor(samples.bias.astype(np.int64)))
        unit = np.exp2(-samples.shift.astype(np.float64))
        self.register_buffer("unit", torch.tensor(unit))
        self._last_bucket = len(samples.weight) - 1

    def forward(self, texts: Tensor, lengths: Tensor) -> Tensor:
        """Return the network's input."""
        count = texts.shape[1]
        letters = functional.pad(texts.long(), (0, max(NGRAMS) - 1))
        places = torch.arange(count)
        hashes = torch.full_like(letters[:, :count], FNV_OFFSET)
        total, number = torch.zeros(1, dtype=torch.int64), torch.zeros(1, dtype=torch.int64)
        for behind in range(max(NGRAMS)):
            following = letters[:, behind : behind + count]
            hashes = ((hashes ^ following) * FNV_PRIME) & 0xFFFFFFFF
            if behind + 1 not in NGRAMS:
                continue
            bucket = (hashes ^ (hashes >> 16)) & self._last_bucket
            is_whole = (places + behind)[None, :] < lengths[:, None]
            units = functional.embedding(bucket, self.weight) * is_whole[:, :, None]
            total = total + units.sum(dim=1, dtype=torch.int64)
            number = number + is_whole.sum(dim=1, keepdim=True)
        mean = torch.div(MEAN_UNIT * total, number, rounding_mode="floor")
        shifted = ((mean + self.bias).double() * self.unit).round()
        return shifted.clamp(0, ACTIVATION_MAXIMUM).float()


class ChainModule(nn.Module):
    """From samples to the results of a network, int64."""

    def __init__(self, chain: LayerChain) -> None:
        super().__init__()
        match chain.input:
            case ImageInput():
                self.encoder: nn.Module = ImageEncoder()
            case TableInput():
                self.encoder = TableEncoder(chain.input)
            case TextInput():
                self.encoder = TextEncoder(chain.input)
        self._steps: list[tuple[int, int] | None] = []
        self._number = chain.number
        for number, step in enumerate(chain.steps):
            unit = np.ones(1) if step.shift is None else np.exp2(-step.shift.astype(np.float64))
            by_output = unit.reshape(-1, *[1] * (step.weight.ndim - 1))
            self.register_buffer(f"weight{number}", _tensor(step.weight * by_output))
            self.register_buffer(f"bias{number}", _tensor(step.bias * unit))
            self._steps.append(
                (step.stride, step.margin) if isinstance(step, ConvolutionStep) else None
            )

    def forward(self, *samples: Tensor) -> Tensor:
        """Return the results."""
        activation: Tensor = self.encoder(*samples)
        for number, convolution in enumerate(self._steps):
            weight, bias = getattr(self, f"weight{number}"), getattr(self, f"bias{number}")
            if convolution is None:
                activation = functional.linear(activation.flatten(1), weight, bias)
            else:
                stride, margin = convolution
                activation = functional.conv2d(activation, weight, bias, stride, margin)
            if number + 1 < len(self._steps):
                activation = activation.round().clamp(0.0, float(ACTIVATION_MAXIMUM))
        sums = activation.to(torch.int64)
        if self._number is None:
            return sums
        unit, lowest = ACTIVATION_MAXIMUM << self._number.shift, self._number.lowest
        part = sums[:, 0].clamp(0, unit) * (self._number.highest - lowest)
        return lowest + torch.div(part + unit // 2, unit, rounding_mode="floor")


def torch_file(chain: LayerChain, metadata: Mapping[str, str]) -> bytes:
    """Return the file of a network as `torch.export.load` reads it, with texts by name in it."""
    many = torch.export.Dim("n", min=1)
    dynamic: list[dict[int, Any]] = [{0: many}]
    match chain.input:
        case ImageInput(height=height, width=width, channels=channels):
            shape = (_TRACED, height, width, channels)
            traced = [torch.zeros(shape, dtype=torch.uint8)]
        case TableInput(bins=bins):
            traced = [torch.zeros((_TRACED, len(bins)), dtype=torch.int32)]
        case TextInput(maximum_bytes=maximum):
            traced = [
                torch.zeros((_TRACED, _TRACED_BYTES), dtype=torch.uint8),
                torch.ones(_TRACED, dtype=torch.int64),
            ]
            dynamic = [{0: many, 1: torch.export.Dim("bytes", min=1, max=maximum)}, {0: many}]
    program = torch.export.export(
        ChainModule(chain).eval(), tuple(traced), dynamic_shapes={"samples": tuple(dynamic)}
    )
    file = io.BytesIO()
    torch.export.save(program, file, extra_files={METADATA: json.dumps(dict(metadata))})
    return file.getvalue()


def _tensor(values: NDArray[np.float64]) -> Tensor:
    return torch.from_numpy(values.astype(np.float32))
