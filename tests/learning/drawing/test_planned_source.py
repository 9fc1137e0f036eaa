"""Data by plan: each font, each digit, each transform once, whatever the number of parts."""

import dataclasses
import itertools

import numpy as np
import pytest

from offchain.errors import ConfigurationError
from offchain.learning.drawing.noise import MODERATE, HandwritingNoise, draw_digits
from offchain.learning.drawing.planned_source import PlannedDigitsSource
from offchain.learning.drawing.withholding import Withholding
from offchain.learning.fonts.plan import deal_fonts
from offchain.learning.formats.digits import concatenate, decode_payload

STILL = HandwritingNoise(1.0, 1.0, 0.0, 0.0, 0.0)


@pytest.fixture(scope="module")
def source(atlas) -> PlannedDigitsSource:
    """Node 1 of 2 with two fonts in each of five groups; three transforms: 120 images a round."""
    plan = deal_fonts(np.arange(20), 2, 5, seed=5, fonts=20)
    return PlannedDigitsSource(atlas, plan, 1, 7, MODERATE, samples_per_part=30, transforms=3)


def drawn(source: PlannedDigitsSource, number: int, count: int):
    source = dataclasses.replace(source, samples_per_part=120 // count)
    return [decode_payload(part, 120 // count) for part in source.draw(number, count)]


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


@pytest.mark.parametrize("count", [1, 4, 8, 120])
def test_the_same_images_are_dealt_to_any_number_of_parts(source, count):
    together = concatenate(drawn(source, 2, count))
    assert np.array_equal(together.images, source.samples(2).images)
    assert np.array_equal(together.labels, source.samples(2).labels)


def test_images_that_are_left_over_are_not_shared(source):
    shared = concatenate(drawn(source, 2, 7))
    images = [image.tobytes() for image in source.samples(2).images]
    places = [images.index(image.tobytes()) for image in shared.images]
    assert len(places) == 7 * 17
    assert places == sorted(set(places))


def test_no_two_images_of_moderate_noise_are_equal_and_rounds_differ(source):
    rounds = [source.samples(number).images for number in (1, 2, 6)]
    images = {image.tobytes() for one in rounds for image in one}
    assert len(images) == 3 * 120


def test_what_is_drawn_depends_on_fields_and_round_alone(source):
    assert source.draw(3, 3) == dataclasses.replace(source).draw(3, 3)
    for change in ({"seed": 8}, {"node": 0}, {"noise": STILL}, {"transforms": 4}):
        assert source.draw(3, 3) != dataclasses.replace(source, **change).draw(3, 3)


def test_shuffled_parts_mix_fonts_and_unshuffled_ones_hold_them_whole(source):
    mixed = drawn(source, 1, 4)
    assert all(len(np.unique(item.labels)) > 5 for item in mixed)
    assert all(np.any(np.diff(item.labels.astype(int)) < 0) for item in mixed)
    in_order = drawn(dataclasses.replace(source, shuffled=False), 1, 4)
    assert [item.labels.tolist() for item in in_order] == [np.repeat(np.arange(10), 3).tolist()] * 4


def test_too_few_images_for_the_parts_are_refused(source):
    assert len(source.draw(1, 4)) == 4
    with pytest.raises(
        ConfigurationError, match="120 images of round 1 for 5 parts of 30 samples, 150 in all"
    ):
        source.draw(1, 5)


def test_what_is_held_back_is_made_up_from_other_images(source):
    held = dataclasses.replace(source, withholding=Withholding(frozenset({3, 7}), 0.25))
    parts = [decode_payload(part, 30) for part in held.draw(1, 2)]
    labels = concatenate(parts).labels
    assert len(labels) == 60
    assert not {3, 7} & set(labels.tolist())
    with pytest.raises(ConfigurationError, match="120 samples, of which 48 are held back: 90 are"):
        held.draw(1, 3)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"node": 2}, "node 2 of 2"),
        ({"transforms": 0}, "0 transforms"),
        ({"samples_per_part": 0}, "0 samples a part"),
    ],
)
def test_impossible_settings_are_refused(source, change, reason):
    with pytest.raises(ConfigurationError, match=reason):
        dataclasses.replace(source, **change)
