"""What the chain takes for a model is what every node takes for one."""

import numpy as np
import pytest

from offchain.errors import ModelError
from offchain.learning.exact.integer_network import (
    DIGITS_FAMILY,
    MAXIMUM_MODEL_BYTES,
    encode_model,
    parse_model,
)
from offchain.learning.exact.judge_gas import (
    MAXIMUM_JUDGING_GAS,
    beyond_the_judge,
    file_bytes,
    judging_gas,
)
from scripts.support.judging.calls import Judge
from scripts.support.models.files import nearly_models, zeros
from scripts.support.models.networks import AT_THE_LIMITS
from tests.support.random_networks import random_network

ROUNDS = 8
FULL_ROUNDS = 150
SHAPES = 40


def is_model(file: bytes) -> bool:
    try:
        parse_model(file)
    except ModelError:
        return False
    return True


def assert_same_verdicts(judge: Judge, seed: int, rounds: int) -> None:
    verdicts = []
    for what, file in nearly_models(seed, rounds):
        verdict = judge.is_well_formed(file)
        assert verdict == is_model(file), what
        verdicts.append(verdict)
    # Files that are all refused, or all accepted, would show little.
    assert len(verdicts) // 5 < sum(verdicts) < len(verdicts) * 4 // 5


def test_nearly_models_get_the_verdict_of_the_nodes(judge: Judge):
    assert_same_verdicts(judge, seed=1, rounds=ROUNDS)


@pytest.mark.full
def test_thousands_of_nearly_models_get_the_verdict_of_the_nodes(judge: Judge):
    assert_same_verdicts(judge, seed=2, rounds=FULL_ROUNDS)


def test_short_files_are_no_models_and_nothing_reverts(judge: Judge):
    model = encode_model(random_network((1, 1, 1, 1)))
    for length in (*range(0, 160, 3), len(model) - 1):
        assert not judge.is_well_formed(model[:length])
    assert not judge.is_well_formed(b"\xff" * 200)


def test_the_largest_file_is_a_model_and_one_byte_more_is_none(judge: Judge):
    shape = [1, 1, 128, 1]
    while file_bytes([*shape[:3], shape[3] + 1]) <= MAXIMUM_MODEL_BYTES:
        shape[3] += 1
    assert judge.is_well_formed(zeros(shape)) is is_model(zeros(shape))
    shape[3] += 1
    assert not judge.is_well_formed(zeros(shape))
    assert not is_model(zeros(shape))


def test_the_bound_of_the_shapes_is_the_same_on_chain(harness: Judge):
    random = np.random.Generator(np.random.PCG64(3))
    for _ in range(SHAPES):
        shape = [int(random.integers(1, most + 1)) for most in DIGITS_FAMILY.maximum_channels]
        expected = (judging_gas(shape), file_bytes(shape), beyond_the_judge(shape) is None)
        assert harness.bounds(shape) == expected


@pytest.mark.parametrize(("shape", "taken"), AT_THE_LIMITS.items())
def test_a_shape_at_a_limit_is_taken_and_one_beyond_it_is_not(
    judge: Judge, shape: tuple[int, ...], taken: bool
):
    spare = MAXIMUM_JUDGING_GAS - judging_gas(shape), MAXIMUM_MODEL_BYTES - file_bytes(shape)
    assert min(spare) == (0 if taken else -1)
    file = zeros([*shape])
    assert judge.is_well_formed(file) is is_model(file) is taken


def test_rows_of_every_length_are_summed_up_to_their_ends(judge: Judge):
    """The last word of a row reaches into the next row: bytes behind the end must not count."""
    for third in range(1, 9):
        network = random_network((1, 1, third, 3), largest=0)
        for layer in network.convolutions:
            layer.weight.reshape(len(layer.weight), -1)[1:] = 64
        network.linear.weight[:] = 64
        for at in (0, -1):
            layer = network.convolutions[3]
            layer.weight.reshape(3, -1)[0, :] = 0
            layer.weight.reshape(3, -1)[0, at] = 64
            for bias, expected in ((2**24 - 1 - 255 * 64, True), (2**24 - 255 * 64, False)):
                layer.bias[0] = bias
                file = encode_model(network)
                assert is_model(file) is expected
                assert judge.is_well_formed(file) is expected
