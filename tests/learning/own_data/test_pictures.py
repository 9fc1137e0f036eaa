"""Pictures are made to fit the task, and nothing but their pixels is left."""

import io

import numpy as np
import pytest
from PIL import Image

from offchain.learning.own_data.found import Found
from offchain.learning.own_data.pictures import (
    PicturePreparation,
    fit_picture,
    fit_pixels,
    open_picture,
)
from offchain.learning.own_data.prepared import Change, RefusedSample
from offchain.learning.task_file.words import Background, ImageSamples
from tests.support.own_data import ANIMALS, ON_DARK, picture, png

COLOURED = ImageSamples(8, 8, 3, ("cat", "dog"))


def stroke(side=32, light=True):
    """A thin dark stroke on a light ground, or the other way round."""
    pixels = np.full((side, side), 250 if light else 5, np.uint8)
    pixels[side // 4 : -side // 4, side // 2 - 1 : side // 2 + 1] = 5 if light else 250
    return pixels


def fitted(content, images=ANIMALS):
    return fit_picture(open_picture(content), images)


def test_a_picture_that_fits_is_left_as_it_is():
    pixels, changes = fitted(png(picture(1)))
    np.testing.assert_array_equal(pixels[..., 0], picture(1))
    assert not changes


def test_dark_on_light_is_inverted_where_the_task_has_a_dark_background():
    light, changes = fitted(png(stroke(light=True)), ON_DARK)
    assert changes == {Change.RESIZED, Change.INVERTED}
    dark, changes = fitted(png(stroke(light=False)), ON_DARK)
    assert changes == {Change.RESIZED}
    np.testing.assert_allclose(light, dark, atol=1)
    assert light[0, 0, 0] < 10 < light[4, 4, 0]
    on_light = ImageSamples(8, 8, 1, ("cat", "dog"), Background.LIGHT)
    assert Change.INVERTED in fitted(png(stroke(light=False)), on_light)[1]
    assert fitted(png(stroke(light=True)), ANIMALS)[1] == {Change.RESIZED}


def test_proportions_are_kept_and_the_edge_is_filled_up():
    wide = np.full((10, 40), 200, np.uint8)
    wide[:, 18:22] = 0
    pixels, changes = fitted(png(wide))
    assert changes == {Change.RESIZED, Change.PADDED}
    assert pixels.shape == (8, 8, 1)
    assert set(pixels[0].ravel()) == set(pixels[-1].ravel()) == {200}


def test_colours_turn_grey_and_grey_gets_three_channels():
    colours = np.zeros((8, 8, 3), np.uint8)
    colours[..., 1] = 255
    pixels, changes = fitted(png(colours))
    assert changes == {Change.GREYED}
    # Luma of pure green, ITU-R BT.601.
    assert set(pixels.ravel()) == {149, 150} or set(pixels.ravel()) == {150}
    pixels, changes = fitted(png(picture(1)), COLOURED)
    assert changes == {Change.COLOURED}
    assert pixels.shape == (8, 8, 3)
    assert fitted(png(colours), COLOURED)[1] == set()


def test_what_is_transparent_is_put_on_white():
    pixels = np.zeros((8, 8, 4), np.uint8)
    pixels[2:6, 2:6] = (10, 20, 30, 255)
    found, changes = fitted(png(pixels), COLOURED)
    assert changes == {Change.UNCOVERED}
    assert found[0, 0].tolist() == [255, 255, 255]
    assert found[3, 3].tolist() == [10, 20, 30]


@pytest.mark.parametrize("mode", ["1", "P", "LA", "I;16"])
def test_every_kind_of_png_is_read(mode):
    if mode == "I;16":
        image = Image.fromarray(picture(3).astype(np.uint16) << 8)
    else:
        image = Image.fromarray(picture(3)).convert(mode)
    stream = io.BytesIO()
    image.save(stream, "PNG")
    pixels, _ = fitted(stream.getvalue())
    assert pixels.shape == (8, 8, 1)
    if mode in ("LA", "I;16"):
        np.testing.assert_array_equal(pixels[..., 0], picture(3))


def photograph(**options):
    """A JPEG with a place, a name and a direction in its EXIF."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x013B] = "Erika Mustermann"
    exif.get_ifd(0x8825)[1] = "N 48 8 14"
    stream = io.BytesIO()
    pixels = np.zeros((32, 64, 3), np.uint8)
    pixels[:, :32] = 255
    Image.fromarray(pixels).save(stream, "JPEG", exif=exif, comment=b"my secret", **options)
    return stream.getvalue()


def test_exif_turns_a_picture_and_never_leaves():
    content = photograph()
    assert b"Erika" in content
    assert b"secret" in content
    prepared = PicturePreparation(ANIMALS).prepare(Found(0, "cat/erika.jpg", "cat", content))
    assert Change.TURNED in prepared.changes
    # Turned a quarter to the right: what was left is on top.
    assert prepared.value[0, 4, 0] > 200 > 50 > prepared.value[-1, 4, 0]
    for secret in (b"Erika", b"secret", b"N 48", b"erika.jpg"):
        assert secret not in prepared.record
    assert len(prepared.record) == 8 * 8 + 1


def test_pictures_of_very_many_pixels_are_refused_before_they_are_unpacked():
    stream = io.BytesIO()
    Image.new("1", (16_384, 8_192)).save(stream, "PNG")
    assert len(stream.getvalue()) < 100_000
    with pytest.raises(RefusedSample, match="16384 x 8192 pixels: at most 64 million"):
        open_picture(stream.getvalue())


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_damage_anywhere_is_refused_or_read_and_never_ends_in_another_error(form):
    stream = io.BytesIO()
    Image.fromarray(picture(5, 24)).save(stream, form)
    good, random = stream.getvalue(), np.random.default_rng(0)
    for _ in range(300):
        bad = bytearray(good)
        for place in random.integers(0, len(bad), 3):
            bad[place] = random.integers(256)
        try:
            pixels, _ = fitted(bytes(bad))
        except RefusedSample:
            continue
        assert pixels.shape == (8, 8, 1)


def test_other_formats_are_refused_though_pillow_reads_them():
    for form in ("GIF", "BMP", "TIFF", "WEBP"):
        stream = io.BytesIO()
        Image.fromarray(picture(5)).save(stream, form)
        with pytest.raises(RefusedSample, match="no picture in PNG or JPEG"):
            open_picture(stream.getvalue())


def test_pixels_that_are_no_picture_are_refused():
    for pixels in (
        np.zeros((8,), np.uint8),
        np.zeros((8, 8, 2), np.uint8),
        np.zeros((0, 8), np.uint8),
        np.zeros((8, 8), np.float32),
    ):
        with pytest.raises(RefusedSample, match="no picture"):
            fit_pixels(pixels, ANIMALS)
