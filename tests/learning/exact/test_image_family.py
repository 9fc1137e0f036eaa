"""Networks for images of any size: exact in every arithmetic, and within their limits."""

import numpy as np
import pytest
import torch

from offchain.errors import ModelError
from offchain.learning.exact.evaluation import ARITHMETICS, ExactEvaluator, largest_windows
from offchain.learning.exact.image_family import (
    HEADER_BYTES,
    MAXIMUM_WORK,
    image_family,
    starting_channels,
)
from offchain.learning.exact.integer_layer import IntegerLayer
from offchain.learning.exact.integer_network import (
    IntegerNetwork,
    check_network,
    encode_model,
    multiply_adds,
    parse_model,
    reference_logits,
)
from offchain.learning.exact.worst_case import worst_case
from offchain.learning.formats.tensor_file import LENGTH_BYTES
from offchain.learning.task_file.words import ImageSamples

CPU = torch.device("cpu")
HERE = [one for one in ARITHMETICS if one.usable(CPU)]
SHAPES = {
    "smallest": (8, 8, 1, 2),
    "colours": (20, 17, 3, 5),
    "clothes": (28, 28, 1, 10),
    "largest": (64, 64, 3, 3),
}


def family_of(name, maximum_bytes=120_000):
    height, width, channels, classes = SHAPES[name]
    labels = tuple(map(str, range(classes)))
    return image_family(ImageSamples(height, width, channels, labels), maximum_bytes)


def random_network(family, seed=0):
    random = np.random.Generator(np.random.PCG64(seed))
    inputs, layers = family.inputs, []
    for kernel in family.kernels:
        outputs = int(random.integers(1, 9))
        weight = random.integers(-64, 65, (outputs, inputs, kernel, kernel), np.int8)
        bias = random.integers(-5000, 5000, outputs, np.int32)
        layers.append(IntegerLayer(weight, bias, random.integers(4, 10, outputs, np.uint8)))
        inputs = outputs
    weight = random.integers(-64, 65, (family.classes, inputs * family.pixels), np.int8)
    bias = random.integers(-5000, 5000, family.classes, np.int32)
    return IntegerNetwork(
        family, tuple(layers), IntegerLayer(weight, bias, np.full(1, 6, np.uint8))
    )


def images_of(family, count):
    random = np.random.Generator(np.random.PCG64(count))
    return random.integers(0, 256, (count, *family.sizes[0], family.inputs), np.uint8)


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("arithmetic", HERE, ids=lambda one: one.name)
def test_every_arithmetic_gives_the_references_logits_to_the_bit(name, arithmetic):
    family = family_of(name)
    evaluator = ExactEvaluator(CPU, [arithmetic])
    for network, images in (
        (random_network(family), images_of(family, 5)),
        worst_case((6, 4, 5, 7, 3, 2, 4)[: len(family.kernels)], family),
    ):
        expected = reference_logits(network, images)
        for threads, batch in ((1, 2), (2, 3), (1, 8)):
            torch.set_num_threads(threads)
            assert np.array_equal(evaluator.logits(network, images, batch), expected)
    torch.set_num_threads(1)


def test_images_of_one_channel_may_lack_the_last_axis():
    family = family_of("clothes")
    network, images = random_network(family), images_of(family, 4)
    assert np.array_equal(
        reference_logits(network, images[..., 0]), reference_logits(network, images)
    )
    assert np.array_equal(
        ExactEvaluator(CPU).logits(network, images[..., 0]), reference_logits(network, images)
    )


@pytest.mark.parametrize("name", SHAPES)
def test_a_new_network_is_within_the_limits_and_its_file_as_long_as_they_count(name):
    for maximum_bytes in (8_000, 120_000, 1 << 24):
        family = family_of(name, maximum_bytes)
        channels = starting_channels(family)
        assert family.reason_against(channels) is None
        network, _ = worst_case(channels, family)
        check_network(network)
        data = encode_model(network)
        assert len(data) <= maximum_bytes
        assert int.from_bytes(data[:LENGTH_BYTES], "little") + LENGTH_BYTES <= HEADER_BYTES
        assert parse_model(data, family).channels == channels


def test_the_sides_are_halved_until_few_pixels_are_left():
    assert [family_of(name).sizes[-1] for name in SHAPES] == [(2, 2), (3, 3), (4, 4), (4, 4)]
    assert [len(family_of(name).kernels) for name in SHAPES] == [5, 5, 5, 7]


def test_networks_beyond_the_work_or_the_file_are_refused():
    family = family_of("largest", 1 << 24)
    wide = [256] * len(family.kernels)
    assert multiply_adds(family, wide) > MAXIMUM_WORK
    assert "multiply-adds" in family.reason_against(wide)
    small = family_of("clothes", 20_000)
    assert "its file may take" in small.reason_against(starting_channels(family_of("clothes")))
    network, _ = worst_case(starting_channels(family_of("clothes")), family_of("clothes"))
    with pytest.raises(ModelError, match="more than the 20000 allowed"):
        parse_model(encode_model(network), small)


def test_batches_are_smaller_where_windows_are_large():
    clothes, largest = family_of("clothes"), family_of("largest", 1 << 24)
    evaluator = ExactEvaluator(CPU)
    assert evaluator._fitting(clothes, starting_channels(clothes)) == 500
    channels = [96] * len(largest.kernels)
    assert largest_windows(largest, channels) == 9 * 96 * 32 * 32
    assert 1 <= evaluator._fitting(largest, channels) < 500
