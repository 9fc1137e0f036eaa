"""Which data a node trains on: not the dirty, not the repeated, not more than it can hold."""

import numpy as np
import pytest
import torch

from offchain.learning.drawing.endless_source import DigitsDataSource
from offchain.learning.drawing.noise import LIGHT, MODERATE
from offchain.learning.exact.integer_network import DIGITS_FAMILY
from offchain.learning.formats.digits import DigitSamples, concatenate, decode_payload
from offchain.learning.training.data_choice import (
    choose_data,
    dirty_parts,
    judge_parts,
    repeated_parts,
)
from offchain.learning.training.loop import train_network
from offchain.learning.training.settings import DataSettings, TrainingSettings

SETTINGS = DataSettings()
BRIEF = TrainingSettings(
    channels=(8, 12, 16, 16)[: len(DIGITS_FAMILY.kernels)], maximum_steps=100, batch=32
)


def parts_of(atlas, node, round_number, count, noise=LIGHT, seed=1):
    data = DigitsDataSource(atlas, node, 2, seed=seed, samples_per_part=100, noise=noise)
    return [decode_payload(part, 100) for part in data.draw(round_number, count)]


@pytest.fixture(scope="module")
def previous(atlas):
    torch.set_num_threads(1)
    samples = concatenate(parts_of(atlas, 0, 1, 8))
    return train_network(samples, None, 1, BRIEF, lambda _: None).network


def mislabelled(part):
    return DigitSamples(part.images, (part.labels + 1) % 10)


def test_mislabelled_items_are_dropped_and_new_users_are_not(atlas, previous):
    """The clean parts are in other fonts, under more noise, than the model has seen."""
    clean = parts_of(atlas, 1, 3, 9, noise=MODERATE)
    parts = [mislabelled(clean[0]), *clean[1:5], mislabelled(clean[5]), *clean[6:]]
    choice = choose_data(parts, [0] * 9, previous, SETTINGS)
    assert sorted(choice.dirty) == [0, 5]
    assert choice.used == (1, 2, 3, 4, 6, 7, 8)
    assert choice.weights == (1.0,) * 7
    assert choose_data(clean, [0] * 9, previous, SETTINGS).dirty == ()


def test_parts_of_noise_are_dropped(atlas, previous):
    random = np.random.Generator(np.random.PCG64(1))
    noise = DigitSamples(
        random.integers(0, 256, (100, 28, 28), np.uint8), random.integers(0, 10, 100, np.uint8)
    )
    parts = [*parts_of(atlas, 0, 1, 5), noise]
    assert choose_data(parts, [0] * 6, previous, SETTINGS).dirty == (5,)


def test_without_a_previous_model_nothing_looks_dirty(atlas):
    clean = parts_of(atlas, 0, 1, 4)
    choice = choose_data([*clean, mislabelled(clean[0])], [0] * 5, None, SETTINGS)
    assert choice.dirty == ()
    assert choice.used == (0, 1, 2, 3, 4)


def test_an_item_is_judged_by_its_loss_and_by_its_labels(atlas, previous):
    part = parts_of(atlas, 0, 1, 1)[0]
    losses, contradicted = judge_parts([part, mislabelled(part)], previous, SETTINGS)
    assert losses[1] > 2.0 > 0.5 > losses[0] > 0.0
    assert contradicted[1] > 0.9 > 0.2 > contradicted[0]


def test_a_loss_far_out_is_not_enough_if_most_labels_are_confirmed():
    losses = np.array([0.1, 0.12, 0.09, 0.11, 3.0])
    assert dirty_parts(losses, np.array([0, 0, 0, 0, 0.9]), SETTINGS) == (4,)
    assert dirty_parts(losses, np.array([0, 0, 0, 0, 0.4]), SETTINGS) == ()


def test_a_flood_of_dirty_parts_is_not_a_reason_to_drop_the_clean_ones():
    """Only so many are dropped, the worst first; a majority of dirty ones moves the median."""
    losses = np.array([0.1] * 6 + [5.0, 6.0, 7.0, 8.0])
    contradicted = (losses > 1).astype(float)
    assert dirty_parts(losses, contradicted, DataSettings(most_dropped=0.2)) == (9, 8)
    assert dirty_parts(losses, contradicted, SETTINGS) == (9, 8, 7, 6)
    assert dirty_parts(np.array([0.1, 5.0, 5.0]), np.array([0, 1, 1]), SETTINGS) == ()


def test_repeated_parts_count_once(atlas):
    first, second = parts_of(atlas, 0, 1, 2)
    relabelled = mislabelled(first)
    parts = [first, second, first, relabelled, second]
    assert repeated_parts(parts) == {2, 4}
    choice = choose_data(parts, [0] * 5, None, SETTINGS)
    assert choice.used == (0, 1, 3)
    assert choice.repeated == (2, 4)


def test_older_items_count_less_and_leave_first(atlas):
    parts = parts_of(atlas, 0, 1, 4)
    ages = [2, 1, 1, 0]
    choice = choose_data(parts, ages, None, DataSettings(fading=0.5))
    assert choice.used == (0, 1, 2, 3)
    assert choice.weights == (0.25, 0.5, 0.5, 1.0)
    bounded = choose_data(parts, ages, None, DataSettings(maximum_samples=250))
    assert bounded.used == (2, 3)
    assert bounded.excess == (0, 1)
    assert choose_data(parts, ages, None, DataSettings(maximum_samples=1)).used == (3,)


def test_no_items_give_no_choice(previous):
    assert choose_data([], [], previous, SETTINGS).used == ()
