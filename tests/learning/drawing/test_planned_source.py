"""Data by plan: each font, each digit, each transform once, whatever the number of items."""

import dataclasses
import itertools

import numpy as np
import pytest

from offchain.errors import ConfigurationError
from offchain.learning.drawing.noise import MODERATE, HandwritingNoise, draw_digits
from offchain.learning.drawing.planned_source import PlannedDigitsSource
from offchain.learning.fonts.plan import deal_fonts
from offchain.learning.formats.digits import concatenate, decode_payload

STILL = HandwritingNoise(1.0, 1.0, 0.0, 0.0, 0.0)


@pytest.fixture(scope="module")
def source(atlas) -> PlannedDigitsSource:
    """Node 1 of 2 with two fonts in each of five groups; three transforms: 120 images a round."""
    plan = deal_fonts(np.arange(20), 2, 5, seed=5, fonts=20)
    return PlannedDigitsSource(atlas, plan, 1, 7, MODERATE, transforms=3)


def drawn(source: PlannedDigitsSource, number: int, count: int):
    return [decode_payload(item, 4096) for item in source.draw(number, count)]


def test_a_round_has_every_digit_of_every_font_the_same_number_of_times(source):
    still = dataclasses.replace(source, noise=STILL)
    samples = concatenate(drawn(still, 1, 4))
    assert len(samples) == still.images(1) == 4 * 10 * 3
    random = np.random.Generator(np.random.PCG64(0))
    expected = {}
    for font, label in itertools.product(still.plan.fonts(1, 1), range(10)):
        image = draw_digits(still.atlas.glyphs[font, label][None], STILL, random)[0]
        expected[(label, image.tobytes())] = 3
    found: dict[tuple[int, bytes], int] = {}
    for image, label in zip(samples.images, samples.labels, strict=True):
        key = (int(label), image.tobytes())
        found[key] = found.get(key, 0) + 1
    assert found == expected


@pytest.mark.parametrize("count", [1, 4, 7, 120])
def test_the_same_images_are_dealt_to_any_number_of_items(source, count):
    items = drawn(source, 2, count)
    assert {len(item) for item in items} <= {120 // count, -(-120 // count)}
    together = concatenate(items)
    assert np.array_equal(together.images, source.samples(2).images)
    assert np.array_equal(together.labels, source.samples(2).labels)


def test_no_two_images_of_moderate_noise_are_equal_and_rounds_differ(source):
    rounds = [source.samples(number).images for number in (1, 2, 6)]
    images = {image.tobytes() for one in rounds for image in one}
    assert len(images) == 3 * 120


def test_what_is_drawn_depends_on_fields_and_round_alone(source):
    assert source.draw(3, 5) == dataclasses.replace(source).draw(3, 5)
    for change in ({"seed": 8}, {"node": 0}, {"noise": STILL}, {"transforms": 4}):
        assert source.draw(3, 5) != dataclasses.replace(source, **change).draw(3, 5)


def test_shuffled_items_mix_fonts_and_unshuffled_ones_hold_them_whole(source):
    mixed = drawn(source, 1, 4)
    assert all(len(np.unique(item.labels)) > 5 for item in mixed)
    assert all(np.any(np.diff(item.labels.astype(int)) < 0) for item in mixed)
    in_order = drawn(dataclasses.replace(source, shuffled=False), 1, 4)
    assert [item.labels.tolist() for item in in_order] == [np.repeat(np.arange(10), 3).tolist()] * 4


def test_images_that_do_not_fit_say_how_many_keys_are_needed(source):
    small = dataclasses.replace(source, maximum_samples=30)
    assert len(small.draw(1, 4)) == 4
    with pytest.raises(ConfigurationError, match="a node needs 4 to 120 share keys"):
        small.draw(1, 3)
    with pytest.raises(ConfigurationError, match="120 images of round 1 in 121 items"):
        source.draw(1, 121)
    assert source.draw(1, 0) == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"node": 2}, "node 2 of 2"),
        ({"transforms": 0}, "0 transforms"),
        ({"maximum_samples": 0}, "0 samples an item"),
    ],
)
def test_impossible_settings_are_refused(source, change, reason):
    with pytest.raises(ConfigurationError, match=reason):
        dataclasses.replace(source, **change)
