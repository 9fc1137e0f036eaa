"""What the sizes of the experiment are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

from offchain.errors import ConfigurationError
from offchain.experiment.fonts import choose_fonts
from offchain.experiment.learner import DecodedPayloads, SharedDigitsTask
from offchain.experiment.plan import FULL, SIZES
from offchain.learning.drawing.noise import PRESETS, draw_chosen
from offchain.learning.exact.judge_gas import beyond_the_judge
from offchain.learning.fonts.atlas import GlyphAtlas
from offchain.learning.formats.digits import DigitSamples, encode_payload
from offchain.learning.task import MAXIMUM_PAYLOAD_BYTES
from offchain.learning.training.settings import TrainingSettings
from offchain.protocol.rules.judging import is_valid, required
from offchain.protocol.words.parameters import DEMO, ParameterOutOfRange


def test_the_full_size_has_the_numbers_of_the_paper():
    assert (FULL.nodes, FULL.blocks, FULL.fonts) == (10, 5, 5_500)
    assert FULL.noises == ("moderate", "hard")
    assert FULL.images == 550_000
    assert FULL.test_images == 82_500
    # 2,200 fonts, 25 transforms, 10 digits.
    assert FULL.images == 2 * FULL.fonts // 5 * 25 * 10
    assert (DEMO.parts, DEMO.test_parts) == (20, 3)
    assert FULL.samples_per_part == 2_750
    assert 20 * FULL.samples_per_part == FULL.node_images == 55_000
    assert 3 * FULL.samples_per_part == FULL.test_images // FULL.nodes == 8_250


def test_a_part_of_the_full_size_fits_a_payload_with_the_hardest_noise():
    glyphs = np.zeros((1, 10, 64, 64), np.uint8)
    glyphs[:, :, 8:56, 20:44] = 255
    chosen = np.tile(np.arange(10), FULL.samples_per_part // 10)
    random = np.random.Generator(np.random.PCG64(1))
    images = draw_chosen(glyphs[0], chosen, PRESETS["hard"], random)
    part = DigitSamples(images, chosen.astype(np.uint8))
    # Glyphs of many fonts are less alike: twice as much would fit as well.
    assert 2 * len(encode_payload(part)) <= MAXIMUM_PAYLOAD_BYTES


@pytest.mark.parametrize("size", sorted(SIZES))
def test_in_every_size_all_nodes_are_members_and_attest_in_every_round(size):
    plan = replace(SIZES[size], fonts=SIZES[size].fonts or 400)
    parameters = plan.parameters
    assert parameters.minimum_ring == parameters.minimum_data == plan.nodes
    # Genesis accounts attest as long as not all nodes have standing.
    assert parameters.minimum_standing == plan.nodes
    assert parameters.samples_per_part == plan.samples_per_part > 0
    assert plan.test_images == plan.nodes * parameters.test_parts * plan.samples_per_part
    assert beyond_the_judge(plan.channels) is None


def test_any_better_model_is_valid_however_many_there_are():
    p = FULL.parameters
    bound = required(
        p.significance, p.hostile_allowance, p.tries_allowance, FULL.nodes, 3, FULL.nodes
    )
    assert bound == 0
    assert is_valid(1, 33_000, bound)
    assert not is_valid(0, 33_000, bound)


def test_too_few_fonts_for_an_image_in_every_part_are_refused():
    with pytest.raises(ConfigurationError, match="14 fonts give a node 0 images"):
        replace(FULL, nodes=3, fonts=14, transforms=1)


def test_nodes_have_equally_many_fonts_in_every_group(monkeypatch):
    random = np.random.default_rng(0)
    # Families of four to a cell of ten fonts: some cells stay emptier than others.
    families = np.repeat(np.arange(40), 4)
    atlas = GlyphAtlas(
        random.integers(0, 256, (160, 10, 4, 4), dtype=np.uint8),
        tuple(f"{number}.ttf" for number in range(160)),
        (),
        np.ones(160),
        (),
        families,
    )
    monkeypatch.setattr("offchain.experiment.fonts.load_set", lambda *_: atlas)
    chosen = choose_fonts(replace(SIZES["tiny"], fonts=0))
    counts = {len(cell) for ring in chosen.dealt.cells for cell in ring}
    assert len(counts) == 1
    assert len(chosen.used) == 3 * 5 * counts.pop()


@pytest.mark.parametrize("change", [{"nodes": 2}, {"blocks": 0}, {"transforms": 0}, {"noises": ()}])
def test_an_experiment_of_nothing_is_refused(change):
    with pytest.raises(ConfigurationError, match="at least 3, 1, 1 and 1"):
        replace(FULL, **change)


def test_parts_that_are_too_large_for_one_judging_are_refused():
    with pytest.raises(ParameterOutOfRange, match="samplesPerPart is 13750"):
        replace(FULL, transforms=125)


def test_a_plan_goes_on_with_other_blocks_presets_and_trainings_but_with_no_other_data():
    recorded = FULL.as_json()
    assert not replace(FULL, blocks=7, noises=("hard",)).differences(recorded)
    assert not replace(FULL, training_seconds=9.0, threads=1).differences(recorded)
    assert not replace(FULL, first_training_seconds=None, channels=(8, 8, 8, 8)).differences(
        recorded
    )
    assert replace(FULL, transforms=24).differences(recorded) == [
        "transforms was 25 and is now 24",
        "samples_per_part was 2750 and is now 2640",
        "images_per_block was 550000 and is now 528000",
        "test_images_per_block was 82500 and is now 79200",
    ]


def test_a_training_of_the_full_size_ends_by_its_seconds_and_a_small_one_by_its_steps():
    from offchain.experiment.running import training_settings

    full = training_settings(FULL, first=False)
    small = training_settings(SIZES["small"], first=True)
    assert full.seconds == FULL.training_seconds
    assert full.maximum_steps * full.batch > 10**9 < full.epochs * FULL.images
    assert small.maximum_steps == SIZES["small"].training_steps
    assert small.seconds >= 600


def test_a_new_network_has_the_channels_and_the_seconds_of_the_first_block():
    from offchain.experiment.running import training_settings

    plan = replace(FULL, channels=(8, 16, 24, 32), training_seconds=3.0, first_training_seconds=7.0)
    assert training_settings(plan, first=True).seconds == 7.0
    assert training_settings(plan, first=True).channels == (8, 16, 24, 32)
    assert training_settings(plan, first=False).seconds == 3.0
    assert training_settings(replace(plan, first_training_seconds=None), first=True).seconds == 3.0


def test_a_new_network_is_trained_by_the_first_settings_and_one_taken_over_by_the_others():
    settings = TrainingSettings(channels=(2, 2, 2, 2), batch=10, exploration=None)
    first = replace(settings, channels=(3, 2, 2, 4), maximum_steps=2)
    task = SharedDigitsTask(50, replace(settings, maximum_steps=5), first, DecodedPayloads())
    random = np.random.Generator(np.random.PCG64(0))
    images = random.integers(0, 256, (50, 28, 28), np.uint8)
    samples = [DigitSamples(images, (np.arange(50) % 10).astype(np.uint8))]
    new = task.train(samples, None, 1, lambda _: None)
    assert new.description.startswith("channels 3-2-2-4, 2 steps on 50 samples")
    again = task.train(samples, task.decode_model(new.data), 1, lambda _: None)
    assert again.description.startswith("channels 3-2-2-4, 5 steps on 50 samples")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("16-32-64", "4 numbers from 1 to 64-128-128-256 are needed"),
        ("16-32-64-0", "4 numbers from 1 to 64-128-128-256 are needed"),
        ("65-32-64-64", "4 numbers from 1 to 64-128-128-256 are needed"),
        ("16,32,64,64", "whole numbers with hyphens between them are needed"),
    ],
)
def test_channels_that_no_network_has_are_refused(text, reason):
    from scripts.reproduce_paper import reproduce_paper

    result = CliRunner().invoke(reproduce_paper, ["--channels", text])
    assert result.exit_code == 2
    assert reason in " ".join(result.output.replace("│", " ").split())


def test_seconds_that_are_given_hold_for_all_blocks_and_replace_steps():
    from offchain.experiment.program import make_plan

    short = make_plan("full", training_seconds=9.0, first_training_seconds=None)
    assert (short.training_seconds, short.first_training_seconds) == (9.0, None)
    assert make_plan("small", training_seconds=9.0).training_steps is None
    assert make_plan("full", channels=None) == FULL
    other = make_plan("full", first_training_seconds=9.0, channels=(8, 8, 8, 8))
    assert (other.training_seconds, other.first_training_seconds) == (FULL.training_seconds, 9.0)
    assert other.channels == (8, 8, 8, 8)


def test_the_options_offer_the_sets_and_noises_that_there_are():
    from offchain.learning.drawing.noise import PRESETS
    from offchain.learning.fonts.sets import SET_NAMES
    from scripts.reproduce_paper import FONT_SETS, NOISES, SIZE_CHOICES

    assert set(FONT_SETS) == set(SET_NAMES)
    assert set(NOISES) == set(PRESETS)
    assert set(SIZE_CHOICES) == set(SIZES)
