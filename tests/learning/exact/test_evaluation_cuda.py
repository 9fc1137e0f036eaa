"""The same scores on a GPU: run where there is one, with `make test-gpu`."""

import numpy as np
import pytest
import torch

from offchain.learning.exact.arithmetic import Float32Products, Int8Products
from offchain.learning.exact.evaluation import ExactEvaluator
from offchain.learning.exact.integer_network import reference_logits
from offchain.learning.exact.worst_case import worst_case
from tests.support.random_networks import random_network

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")

NETWORKS = {
    "usual": random_network((16, 32, 64, 64), seed=2, shift=9),
    "large": random_network((24, 48, 64, 128), seed=3, shift=10),
    "odd channels": random_network((3, 7, 5, 11), seed=1),
    "worst case": worst_case()[0],
}
each_arithmetic = pytest.mark.parametrize("arithmetic", [Float32Products(), Int8Products()])


def images_of(count: int) -> np.ndarray:
    return np.random.Generator(np.random.PCG64(0)).integers(0, 256, (count, 28, 28), np.uint8)


@pytest.mark.parametrize("name", NETWORKS)
@each_arithmetic
def test_logits_on_a_gpu_equal_the_integer_reference_to_the_bit(name, arithmetic):
    evaluator = ExactEvaluator("cuda", [arithmetic])
    network, images = NETWORKS[name], images_of(50)
    expected = reference_logits(network, images)
    for batch in (1, 7, 50, 64):
        assert np.array_equal(evaluator.logits(network, images, batch), expected)


@each_arithmetic
def test_a_gpu_gives_the_points_of_the_processor(arithmetic):
    network, images = NETWORKS["large"], images_of(20_000)
    labels = np.random.Generator(np.random.PCG64(5)).integers(0, 10, 20_000, np.uint8)
    expected = ExactEvaluator("cpu").points(network, images, labels)
    found = ExactEvaluator("cuda", [arithmetic]).points(network, images, labels)
    assert np.array_equal(found, expected)


def test_reduced_precision_of_the_process_does_not_change_scores_on_a_gpu():
    network, images = NETWORKS["worst case"], images_of(2_000)
    before = torch.backends.cuda.matmul.fp32_precision
    try:
        torch.backends.cuda.matmul.fp32_precision = "tf32"
        with torch.autocast("cuda", dtype=torch.bfloat16):
            computed = ExactEvaluator("cuda", [Float32Products()]).logits(network, images)
    finally:
        torch.backends.cuda.matmul.fp32_precision = before
    assert np.array_equal(computed, ExactEvaluator("cpu").logits(network, images))


def test_a_gpu_short_of_memory_judges_in_smaller_batches():
    network, images = NETWORKS["large"], images_of(9_000)
    expected = ExactEvaluator("cpu").logits(network, images)
    evaluator = ExactEvaluator("cuda")
    torch.cuda.empty_cache()
    total = torch.cuda.get_device_properties(0).total_memory
    allowed = torch.cuda.memory_reserved() + 300 * 2**20  # a full batch's windows need 600 MiB
    try:
        torch.cuda.set_per_process_memory_fraction(min(1.0, allowed / total))
        assert np.array_equal(evaluator.logits(network, images), expected)
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
