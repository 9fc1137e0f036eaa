"""Measuring privacy options: parts hold what the options say, and unseen images are new."""

import numpy as np
import pytest

from offchain.learning.fonts.plan import deal_fonts
from offchain.learning.formats.digits import concatenate
from offchain.programs.running import run_program
from scripts import privacy_cost
from scripts.privacy_cost import OPTIONS, measure, training_samples, unseen_images


def samples_of(atlas, name: str):
    (option,) = [option for option in OPTIONS if option.name == name]
    plan = deal_fonts(np.arange(20), 4, 5, 0, 20)
    return training_samples(atlas, plan, option, 0)


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_under_every_option_all_but_the_test_parts_train_and_are_as_large(option, atlas):
    parts = samples_of(atlas, option.name)
    assert [len(part) for part in parts] == [20] * 34


def test_a_digit_is_held_back_by_as_many_nodes_as_it_says(atlas):
    sevens = [
        int((concatenate(samples_of(atlas, name)).labels == 7).sum())
        for name in (
            "nothing held back, mixed",
            "one digit held back by one node",
            "one digit held back by three nodes",
            "one digit held back by all nodes",
        )
    ]
    assert sevens == sorted(sevens, reverse=True)
    assert len(set(sevens)) == 4
    assert sevens[3] == 0


def test_unseen_images_are_none_of_the_training_images(atlas):
    trained = {image.tobytes() for image in concatenate(samples_of(atlas, "not shuffled")).images}
    unseen = unseen_images(atlas, list(range(20)), 0)
    assert len(unseen) == 20 * 10 * 10
    assert np.bincount(unseen.labels).tolist() == [200] * 10
    assert not trained & {image.tobytes() for image in unseen.images}


def test_a_measurement_gives_both_accuracies(atlas, monkeypatch):
    monkeypatch.setattr(privacy_cost, "STEPS", 60)
    found = measure(atlas, OPTIONS[0], 0, 20)
    assert set(found) == {"same_users", "new_users"}
    assert all(20.0 < accuracy <= 100.0 for accuracy in found.values())


def test_results_are_not_replaced_without_force(tmp_path, capsys):
    file = tmp_path / "privacy.json"
    file.write_text("{}")
    arguments = ["--output", str(file)]
    assert run_program(privacy_cost.privacy_cost, "privacy_cost", arguments) == 2
    assert "--force replaces it" in capsys.readouterr().err
    assert file.read_text() == "{}"
