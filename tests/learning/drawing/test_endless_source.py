"""A node's data: deterministic, from fonts of its own, half of them new in each round."""

import dataclasses

import cv2
import numpy as np
import pytest

from offchain.errors import ConfigurationError, FontError
from offchain.learning.drawing.endless_source import DigitsDataSource, suitable_noise
from offchain.learning.drawing.noise import (
    HARD,
    LIGHT,
    MODERATE,
    PRESETS,
    STRONG,
    HandwritingNoise,
    affine_maps,
    draw_chosen,
    draw_digits,
)
from offchain.learning.drawing.withholding import Withholding
from offchain.learning.fonts.atlas import GlyphAtlas
from offchain.learning.formats.digits import decode_payload


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


def source(atlas, **changes) -> DigitsDataSource:
    fields = {"node": 0, "nodes": 2, "seed": 3, "samples_per_part": 20} | changes
    return DigitsDataSource(atlas, **fields)


def many_fonts(count: int) -> GlyphAtlas:
    return GlyphAtlas(
        np.zeros((count, 10, 64, 64), np.uint8), tuple(map(str, range(count))), (), 0.5
    )


def test_the_same_arguments_give_the_same_bytes(atlas):
    first, again = source(atlas).draw(2, 3), source(atlas).draw(2, 3)
    assert first == again
    assert source(atlas).draw(2, 5)[:3] == first


@pytest.mark.parametrize("change", [{"seed": 4}, {"node": 1}, {"noise": MODERATE}])
def test_other_fields_give_other_bytes(atlas, change):
    assert source(atlas).draw(1, 1) != source(atlas, **change).draw(1, 1)


def test_parts_and_rounds_differ(atlas):
    items = [item for number in (1, 2, 3) for item in source(atlas).draw(number, 4)]
    assert len(set(items)) == 12


def test_parts_hold_all_digits_equally_often_in_random_order(atlas):
    samples = decode_payload(source(atlas, samples_per_part=50).draw(1, 1)[0], 50)
    assert np.bincount(samples.labels, minlength=10).tolist() == [5] * 10
    assert samples.labels.tolist() != sorted(samples.labels.tolist())


@pytest.mark.parametrize("count", [1, 7, 13])
def test_any_number_of_samples_can_be_asked_for(atlas, count):
    samples = decode_payload(source(atlas, samples_per_part=count).draw(1, 1)[0], count)
    assert len(samples) == count


@pytest.mark.parametrize("shuffled", [True, False])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
@pytest.mark.parametrize("held_back", [(), (0,), (1, 3, 5, 7, 9), range(1, 10)])
def test_no_option_changes_how_many_samples_a_part_has(atlas, held_back, share, shuffled):
    withholding = Withholding(frozenset(held_back), share)
    one = source(atlas, withholding=withholding, shuffled=shuffled)
    parts = [decode_payload(part, 20) for part in one.draw(1, 3)]
    assert one.draw(1, 2) == one.draw(1, 3)[:2]
    for part in parts:
        assert not set(held_back) & set(part.labels.tolist())
        assert len({image.tobytes() for image in part.images}) == 20
    if share == 0.0:
        counts = np.bincount(parts[0].labels, minlength=10)
        shared = [counts[label] for label in range(10) if label not in held_back]
        assert max(shared) - min(shared) <= 1


def test_an_image_shows_the_glyph_of_its_label_in_a_font_of_the_node(atlas):
    """Without noise, every image is one of the node's glyphs, under its own digit."""
    still = HandwritingNoise(1.0, 1.0, 0.0, 0.0, 0.0)
    one = source(atlas, noise=still)
    samples = decode_payload(one.draw(1, 1)[0], 20)
    for image, label in zip(samples.images, samples.labels, strict=True):
        glyphs = atlas.glyphs[one.fonts(1), label]
        assert image.tobytes() in {
            drawn.tobytes() for drawn in draw_digits(glyphs, still, generator())
        }


@pytest.mark.parametrize("nodes", [1, 2, 4, 7])
def test_no_two_nodes_share_a_font_and_all_are_dealt(nodes):
    atlas = many_fonts(83)
    owned = [
        {
            int(font)
            for number in range(1, 6)
            for font in source(atlas, node=node, nodes=nodes).fonts(number)
        }
        for node in range(nodes)
    ]
    assert sum(len(fonts) for fonts in owned) == 83
    assert set().union(*owned) == set(range(83))


def test_half_of_the_fonts_are_replaced_by_ones_never_used_while_they_last():
    one = source(many_fonts(100))
    used: set[int] = set()
    for number in range(1, 5):
        before, fonts = (
            set(one.fonts(number - 1).tolist()) if number > 1 else set(),
            set(one.fonts(number).tolist()),
        )
        assert len(fonts) == 20
        if number > 1:
            assert len(fonts & before) == 10
            assert not (fonts - before) & used
        used |= fonts
    assert len(used) == 50
    assert set(one.fonts(6).tolist()) == set(one.fonts(1).tolist())


def test_few_fonts_are_each_a_group_of_their_own():
    one = source(many_fonts(6), nodes=2)
    assert [len(one.fonts(number)) for number in (1, 2, 3)] == [2, 2, 2]
    assert len(set(one.fonts(1).tolist()) & set(one.fonts(2).tolist())) == 1


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"node": 2}, "node 2 of 2"),
        ({"node": -1}, "node -1 of 2"),
        ({"groups": 1}, "1 groups"),
        ({"samples_per_part": 0}, "0 samples"),
    ],
)
def test_impossible_settings_are_refused(changes, reason):
    with pytest.raises(ConfigurationError, match=reason):
        source(many_fonts(50), **changes)


def test_too_few_fonts_for_the_nodes_are_refused():
    with pytest.raises(FontError, match="7 fonts for 4 nodes, each needs 2"):
        source(many_fonts(7), nodes=4)


def test_rounds_count_from_one(atlas):
    with pytest.raises(ConfigurationError, match="round 0"):
        source(atlas).draw(0, 1)


def test_few_fonts_and_fonts_that_are_much_alike_get_hard_noise(atlas):
    assert suitable_noise(atlas) == HARD
    assert suitable_noise(many_fonts(99)) == HARD
    assert suitable_noise(many_fonts(100)) == LIGHT
    assert suitable_noise(dataclasses.replace(many_fonts(100), legibility=0.99)) == HARD


def drawn_plainly(glyphs, noise, random):
    """Each image for itself and whole, its 2 x 2 pixels summed in integers."""
    images = []
    for glyph, affine in zip(glyphs, affine_maps(len(glyphs), noise, random), strict=True):
        large = cv2.warpAffine(glyph, affine, (56, 56)).astype(int)
        sums = large[::2, ::2] + large[1::2, ::2] + large[::2, 1::2] + large[1::2, 1::2]
        images.append((sums + 2) // 4)
    return np.array(images, np.uint8)


@pytest.mark.parametrize("noise", [MODERATE, HARD])
def test_glyphs_that_are_chosen_or_copied_are_drawn_the_same(noise, atlas):
    glyphs = atlas.glyphs.reshape(-1, 64, 64)
    chosen = generator(1).integers(0, len(glyphs), 601)
    drawn = draw_chosen(glyphs, chosen, noise, generator(5))
    assert np.array_equal(drawn, draw_digits(glyphs[chosen], noise, generator(5)))


@pytest.mark.parametrize("noise", PRESETS.values(), ids=PRESETS)
def test_drawing_only_where_ink_is_changes_no_pixel_by_more_than_a_rounding(noise, atlas):
    """Coordinates from another corner round differently, in some of a million pixels."""
    glyphs = atlas.glyphs.reshape(-1, 64, 64)
    chosen = generator(1).integers(0, len(glyphs), 2000)
    drawn = draw_chosen(glyphs, chosen, noise, generator(5)).astype(int)
    differences = np.abs(drawn - drawn_plainly(glyphs[chosen], noise, generator(5)))
    assert differences.max() <= 2
    assert (differences > 0).mean() < 1e-4


def test_glyphs_that_are_not_there_are_refused(atlas):
    for wrong in (-1, 10):
        with pytest.raises(IndexError):
            draw_chosen(atlas.glyphs[0], np.array([0, wrong]), MODERATE, generator())
    assert draw_chosen(atlas.glyphs[0], np.zeros(0, int), MODERATE, generator(), 2).shape == (
        0,
        28,
        28,
    )


def test_drawing_without_noise_shrinks_the_glyph(atlas):
    glyph = atlas.glyphs[:1, 8]
    drawn = draw_digits(glyph, HandwritingNoise(1.0, 1.0, 0.0, 0.0, 0.0), generator())[0]
    assert drawn.shape == (28, 28)
    assert abs(drawn.mean() - glyph.mean()) < 2.0
    rows = np.flatnonzero(drawn.max(axis=1) > 0)
    assert 20 <= len(rows) <= 26


def test_every_drawn_image_shows_something(atlas):
    glyphs = np.repeat(atlas.glyphs.reshape(-1, 64, 64), 3, axis=0)
    for noise in PRESETS.values():
        assert (draw_digits(glyphs, noise, generator()).max(axis=(1, 2)) > 100).all()


@pytest.mark.parametrize("noise", [MODERATE, STRONG, HARD])
def test_noise_stays_in_the_ranges_of_its_preset(noise):
    maps = affine_maps(20_000, noise, generator())
    scale = np.sqrt(maps[:, 0, 0] * maps[:, 1, 1]) * 64 / 56
    assert noise.scale_low <= scale.min() < scale.max() <= noise.scale_high
    aspect = np.log(maps[:, 0, 0] / maps[:, 1, 1])
    assert abs(aspect.std() - noise.aspect_sigma) < 0.02 * noise.aspect_sigma + 0.003
    slant = -maps[:, 0, 1] / maps[:, 1, 1]
    assert np.abs(slant).max() <= noise.slant
    assert np.abs(slant).max() > 0.99 * noise.slant
    centres = maps[:, :, :2].sum(axis=2) * 31.5 + maps[:, :, 2] - 27.5
    assert np.abs(centres).max() <= 2 * noise.shift + 1e-9
    assert (maps[:, 1, 0] == 0).all()


def test_unshuffled_parts_are_of_one_user_each(atlas):
    def spread(shuffled):
        part = source(atlas, samples_per_part=100, noise=LIGHT, shuffled=shuffled).draw(1, 1)[0]
        samples = decode_payload(part, 100)
        ones = samples.images[samples.labels == 4].astype(float)
        return ones.std(axis=0).mean()

    # One hand has about one image of a digit; many hands have many. Light noise blurs both alike.
    assert spread(False) < spread(True)
