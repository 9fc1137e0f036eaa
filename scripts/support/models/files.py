"""Files that are nearly models: each differs from one by a little, at a place where it matters."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from offchain.learning.exact.integer_layer import ACTIVATION_MAXIMUM, IntegerLayer
from offchain.learning.exact.integer_network import (
    DIGITS_FAMILY,
    EXACT_BOUND,
    IntegerNetwork,
    encode_model,
    weight_sums,
)
from offchain.learning.exact.judge_gas import beyond_the_judge
from offchain.learning.formats.tensor_file import LENGTH_BYTES
from scripts.support.models.networks import random_network


def nearly_models(seed: int, rounds: int) -> Iterator[tuple[str, bytes]]:
    """Yield what was done, and the file: about 60 in a round, models and others, by a seed."""
    random = np.random.Generator(np.random.PCG64(seed))
    for _ in range(rounds):
        shape = tuple(int(random.integers(1, 12)) for _ in range(4))
        network = random_network(shape, "uniform", random)
        data = encode_model(network)
        yield "a model", data
        yield from cut_and_longer(data, random)
        yield from changed_headers(data, random)
        yield from _values(network, random)
        yield from _values(_with_long_rows(random), random)
        yield from _shapes(random)
    yield "as many channels as six digits say", _without_tensors([999_999] * 4)


def cut_and_longer(data: bytes, random: np.random.Generator) -> Iterator[tuple[str, bytes]]:
    """Yield what was done to a model's file, and the file: its length, or one byte."""
    cut = int(random.integers(len(data)))
    yield f"cut at {cut}", data[:cut]
    yield "one byte less", data[:-1]
    yield "one byte more", data + b"\0"
    yield "longer than any model", data + bytes(120_001 - len(data))
    at = int(random.integers(len(data)))
    yield f"byte {at} changed", _changed(data, at, int(random.integers(1, 256)))
    at = int(random.integers(LENGTH_BYTES))
    yield f"length byte {at} changed", _changed(data, at, int(random.integers(1, 256)))


def changed_headers(data: bytes, random: np.random.Generator) -> Iterator[tuple[str, bytes]]:
    """Yield what was done to the header of a model's file, and the file."""
    start = LENGTH_BYTES + int.from_bytes(data[:LENGTH_BYTES], "little")
    text = data[LENGTH_BYTES:start].rstrip(b" ")
    body = data[start:]
    at = LENGTH_BYTES + int(random.integers(len(text)))
    yield f"header byte {at} changed", _changed(data, at, int(random.integers(1, 256)))
    digits = [i for i, byte in enumerate(text) if 0x30 <= byte <= 0x39]
    at = digits[int(random.integers(len(digits)))]
    yield "another digit", _file(_changed(text, at, int(random.integers(1, 8))), body)
    yield "a digit more", _file(text[:at] + b"0" + text[at:], body)
    yield "a digit less", _file(text[:at] + text[at + 1 :], body)
    for sign in (b"/", b":"):  # just before and just behind the digits
        at = text.index(b'"shape":[') + len(b'"shape":[')
        yield f"{sign.decode()} for a digit", _file(text[:at] + sign + text[at + 1 :], body)
    yield "eight spaces more", _file(text, body, more=8)
    yield "spaces within", _file(text.replace(b",", b", ", 1), body)
    described = json.loads(text)
    names = list(described)
    random.shuffle(names)
    other = {name: described[name] for name in names}
    yield "another order", _file(json.dumps(other, separators=(",", ":")).encode(), body)
    name = names[int(random.integers(len(names)))]
    fewer = {key: value for key, value in described.items() if key != name}
    yield "a tensor less", _file(json.dumps(fewer, separators=(",", ":")).encode(), body)
    yield "no header", _file(b"", body)


def _with_long_rows(random: np.random.Generator) -> IntegerNetwork:
    """Rows of the last two layers that take several words of 32 weights, and end anywhere."""
    shape = (1, 1, int(random.integers(1, 9)), int(random.integers(1, 257)))
    return random_network(shape, "uniform", random)


def _values(network: IntegerNetwork, random: np.random.Generator) -> Iterator[tuple[str, bytes]]:
    layers = [*network.convolutions, network.linear]

    def file(index: int, layer: IntegerLayer) -> bytes:
        changed = [*layers[:index], layer, *layers[index + 1 :]]
        return encode_model(replace(network, convolutions=tuple(changed[:-1]), linear=changed[-1]))

    for what, index, layer in changed_layers(layers, random):
        yield what, file(index, layer)


def changed_layers(
    layers: Sequence[IntegerLayer], random: np.random.Generator
) -> Iterator[tuple[str, int, IntegerLayer]]:
    """Yield what was done, to which layer, and what came of it: values at their bounds."""
    for value in (-128, -65, -64, 64, 65, 127):
        index = int(random.integers(len(layers)))
        yield f"a weight of {value}", index, _weight(layers[index], value, random)
    for value in (20, 21, 128, 255):
        index = int(random.integers(len(layers)))
        yield f"a shift of {value}", index, _shift(layers[index], value, random)
    for over in (-1, 0, 1):
        for sign in (-1, 1):
            index = int(random.integers(len(layers)))
            layer = _bias_at_bound(layers[index], over, sign, random)
            yield f"a bias {over} beyond its bound, times {sign}", index, layer
    for value in (-(2**31), 2**31 - 1, -(2**24), 2**24):
        index = int(random.integers(len(layers)))
        yield f"a bias of {value}", index, _bias(layers[index], value, random)


def _shapes(random: np.random.Generator) -> Iterator[tuple[str, bytes]]:
    """Files with too many channels, and on either side of what a judge takes; all weights 0."""
    family = DIGITS_FAMILY
    layer = int(random.integers(4))
    shape = [1, 1, 1, 1]
    shape[layer] = family.maximum_channels[layer]
    yield f"shape {shape}", zeros(shape)
    shape[layer] += 1
    yield f"shape {shape}", zeros(shape)
    shape = [int(random.integers(1, most + 1)) for most in family.maximum_channels]
    while beyond_the_judge(shape):
        widest = int(np.argmax(shape))
        shape[widest] -= max(1, shape[widest] // 8)
    layer = int(random.integers(4))
    while beyond_the_judge(shape) is None and shape[layer] < family.maximum_channels[layer]:
        shape[layer] += 1
    yield f"shape {shape}", zeros(shape)
    shape[layer] = max(1, shape[layer] - 1)
    yield f"shape {shape}", zeros(shape)


def zeros(channels: list[int]) -> bytes:
    """Return the file of a network whose weights, biases and shifts are 0."""
    inputs, layers = 1, []
    for outputs, kernel in zip(channels, DIGITS_FAMILY.kernels, strict=True):
        layers.append(_zero_layer((outputs, inputs, kernel, kernel), outputs))
        inputs = outputs
    linear = _zero_layer((DIGITS_FAMILY.classes, inputs), 1)
    return encode_model(IntegerNetwork(DIGITS_FAMILY, tuple(layers), linear))


def _without_tensors(channels: list[int]) -> bytes:
    """Return the header alone that a network's file has, however large the network is."""
    data = zeros([1] * len(channels))
    described = json.loads(
        data[LENGTH_BYTES : LENGTH_BYTES + int.from_bytes(data[:LENGTH_BYTES], "little")]
    )
    outputs = {f"convolution{i + 1}": count for i, count in enumerate(channels)}
    inputs = {f"convolution{i + 2}": count for i, count in enumerate(channels)}
    inputs["linear"] = channels[-1]
    end = 0
    for name, entry in described.items():
        if name != "__metadata__":
            layer = name.partition(".")[0]
            shape = entry["shape"]
            shape[0] = outputs.get(layer, shape[0])
            if len(shape) > 1:
                shape[1] = inputs.get(layer, shape[1])
            size = math.prod(shape) * (4 if entry["dtype"] == "I32" else 1)
            entry["data_offsets"] = [end, end + size]
            end += size
    return _file(json.dumps(described, separators=(",", ":")).encode(), b"")


def _zero_layer(shape: tuple[int, ...], shifts: int) -> IntegerLayer:
    return IntegerLayer(
        np.zeros(shape, np.int8), np.zeros(shape[0], np.int32), np.zeros(shifts, np.uint8)
    )


def _changed(data: bytes, at: int, by: int) -> bytes:
    return data[:at] + bytes([data[at] ^ by]) + data[at + 1 :]


def _file(text: bytes, body: bytes, more: int = 0) -> bytes:
    header = text + b" " * (-len(text) % 8 + more)
    return len(header).to_bytes(LENGTH_BYTES, "little") + header + body


def _weight(layer: IntegerLayer, value: int, random: np.random.Generator) -> IntegerLayer:
    weight = np.zeros_like(layer.weight)
    weight.reshape(-1)[int(random.integers(weight.size))] = value
    return replace(layer, weight=weight, bias=np.zeros_like(layer.bias))


def _shift(layer: IntegerLayer, value: int, random: np.random.Generator) -> IntegerLayer:
    shift = layer.shift.copy()
    shift[int(random.integers(len(shift)))] = value
    return replace(layer, shift=shift)


def _bias_at_bound(
    layer: IntegerLayer, over: int, sign: int, random: np.random.Generator
) -> IntegerLayer:
    channel = int(random.integers(len(layer.bias)))
    reach = ACTIVATION_MAXIMUM * int(weight_sums(layer.weight)[channel])
    bias = layer.bias.copy()
    bias[channel] = sign * (EXACT_BOUND - 1 - reach + over)
    return replace(layer, bias=bias)


def _bias(layer: IntegerLayer, value: int, random: np.random.Generator) -> IntegerLayer:
    bias = layer.bias.copy()
    bias[int(random.integers(len(bias)))] = value
    return replace(layer, bias=bias)
