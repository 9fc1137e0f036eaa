"""Measuring voices: distances are the judge's, variants are models, results are kept."""

import numpy as np
import pytest

from offchain.learning.exact.integer_network import check_network
from offchain.learning.exact.worst_case import worst_case
from offchain.programs.running import run_program
from scripts import voices
from scripts.voices import SHARERS, Table, with_noise
from tests.support.random_networks import random_network


def points(right: list[int]) -> np.ndarray:
    """The same points in every data transaction: 1 for the samples with these numbers, of 20."""
    row = np.zeros(20, np.int64)
    row[right] = 1
    return np.tile(row, (SHARERS, 1))


BASELINE = points(list(range(8)))
BEST = points(list(range(16)))
COPY = points(list(range(15)))
OTHER = points([*range(4), *range(8, 12), *range(16, 20), 12, 13])


def test_nets_spreads_and_distances_count_what_is_left_of_ten_transactions():
    table = Table(BASELINE, [BEST, COPY, OTHER])
    assert [table.net(model) for model in range(3)] == [4 * 8, 4 * 7, 4 * 6]
    assert [table.spread(model) for model in range(3)] == [4 * 8, 4 * 7, 4 * 14]
    assert table.between(0, 1) == 4
    assert table.ratio(0, 1) == pytest.approx(1 / 7)
    assert table.ratio(0, 2) == pytest.approx(10 / 8)


def test_a_copy_is_no_voice_and_another_model_is_one():
    table = Table(BASELINE, [BEST, COPY, OTHER])
    assert table.ranking() == (0, 1, 2)
    assert table.voices() == 2
    assert Table(BASELINE, [BASELINE]).ranking() == ()
    assert Table(BASELINE, [BASELINE, BASELINE]).ratio(0, 1) == 0.0


@pytest.mark.parametrize(("part", "most"), [(0.0, 1), (0.1, 1), (1.0, 12), (1.0, 128)])
@pytest.mark.parametrize("network", [random_network(), worst_case()[0]], ids=["random", "worst"])
def test_a_network_with_noise_is_still_a_model(network, part, most):
    noisy = with_noise(network, part, most, 1)
    check_network(noisy)
    for before, after in zip(network.convolutions, noisy.convolutions, strict=True):
        moved = np.abs(after.weight.astype(int) - before.weight)
        assert moved.max() <= most
        assert (moved > 0).mean() <= part + 0.1
        assert np.array_equal(before.bias, after.bias)
    if part:
        assert any(
            not np.array_equal(before.weight, after.weight)
            for before, after in zip(network.convolutions, noisy.convolutions, strict=True)
        )


def test_results_are_not_replaced_without_force(tmp_path, capsys):
    file = tmp_path / "voices.json"
    file.write_text("{}")
    assert run_program(voices.voices, "voices", ["--output", str(file)]) == 2
    assert "--force replaces it" in capsys.readouterr().err
    assert file.read_text() == "{}"
