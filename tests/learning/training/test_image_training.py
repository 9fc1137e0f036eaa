"""Training of images of any size: augmentation, channels, exploration, what quantisation costs."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from offchain.learning.exact.evaluation import ExactEvaluator
from offchain.learning.exact.image_family import image_family, starting_channels
from offchain.learning.exact.integer_network import check_network, parse_model
from offchain.learning.formats.samples import LabelledImages
from offchain.learning.kinds.images.kind import training_settings
from offchain.learning.kinds.kind import LearnerSettings
from offchain.learning.kinds.known import find_kind
from offchain.learning.task_file.words import ImageSamples, ModelLimits, TaskFile
from offchain.learning.tasks.known import make_learner
from offchain.learning.training import loop
from offchain.learning.training.augmentation import Augmentation
from offchain.learning.training.candidate import train_candidate
from offchain.learning.training.loop import train_network
from offchain.learning.training.quantisation import quantise
from offchain.learning.training.settings import FULL_SIZE, ExplorationSettings
from offchain.learning.training.trainable_network import images_to_float
from tests.support.small_tasks import COLOURS, samples_of

SHAPES = TaskFile(
    "shapes",
    "images",
    ImageSamples(20, 24, 1, ("bar", "column", "square")),
    50,
    ModelLimits(40_000),
)


FULL_STEPS = 400


def shapes(count: int, seed: int) -> LabelledImages:
    """Bars, columns and squares anywhere in noise."""
    random = np.random.Generator(np.random.PCG64(seed))
    images = random.integers(0, 90, (count, 20, 24, 1), np.uint8)
    labels = random.integers(0, 3, count, np.uint8)
    sizes = np.array([(3, 9), (9, 3), (6, 6)])[labels]
    for image, (height, width) in zip(images, sizes, strict=True):
        top, left = random.integers(0, 20 - height), random.integers(0, 24 - width)
        image[top : top + height, left : left + width] += np.uint8(120)
    return LabelledImages(images, labels)


def silent(_):
    pass


@pytest.fixture(scope="module")
def trained():
    torch.set_num_threads(1)
    kind = find_kind("images")
    task = kind.make_task(SHAPES, LearnerSettings({"training_seconds": 60.0}, "cpu"))
    result = task.train([shapes(1500, 1)], None, 1, silent)
    return task, result.data


def test_images_of_another_size_are_learned(trained):
    task, model = trained
    test = shapes(1000, 2)
    assert task.points(task.decode_model(model), [test]).mean() > 0.9
    assert len(model) <= 40_000


@pytest.mark.parametrize(
    "options", [{}, pytest.param({"training": "full"}, marks=pytest.mark.full)], ids=str
)
def test_quantisation_costs_at_most_half_a_point(monkeypatch, options):
    """With the settings of long runs too, whose rate falls to zero over all of their steps."""
    torch.set_num_threads(1)
    floating = []
    monkeypatch.setattr(
        loop, "quantise", lambda network: floating.append(network) or quantise(network)
    )
    family, test = image_family(SHAPES.samples, 40_000), shapes(4000, 3)
    settings = training_settings(family, LearnerSettings({"training_seconds": 30.0, **options}))
    if options:
        settings = replace(settings, seconds=1e6, maximum_steps=FULL_STEPS)
    network = train_network(shapes(1500, 1), None, 2, settings, silent, family=family).network
    with torch.inference_mode():
        logits = floating[0](images_to_float(torch.tensor(test.images)))
    expected = (logits.argmax(dim=1).numpy() == test.labels).mean()
    right = ExactEvaluator().points(network, test.images, test.labels).mean()
    assert abs(right - expected) <= 0.005
    assert right > 0.85


def test_a_previous_best_is_explored_within_the_limits_of_the_task(trained):
    torch.set_num_threads(1)
    _, model = trained
    family = image_family(SHAPES.samples, 40_000)
    previous = parse_model(model, family)
    base = training_settings(family, LearnerSettings({"training_seconds": 60.0}))
    assert base.exploration == ExplorationSettings(multiply_adds=None)
    for seed in range(3):
        result = train_candidate(
            [shapes(300, seed)], [0], previous, seed, base, silent, family=family
        ).result
        check_network(result.network)
        assert family.reason_against(result.network.channels) is None
    evaluator = ExactEvaluator()
    test = shapes(500, 9)
    assert evaluator.points(result.network, test.images, test.labels).mean() > 0.85


def test_options_give_settings():
    family = image_family(SHAPES.samples, 120_000)
    chosen = training_settings(
        family,
        LearnerSettings(
            {"training": "full", "channels": "8-8-16-16-8", "shift": 2, "mirror": True}
        ),
    )
    assert chosen.channels == (8, 8, 16, 16, 8)
    assert (chosen.shift, chosen.mirror, chosen.batch) == (2, True, FULL_SIZE.batch)
    assert chosen.reduced
    assert not training_settings(family, LearnerSettings()).reduced
    assert training_settings(family, LearnerSettings()).channels == starting_channels(family)


def test_moved_images_are_the_same_but_for_their_place():
    images = torch.zeros(200, 3, 9, 11)
    images[:, 1, 4, 5] = 1.0
    moved = Augmentation(2, False, 1)(images)
    assert moved.shape == images.shape
    assert float(moved.sum()) == 200.0
    rows, columns = moved[:, 1].nonzero()[:, 1], moved[:, 1].nonzero()[:, 2]
    assert set(rows.tolist()) == {2, 3, 4, 5, 6}
    assert set(columns.tolist()) == {3, 4, 5, 6, 7}
    assert torch.equal(Augmentation(2, False, 1)(images), moved)
    assert not torch.equal(Augmentation(2, False, 2)(images), moved)
    assert Augmentation(0, False, 1)(images) is images


def test_half_of_the_images_are_mirrored():
    images = torch.arange(200 * 6.0).view(200, 1, 2, 3)
    mirrored = Augmentation(0, True, 1)(images)
    same = (mirrored == images).flatten(1).all(dim=1)
    turned = (mirrored == images.flip(3)).flatten(1).all(dim=1)
    assert bool((same ^ turned).all())
    assert 60 < int(turned.sum()) < 140


def test_augmented_training_still_learns():
    torch.set_num_threads(1)
    learner = make_learner(
        COLOURS, {"shift": 1, "mirror": True, "training_seconds": 30.0}, device="cpu"
    )
    kind = find_kind("images")
    payloads = [kind.encode_payload(COLOURS, samples_of(COLOURS, seed=seed)) for seed in range(8)]
    model = learner.train(payloads, None, 1, silent).data
    test = [kind.encode_payload(COLOURS, samples_of(COLOURS, seed=77))]
    assert learner.points(model, test).mean() > 0.8
