"""Scores are exact: the same to the bit as the integer reference, however they are computed."""

import re
import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from offchain.errors import EvaluationError
from offchain.learning.exact.arithmetic import (
    Arithmetic,
    Float32Convolutions,
    Float32Products,
    Int8Convolutions,
    has_squares,
)
from offchain.learning.exact.evaluation import ARITHMETICS, ExactEvaluator, lowest_largest
from offchain.learning.exact.integer_layer import IntegerLayer
from offchain.learning.exact.integer_network import (
    DIGITS_FAMILY,
    IntegerNetwork,
    NetworkFamily,
    accumulator_bound,
    check_network,
    reference_classes,
    reference_logits,
    reference_points,
)
from offchain.learning.exact.worst_case import worst_case
from tests.support.random_networks import random_network


def images_of(count: int, seed: int = 0) -> np.ndarray:
    return np.random.Generator(np.random.PCG64(seed)).integers(0, 256, (count, 28, 28), np.uint8)


NETWORKS = {
    "one channel": random_network((1, 1, 1, 1)),
    "odd channels": random_network((3, 7, 5, 11), seed=1),
    "usual": random_network((16, 32, 64, 64), seed=2, shift=9),
    "without shifts": random_network((4, 4, 4, 4), seed=3, shift=0),
    "worst case": worst_case()[0],
}


CPU = torch.device("cpu")
HERE = [one for one in ARITHMETICS if one.usable(CPU)]
each_arithmetic = pytest.mark.parametrize("arithmetic", HERE, ids=lambda one: one.name)


@pytest.fixture(scope="module")
def evaluators():
    """An evaluator for each arithmetic alone: if it were not exact here, making it would fail."""
    return {one.name: ExactEvaluator(CPU, [one]) for one in HERE}


def test_products_and_float32_are_usable_everywhere():
    assert len(HERE) >= 3
    assert isinstance(HERE[0], Int8Convolutions) == Int8Convolutions().usable(CPU)


@pytest.mark.parametrize("name", NETWORKS)
@each_arithmetic
def test_logits_equal_the_integer_reference_to_the_bit(evaluators, arithmetic, name):
    network, images = NETWORKS[name], images_of(30)
    evaluator = evaluators[arithmetic.name]
    computed = evaluator.logits(network, images, 20)
    assert np.array_equal(computed, reference_logits(network, images))
    assert evaluator.arithmetic(network.channels, 20) is arithmetic


@each_arithmetic
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("batch", [1, 7, 32, 100])
def test_logits_do_not_depend_on_batch_and_threads(evaluators, batch, threads, arithmetic):
    network, images = NETWORKS["usual"], images_of(33)
    torch.set_num_threads(threads)
    computed = evaluators[arithmetic.name].logits(network, images, batch)
    assert np.array_equal(computed, reference_logits(network, images))


@each_arithmetic
def test_the_largest_pairs_of_products_do_not_saturate(evaluators, arithmetic):
    """64 * 255 + 64 * 255: two products added in 16 bits, as some processors do, just fit.

    Six channels of each layer are white everywhere. The other two subtract from all that is white
    what they should have seen, less 7: they show any unit that is lost on the way.
    """
    layers, inputs, white = [], 1, 1
    for kernel in DIGITS_FAMILY.kernels:
        weight = np.zeros((8, inputs, kernel, kernel), np.int8)
        weight[:, :white] = 64
        bias = np.zeros(8, np.int32)
        bias[6:] = 7 - 64 * 255 * white * kernel**2
        layers.append(IntegerLayer(weight, bias, np.zeros(8, np.uint8)))
        inputs, white = 8, 6
    # The hidden layer's last channel looks at the layer before it instead, away from its edges.
    layers[-1].weight[7] = 0
    layers[-1].weight[7, 7, 1, 1] = 1
    layers[-1].bias[7] = 0
    linear = IntegerLayer(
        np.eye(10, 8, k=-2, dtype=np.int8) * 64, np.zeros(10, np.int32), np.zeros(1, np.uint8)
    )
    network = IntegerNetwork(DIGITS_FAMILY, tuple(layers), linear)
    check_network(network)
    images = np.full((20, 28, 28), 255, np.uint8)
    expected = [0, 0, *[255 * 64] * 6, 7 * 64, 7 * 64]
    assert reference_logits(network, images)[0].tolist() == expected
    computed = evaluators[arithmetic.name].logits(network, images, 20)
    assert (computed == expected).all()


@each_arithmetic
@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32), st.tuples(*[st.integers(1, 20)] * 4), st.integers(0, 16))
def test_any_network_of_the_family_is_computed_exactly(
    evaluators, arithmetic, seed, channels, shift
):
    network = random_network(channels, seed=seed, shift=shift)
    images = images_of(9, seed)
    computed = evaluators[arithmetic.name].logits(network, images, 9)
    assert np.array_equal(computed, reference_logits(network, images))


@each_arithmetic
def test_halves_round_to_even_in_every_arithmetic(evaluators, arithmetic):
    """The centre weight of 2 and a shift of 2 make halves of every odd pixel."""
    network = random_network((1, 1, 1, 16), seed=1)
    layers = []
    for layer, (value, shift) in zip(
        network.convolutions, ((2, 2), (1, 0), (1, 0), (1, 0)), strict=True
    ):
        weight = np.zeros_like(layer.weight)
        kernel = weight.shape[-1]
        if kernel == 4:
            weight.reshape(16, 16)[:] = np.eye(16)
        else:
            weight[:, :, kernel // 2, kernel // 2] = value
        outputs = len(weight)
        layers.append(
            IntegerLayer(weight, np.zeros(outputs, np.int32), np.full(outputs, shift, np.uint8))
        )
    linear = IntegerLayer(
        np.eye(10, 16, dtype=np.int8), np.zeros(10, np.int32), np.zeros(1, np.uint8)
    )
    network = IntegerNetwork(DIGITS_FAMILY, tuple(layers), linear)
    images = images_of(64)
    seen = images[:, ::8, ::8].reshape(64, 16)[:, :10].astype(np.int64)
    expected = np.round(seen / 2).astype(np.int64)  # NumPy rounds halves to even
    assert (seen % 4 == 1).any()
    assert (seen % 4 == 3).any()
    assert np.array_equal(reference_logits(network, images), expected)
    assert np.array_equal(evaluators[arithmetic.name].logits(network, images), expected)


def test_without_onednn_convolutions_keep_their_strides(monkeypatch):
    """Other libraries may take Winograd convolutions where the stride is 1."""
    strides = []
    convolve = torch.nn.functional.conv2d

    def recorded(activation, weight, bias, stride, margin):
        strides.append(stride)
        return convolve(activation, weight, bias, stride, margin)

    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    monkeypatch.setattr(torch.nn.functional, "conv2d", recorded)
    network, images = NETWORKS["usual"], images_of(20)
    computed = ExactEvaluator(CPU, [Float32Convolutions()]).logits(network, images, 20)
    assert np.array_equal(computed, reference_logits(network, images))
    assert set(strides) == {2, 4}


def test_a_family_whose_first_layer_cannot_be_rearranged_is_computed_too(evaluators):
    family = NetworkFamily(9, (3, 3), (2, 2), (1, 1), (8, 8), 3, lambda _: None)
    assert not has_squares(family)
    network, images = worst_case((5, 7), family)
    for evaluator in evaluators.values():
        assert np.array_equal(evaluator.logits(network, images), reference_logits(network, images))


class Altered(Arithmetic):
    """A real arithmetic, altered."""

    name = "altered"

    def __init__(self, change):
        self.change = change
        self.batches = []

    def usable(self, device):
        return device.type == "cpu"

    def prepare(self, network, device):
        exact = Float32Products().prepare(network, device)

        def logits(images):
            self.batches.append(len(images))
            return self.change(exact(images))

        return logits


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (lambda logits: logits.bfloat16().float(), "not exact"),
        (lambda logits: logits + (logits == logits.max()), "not exact"),
        (lambda logits: logits @ torch.zeros(3), "mat1 and mat2|size mismatch|shape"),
    ],
    ids=["reduced precision", "one wrong logit", "not available"],
)
def test_arithmetic_that_goes_wrong_is_not_used_and_that_is_said_once(wrong, reason):
    altered = Altered(wrong)
    network, images = NETWORKS["odd channels"], images_of(20)
    with capture_logs() as logs:
        evaluator = ExactEvaluator(CPU, [altered, Float32Convolutions()])
        computed = evaluator.logits(network, images)
    assert np.array_equal(computed, reference_logits(network, images))
    (line,) = logs
    assert line["cannot"] == "altered"
    assert re.search(reason, line["reason"])
    assert isinstance(evaluator.arithmetic(network.channels), Float32Convolutions)


def test_without_any_exact_arithmetic_nothing_is_judged():
    with pytest.raises(EvaluationError, match="nothing on cpu computes exactly"):
        ExactEvaluator(CPU, [Altered(lambda logits: logits.half().float())])


def test_every_shape_of_network_is_checked_before_it_is_judged():
    """Arithmetic that is right for one number of channels may take other code for the next."""
    altered = Altered(lambda logits: logits)
    evaluator = ExactEvaluator(CPU, [altered, Float32Convolutions()])
    altered.change = lambda logits: logits + 1
    network, images = NETWORKS["usual"], images_of(20)
    assert np.array_equal(evaluator.logits(network, images), reference_logits(network, images))


def short_of_memory(most):
    """An arithmetic that has memory for `most` images at a time."""

    def change(logits):
        if len(logits) > most:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return logits

    return Altered(change)


def test_out_of_memory_goes_on_in_smaller_batches_with_one_warning():
    short = short_of_memory(100)
    network, images = NETWORKS["odd channels"], images_of(300)
    with capture_logs() as logs:
        evaluator = ExactEvaluator(CPU, [short])
        for _ in range(2):
            computed = evaluator.logits(network, images)
            assert np.array_equal(computed, reference_logits(network, images))
    assert [line["event"] for line in logs] == [
        "out of memory: models are judged in smaller batches"
    ]
    assert short.batches.count(500) == 1  # it learns: the size is not tried again
    assert short.batches[-1] == 62


def test_no_memory_for_a_single_image_is_an_error():
    with pytest.raises(EvaluationError, match="no memory to judge a single image"):
        ExactEvaluator(CPU, [short_of_memory(0)]).logits(NETWORKS["usual"], images_of(1))


def test_points_are_given_for_what_the_reference_gets_right():
    network, images = NETWORKS["odd channels"], images_of(200)
    labels = np.random.Generator(np.random.PCG64(5)).integers(0, 10, 200, np.uint8)
    classes = reference_classes(network, images)
    expected = (classes == labels).astype(np.uint8)
    evaluator = ExactEvaluator()
    for batch in (1, 33, 500):
        found = evaluator.points(network, images, labels, batch)
        assert found.dtype == np.uint8
        assert np.array_equal(found, expected)
    assert np.array_equal(reference_points(network, images, labels), expected)
    assert evaluator.score(network, images, labels) == expected.sum() > 0
    assert evaluator.score(network, images, classes.astype(np.uint8)) == 200
    assert np.array_equal(evaluator.classes(network, images), classes)


def test_no_images_earn_nothing():
    none = np.zeros((0, 28, 28), np.uint8)
    assert ExactEvaluator().score(NETWORKS["usual"], none, np.zeros(0, np.uint8)) == 0
    assert ExactEvaluator().logits(NETWORKS["usual"], none).shape == (0, 10)


def test_of_equal_logits_the_lowest_class_counts():
    logits = torch.tensor([[0.0, 3.0, 3.0], [2.0, 2.0, 2.0], [-1.0, -1.0, 0.0]])
    assert lowest_largest(logits).tolist() == [1, 0, 2]


def test_sums_of_the_worst_case_need_all_24_bits():
    network, images = worst_case()
    logits = reference_logits(network, images)
    assert np.abs(logits).max() > 2**23
    assert (logits % 2 == 1).any()
    assert not np.array_equal(logits, torch.tensor(logits).to(torch.bfloat16).to(torch.int64))
    assert max(int(accumulator_bound(one).max()) for one in network.convolutions) < 2**24


def test_half_precision_settings_of_the_process_do_not_change_scores():
    network, images = NETWORKS["usual"], images_of(50)
    before = torch.get_float32_matmul_precision()
    try:
        torch.set_float32_matmul_precision("medium")
        with torch.autocast("cpu", dtype=torch.bfloat16):
            computed = ExactEvaluator().logits(network, images)
        assert torch.get_float32_matmul_precision() == "medium"
    finally:
        torch.set_float32_matmul_precision(before)
    assert np.array_equal(computed, reference_logits(network, images))


def test_settings_of_single_libraries_are_put_back():
    backend = torch.backends.mkldnn.conv
    before = backend.fp32_precision
    try:
        backend.fp32_precision = "bf16"
        network, images = NETWORKS["usual"], images_of(20)
        computed = ExactEvaluator(CPU, [Float32Convolutions()]).logits(network, images)
        assert backend.fp32_precision == "bf16"
    finally:
        backend.fp32_precision = before
    assert np.array_equal(computed, reference_logits(network, images))


def test_another_process_with_two_threads_gets_the_same_logits():
    """In a process of its own, since thread pools are set up once."""
    program = (
        "import hashlib, sys, torch\n"
        "torch.set_num_threads(int(sys.argv[1]))\n"
        "from offchain.learning.exact.evaluation import ExactEvaluator\n"
        "from offchain.learning.exact.worst_case import worst_case\n"
        "network, images = worst_case()\n"
        "logits = ExactEvaluator().logits(network, images, batch=int(sys.argv[2]))\n"
        "print(hashlib.sha256(logits.tobytes()).hexdigest())\n"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", program, threads, batch],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for threads, batch in (("1", "16"), ("2", "5"))
    }
    assert len(digests) == 1
    assert len(digests.pop().strip()) == 64


def test_a_layer_of_zeros_is_exact():
    zero = IntegerLayer(
        np.zeros((1, 1, 5, 5), np.int8), np.zeros(1, np.int32), np.zeros(1, np.uint8)
    )
    base = random_network((1, 2, 2, 2))
    network = IntegerNetwork(DIGITS_FAMILY, (zero, *base.convolutions[1:]), base.linear)
    images = images_of(5)
    assert np.array_equal(
        ExactEvaluator().logits(network, images), reference_logits(network, images)
    )
