"""Scores are exact: the same to the bit as the integer reference, however they are computed."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from offchain.errors import EvaluationError
from offchain.learning import evaluation
from offchain.learning.evaluation import ExactEvaluator, lowest_largest, worst_case
from offchain.learning.integer_network import (
    DIGITS_FAMILY,
    IntegerLayer,
    IntegerNetwork,
    accumulator_bound,
    reference_classes,
    reference_logits,
)
from tests.learning.networks import random_network


def images_of(count: int, seed: int = 0) -> np.ndarray:
    return np.random.Generator(np.random.PCG64(seed)).integers(0, 256, (count, 28, 28), np.uint8)


NETWORKS = {
    "one channel": random_network((1, 1, 1, 1)),
    "odd channels": random_network((3, 7, 5, 11), seed=1),
    "usual": random_network((16, 32, 64, 64), seed=2, shift=9),
    "without shifts": random_network((4, 4, 4, 4), seed=3, shift=0),
    "worst case": worst_case()[0],
}


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("as_matrix_products", [False, True])
def test_logits_equal_the_integer_reference_to_the_bit(name, as_matrix_products):
    images = images_of(30)
    computed = ExactEvaluator("cpu", as_matrix_products).logits(NETWORKS[name], images)
    assert np.array_equal(computed, reference_logits(NETWORKS[name], images))


@pytest.mark.parametrize("as_matrix_products", [False, True])
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("batch", [1, 7, 32, 1000])
def test_logits_do_not_depend_on_batch_and_threads(batch, threads, as_matrix_products):
    network, images = NETWORKS["worst case"], images_of(33)
    torch.set_num_threads(threads)
    evaluator = ExactEvaluator("cpu", as_matrix_products)
    computed = evaluator.logits(network, images, batch)
    assert np.array_equal(computed, reference_logits(network, images))


def test_the_score_counts_what_the_reference_gets_right():
    network, images = NETWORKS["odd channels"], images_of(200)
    labels = np.random.Generator(np.random.PCG64(5)).integers(0, 10, 200, np.uint8)
    classes = reference_classes(network, images)
    expected = int((classes == labels).sum())
    evaluator = ExactEvaluator()
    found = [evaluator.score(network, images, labels, batch) for batch in (1, 33, 500)]
    assert found == [expected, expected, expected]
    assert evaluator.score(network, images, classes.astype(np.uint8)) == 200
    assert np.array_equal(evaluator.classes(network, images), classes)


def test_no_images_score_nothing():
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


def test_a_machine_whose_arithmetic_is_not_exact_is_found_out(monkeypatch):
    """bfloat16 sums, as reduced precision gives them, fail the known worst case."""

    exact = torch.addmm

    def rounded(*arguments):
        return exact(*arguments).bfloat16().float()

    monkeypatch.setattr(evaluation.torch, "addmm", rounded)
    with pytest.raises(EvaluationError, match="not exact"):
        ExactEvaluator()


def test_another_process_with_two_threads_gets_the_same_logits():
    """In a process of its own, since thread pools are set up once."""
    program = (
        "import hashlib, sys, torch\n"
        "torch.set_num_threads(int(sys.argv[1]))\n"
        "from offchain.learning.evaluation import ExactEvaluator, worst_case\n"
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
