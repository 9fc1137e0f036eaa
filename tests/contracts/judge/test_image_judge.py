"""The chain's judge computes what the reference computes, to the bit."""

import numpy as np
import pytest

from offchain.learning.exact.integer_layer import ACTIVATION_MAXIMUM
from offchain.learning.exact.integer_network import (
    DIGITS_FAMILY,
    IntegerNetwork,
    encode_model,
    reference_classes,
    reference_logits,
    reference_points,
)
from offchain.learning.exact.worst_case import worst_case
from offchain.learning.formats.digits import DigitSamples, records
from scripts.support.chains.evm import reverts
from scripts.support.judging.calls import Judge
from scripts.support.models.networks import STYLES, cases, large_biases, worst_cases
from scripts.support.models.networks import random_network as network_of
from tests.support.random_networks import random_network

NETWORKS = 200
FULL_NETWORKS = 1_000


def assert_exact(harness: Judge, what: str, network: IntegerNetwork, images: np.ndarray) -> None:
    model = encode_model(network)
    for image, logits in zip(images, reference_logits(network, images), strict=True):
        assert harness.logits(model, image) == logits.tolist(), what


def test_random_and_extreme_networks_have_the_references_logits(harness: Judge):
    for what, network, images in cases(seed=1, count=NETWORKS, largest=12):
        assert_exact(harness, what, network, images)


@pytest.mark.full
def test_a_thousand_networks_have_the_references_logits(harness: Judge):
    for what, network, images in cases(seed=2, count=FULL_NETWORKS):
        assert_exact(harness, what, network, images)


def test_worst_cases_of_odd_shapes_have_the_references_logits(harness: Judge):
    for what, network, images in (*worst_cases(), *large_biases()):
        assert_exact(harness, what, network, images)


def test_halves_are_frequent_in_the_networks_that_are_to_show_them():
    """Else how halves are rounded would go untested."""
    halves = outputs = 0
    for _, network, images in (one for one in cases(seed=1, count=NETWORKS, largest=12)
                               if one[0].startswith("halves")):  # fmt: skip
        layer = network.convolutions[0]
        padded = np.pad(images.astype(np.int64), ((0, 0), (2, 2), (2, 2)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, (5, 5), axis=(1, 2))
        sums = np.einsum("nhwab,oab->nohw", windows[:, ::2, ::2], layer.weight[:, 0].astype(int))
        sums += layer.bias[:, None, None]
        shift = layer.shift.astype(int)[:, None, None]
        inside = (sums > 0) & (sums >> shift < ACTIVATION_MAXIMUM)
        outputs += int(inside.sum())
        halves += int((inside & (2 * (sums % (1 << shift)) == 1 << shift)).sum())
    assert halves > outputs // 20 > 100


def test_points_are_those_of_the_reference_for_every_label(judge: Judge):
    network, images = worst_case((3, 5, 7, 11))
    model = encode_model(network)
    for label in range(DIGITS_FAMILY.classes):
        labels = np.full(len(images), label, np.uint8)
        expected = reference_points(network, images, labels).tolist()
        sample_records = records(DigitSamples(images, labels))
        assert [judge.points(model, record) for record in sample_records] == expected


def test_of_equal_logits_the_lowest_class_counts(judge: Judge):
    network = random_network((2, 2, 2, 2))
    network.linear.weight[:] = 0
    for bias, winner in (([0] * 10, 0), ([-5, 3, -1, 3] + [2] * 6, 1), ([-9] * 9 + [-8], 9)):
        network.linear.bias[:] = bias
        image = np.full((1, 28, 28), 100, np.uint8)
        assert reference_classes(network, image).tolist() == [winner]
        for label in range(10):
            record = image.tobytes() + bytes([label])
            assert judge.points(encode_model(network), record) == (label == winner)


def test_real_handwriting_gets_its_points(judge: Judge):
    """Of scikit-learn's handwritten digits, by a network that knows nothing of them."""
    images, labels = handwriting(60)
    network, _ = worst_case((4, 6, 8, 10))
    model = encode_model(network)
    expected = reference_points(network, images, labels).tolist()
    found = [judge.points(model, one) for one in records(DigitSamples(images, labels))]
    assert found == expected


@pytest.mark.full
def test_five_hundred_handwritten_digits_have_the_references_logits(harness: Judge):
    images, _ = handwriting(500)
    random = np.random.Generator(np.random.PCG64(4))
    for at, style in zip(range(0, 500, 100), STYLES, strict=False):
        network = network_of((8, 12, 16, 16), style, random)
        assert_exact(harness, style, network, images[at : at + 100])


@pytest.mark.parametrize("length", [0, 784, 786, 44])
def test_a_record_of_another_length_is_refused(judge: Judge, length: int):
    with reverts("MalformedRecord"):
        judge.points(encode_model(random_network((1, 1, 1, 1))), bytes(length))


@pytest.mark.parametrize("label", [10, 255])
def test_a_record_with_another_label_is_refused(judge: Judge, label: int):
    with reverts("MalformedRecord"):
        judge.points(encode_model(random_network((1, 1, 1, 1))), bytes(784) + bytes([label]))


def test_points_of_a_file_with_another_header_or_length_are_refused(judge: Judge):
    model = encode_model(random_network((1, 2, 3, 4)))
    for file in (b"", model[:-1], model + b"\0", model[:100] + b"x" + model[101:]):
        with reverts("MalformedModel"):
            judge.points(file, bytes(785))


def handwriting(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Digits of 8 x 8 pixels from 0 to 16, each pixel made 3 x 3, with a margin of two."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    grey = np.minimum(digits.images[:count] * 16, 255).astype(np.uint8)
    enlarged = grey.repeat(3, axis=1).repeat(3, axis=2)
    return np.pad(enlarged, ((0, 0), (2, 2), (2, 2))), digits.target[:count].astype(np.uint8)
