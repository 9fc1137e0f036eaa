"""Models: the reference arithmetic, and every reason for which a model file is refused."""

import dataclasses
import json
from fractions import Fraction

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given, settings
from hypothesis import strategies as st

from offchain.errors import ModelError
from offchain.learning.exact.integer_layer import IntegerLayer
from offchain.learning.exact.integer_network import (
    DIGITS_FAMILY,
    EXACT_BOUND,
    MODEL_METADATA,
    IntegerNetwork,
    accumulator_bound,
    check_network,
    encode_model,
    parse_model,
    reference_classes,
    reference_logits,
    shift_right,
)
from offchain.learning.exact.judge_gas import judging_gas
from offchain.learning.exact.worst_case import worst_case
from offchain.learning.formats.tensor_file import encode_tensors
from tests.support.random_networks import random_network


def tensors_of(network: IntegerNetwork) -> dict:
    return dict(safetensors.numpy.load(encode_model(network)))


def refused(data: bytes, reason: str) -> None:
    with pytest.raises(ModelError, match=reason):
        parse_model(data)


def refused_with(name: str, value, reason: str) -> None:
    tensors = tensors_of(random_network())
    tensors[name] = value(tensors[name].copy())
    refused(encode_tensors(tensors, MODEL_METADATA), reason)


def slow_logits(network: IntegerNetwork, image) -> list[int]:
    """The specification once more, with Python's integers and loops alone."""
    planes = [[[int(value) for value in row] for row in image]]
    family = DIGITS_FAMILY
    for layer, kernel, stride, margin in zip(
        network.convolutions, family.kernels, family.strides, family.margins, strict=True
    ):
        side = len(planes[0])
        reduced = len(range(-margin, side + margin - kernel + 1, stride))
        outputs = []
        for channel in range(len(layer.bias)):
            shift = int(layer.shift[channel])
            plane = [[0] * reduced for _ in range(reduced)]
            for row in range(reduced):
                for column in range(reduced):
                    total = int(layer.bias[channel])
                    for source, values in enumerate(planes):
                        for down in range(kernel):
                            for across in range(kernel):
                                y = row * stride + down - margin
                                x = column * stride + across - margin
                                if 0 <= y < side and 0 <= x < side:
                                    weight = int(layer.weight[channel, source, down, across])
                                    total += weight * values[y][x]
                    # Python rounds fractions to nearest, halves to even.
                    plane[row][column] = min(max(round(Fraction(total, 2**shift)), 0), 255)
            outputs.append(plane)
        planes = outputs
    features = [value for plane in planes for row in plane for value in row]
    return [
        int(network.linear.bias[number])
        + sum(int(w) * f for w, f in zip(network.linear.weight[number], features, strict=True))
        for number in range(10)
    ]


@pytest.mark.parametrize("shift", [0, 1, 9, 12])
def test_the_reference_computes_what_the_rules_say(shift):
    network = random_network((2, 3, 2, 3), seed=shift, shift=shift)
    images = np.random.Generator(np.random.PCG64(1)).integers(0, 256, (2, 28, 28), np.uint8)
    expected = [slow_logits(network, image) for image in images]
    assert reference_logits(network, images).tolist() == expected


def test_of_equal_logits_the_lowest_class_counts():
    network = random_network()
    linear = IntegerLayer(
        np.zeros_like(network.linear.weight),
        np.array([1, 5, 2, 5, 5, 0, 0, 0, 0, 5], np.int32),
        network.linear.shift,
    )
    network = dataclasses.replace(network, linear=linear)
    assert reference_classes(network, np.zeros((3, 28, 28), np.uint8)).tolist() == [1, 1, 1]


def test_a_model_comes_back_as_it_was_written():
    network = random_network((16, 32, 64, 64))
    parsed = parse_model(encode_model(network))
    assert parsed.channels == (16, 32, 64, 64)
    assert encode_model(parsed) == encode_model(network)
    images = np.random.Generator(np.random.PCG64(1)).integers(0, 256, (4, 28, 28), np.uint8)
    assert np.array_equal(reference_logits(parsed, images), reference_logits(network, images))


def test_the_safetensors_library_reads_a_model():
    network = random_network()
    assert sorted(tensors_of(network)) == sorted(DIGITS_FAMILY.tensor_names)


def test_a_network_that_fills_the_exact_range_is_accepted_and_one_more_is_refused():
    network, _ = worst_case()
    assert int(accumulator_bound(network.linear).max()) == EXACT_BOUND - 1
    check_network(network)
    bias = network.linear.bias.copy()
    bias[3] += 1 if bias[3] > 0 else -1
    over = dataclasses.replace(network, linear=dataclasses.replace(network.linear, bias=bias))
    with pytest.raises(ModelError, match="sums of linear may reach 16777216"):
        check_network(over)


def test_weights_alone_can_break_the_exact_range():
    network = random_network((3, 4, 65, 2), largest=10)
    hidden = network.convolutions[-1]
    weight = np.full_like(hidden.weight, 64)
    hidden = IntegerLayer(weight, np.zeros(2, np.int32), np.zeros(2, np.uint8))
    with pytest.raises(ModelError, match="sums of convolution4 may reach 16972800"):
        check_network(
            dataclasses.replace(network, convolutions=(*network.convolutions[:-1], hidden))
        )


@pytest.mark.parametrize("value", [-(2**31), 2**31 - 1, 2**24])
def test_a_bias_beyond_the_exact_range_is_refused(value):
    def change(bias):
        bias[1] = value
        return bias

    refused_with("convolution2.bias", change, "sums of convolution2 may reach")


@pytest.mark.parametrize("value", [-128, -65, 65, 127])
@pytest.mark.parametrize("name", ["convolution1", "convolution4", "linear"])
def test_a_weight_beyond_64_is_refused(name, value):
    def change(weight):
        weight.reshape(-1)[-1] = value
        return weight

    refused_with(f"{name}.weight", change, f"{name} has a weight of {abs(value)}")


def test_weights_of_64_are_accepted():
    tensors = tensors_of(random_network())
    tensors["convolution1.weight"][0, 0, 0, :2] = [-64, 64]
    parse_model(encode_tensors(tensors, MODEL_METADATA))


def test_halves_round_to_even_and_everything_else_to_nearest():
    sums = np.arange(-40, 41, dtype=np.int64)
    for shift in (0, 1, 2, 4):
        expected = [round(Fraction(int(value), 2**shift)) for value in sums]
        assert shift_right(sums, np.int64(shift)).tolist() == expected
    assert shift_right(np.array([8, 24, -8, 9, 7]), np.int64(4)).tolist() == [0, 2, 0, 1, 0]


def test_a_shift_above_20_is_refused():
    def change(shift):
        shift[-1] = 21
        return shift

    refused_with("convolution3.shift", change, "convolution3 shifts by 21, allowed are 0 to 20")
    refused_with("linear.shift", change, "linear shifts by 21")


@pytest.mark.parametrize(
    ("name", "change", "reason"),
    [
        ("convolution1.weight", lambda w: w.astype(np.int32), "convolution1.weight is int32"),
        ("convolution1.weight", lambda w: w[:, :, :3, :3], "convolution1.weight is int8"),
        ("convolution1.weight", lambda w: w[:2], "convolution1.weight is int8"),
        ("convolution2.weight", lambda w: w[:, :2], "convolution2.weight is int8"),
        ("convolution2.weight", lambda w: w.reshape(4, -1), "convolution2.weight is int8"),
        ("convolution2.bias", lambda b: b.astype(np.int8), "convolution2.bias is int8"),
        ("convolution2.bias", lambda b: b.reshape(2, 2), "bias of shape"),
        ("convolution2.bias", lambda b: b[:0], "convolution2.bias' is out of range"),
        ("convolution2.bias", lambda b: b[0].reshape(()), "bias of shape"),
        ("convolution3.shift", lambda s: s[:1], "convolution3.shift is uint8"),
        ("convolution3.shift", lambda s: s.astype(np.int8), "convolution3.shift is int8"),
        ("linear.weight", lambda w: w[:9], "linear.weight is int8"),
        ("linear.weight", lambda w: w[:, :5], "linear.weight is int8"),
        ("linear.bias", lambda b: b[:9], "linear.bias is int32"),
        ("linear.shift", lambda s: np.repeat(s, 10), "linear.shift is uint8"),
    ],
)
def test_wrong_types_and_shapes_are_refused(name, change, reason):
    refused_with(name, change, reason)


def test_more_channels_than_the_family_has_are_refused():
    refused(encode_model(random_network((65, 4, 5, 6))), "allowed are 1 to 64 channels")


@pytest.mark.parametrize("channels", [(64, 128, 1, 1), (16, 128, 64, 10), (24, 48, 64, 64)])
def test_a_network_that_is_too_dear_for_a_judge_is_refused(channels):
    data = encode_model(random_network(channels, largest=5))
    refused(data, f"may take {judging_gas(channels)} gas, allowed are 6000000")


def test_a_model_that_is_too_long_for_a_transaction_is_refused():
    refused(bytes(120_001), "120001 bytes are more than the 120000 allowed")
    data = encode_model(random_network((1, 1, 31, 256), largest=5))
    refused(data, f"{len(data)} bytes are more than the 120000 allowed")


def test_missing_and_foreign_tensors_are_refused():
    tensors = tensors_of(random_network())
    del tensors["linear.shift"]
    refused(encode_tensors(tensors, MODEL_METADATA), "expected")
    tensors = tensors_of(random_network()) | {"hidden": np.zeros(1, np.int8)}
    refused(encode_tensors(tensors, MODEL_METADATA), "expected")


def test_a_payload_is_no_model():
    tensors = {"images": np.zeros((1, 28, 28), np.uint8), "labels": np.zeros(1, np.uint8)}
    refused(encode_tensors(tensors, {"format": "modelchain/digits/1"}), "metadata")


def test_a_model_of_another_version_is_refused():
    tensors = tensors_of(random_network())
    refused(encode_tensors(tensors, {"format": "modelchain/integer-network/1"}), "network/1")


def test_floating_point_weights_are_refused():
    tensors = tensors_of(random_network())
    tensors["linear.weight"] = tensors["linear.weight"].astype(np.float32) * np.float32("nan")
    refused(safetensors.numpy.save(tensors, MODEL_METADATA), "element type 'F32'")


def test_overlapping_tensors_are_refused():
    data = encode_model(random_network())
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    header["linear.bias"]["data_offsets"] = header["convolution1.bias"]["data_offsets"]
    header["linear.bias"]["shape"] = header["convolution1.bias"]["shape"]
    written = json.dumps(header, separators=(",", ":")).encode()
    refused(len(written).to_bytes(8, "little") + written + data[8 + length :], "begins at offset")


MODEL = encode_model(random_network((2, 2, 2, 2)))


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(MODEL) - 1), st.integers(1, 255))
def test_a_changed_byte_gives_a_model_error_or_another_valid_model(position, change):
    altered = bytearray(MODEL)
    altered[position] ^= change
    try:
        parsed = parse_model(bytes(altered))
    except ModelError:
        return
    assert encode_model(parsed) == bytes(altered)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_any_other_bytes_give_a_model_error(data):
    refused(data, "model: ")
