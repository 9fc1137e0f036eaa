"""Drawing in several processes gives the same images as in one."""

import sys
from functools import partial

import numpy as np
import pytest
from structlog.testing import capture_logs

from offchain.learning.drawing.helpers import draw_with_helpers
from offchain.learning.drawing.noise import (
    HARD,
    IMAGES_A_HELPER,
    MODERATE,
    affine_maps,
    draw_chosen,
)
from tests.support.waiting import wait_until

WITNESSED = """
import sys
from pathlib import Path
from offchain.learning.drawing.part import main

folder = Path({folder!r})

def requests():
    for line in sys.stdin:
        (folder / "asked").write_text(line)
        yield line

(folder / "ready").touch()
main(sys.argv[1:], requests(), sys.stdout)
"""
"""Draws like any helper, and leaves files that say that it is ready and that it was asked."""

BROKEN = """
import sys
from pathlib import Path

print(flush=True)
(Path({folder!r}) / "ready").touch()
sys.stdin.readline()
sys.exit(3)
"""
"""Takes a part and ends without drawing it."""


def generator(seed):
    return np.random.Generator(np.random.PCG64(seed))


def chosen_of(glyphs, count):
    return generator(1).integers(0, len(glyphs), count)


def draw(glyphs, chosen, program, folder, helpers):
    """Images of one at a time, from when a helper is ready."""

    def make_maps():
        wait_until((folder / "ready").exists, "the helper is ready")
        return affine_maps(len(chosen), MODERATE, generator(5))

    command = [sys.executable, "-c", program.format(folder=str(folder))]
    return draw_with_helpers(glyphs, chosen, make_maps, 28, helpers, command, images_a_part=1)


@pytest.mark.parametrize("helpers", [1, 3])
def test_helpers_that_draw_change_nothing_in_the_images(helpers, atlas, tmp_path):
    glyphs = atlas.glyphs.reshape(-1, 64, 64)
    chosen = chosen_of(glyphs, 5000)
    with capture_logs() as logged:
        drawn = draw(glyphs, chosen, WITNESSED, tmp_path, helpers)
    assert (tmp_path / "asked").exists()
    assert logged == []
    assert np.array_equal(drawn, draw_chosen(glyphs, chosen, MODERATE, generator(5)))


def test_what_a_helper_that_ends_has_not_drawn_is_drawn(atlas, tmp_path):
    glyphs = atlas.glyphs.reshape(-1, 64, 64)
    chosen = chosen_of(glyphs, 5000)
    with capture_logs() as logged:
        drawn = draw(glyphs, chosen, BROKEN, tmp_path, 1)
    assert [entry["status"] for entry in logged] == [3]
    assert np.array_equal(drawn, draw_chosen(glyphs, chosen, MODERATE, generator(5)))


@pytest.mark.parametrize("size", [2047, 2048, 2049])
def test_parts_leave_out_no_image(size, atlas):
    glyphs = atlas.glyphs[0]
    chosen = chosen_of(glyphs, size)
    drawn = draw_with_helpers(
        glyphs, chosen, partial(affine_maps, size, HARD, generator(5)), 28, helpers=1
    )
    assert np.array_equal(drawn, draw_chosen(glyphs, chosen, HARD, generator(5)))


def test_a_large_set_is_the_same_from_any_number_of_processes(atlas):
    glyphs = atlas.glyphs.reshape(-1, 64, 64)
    chosen = chosen_of(glyphs, 2 * IMAGES_A_HELPER)
    drawn = [draw_chosen(glyphs, chosen, HARD, generator(5), processes) for processes in (1, 2, 9)]
    assert np.array_equal(drawn[0], drawn[1])
    assert np.array_equal(drawn[0], drawn[2])
