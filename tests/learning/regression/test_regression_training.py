"""Training a regression: it learns, goes on from a baseline, and says what went wrong."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch

from offchain.errors import ModelError, PayloadError, TrainingError
from offchain.learning.regression.diabetes import DIABETES, diabetes_rows
from offchain.learning.regression.regression_network import parse_model, predict
from offchain.learning.regression.samples import TableSamples, encode_payload
from offchain.learning.regression.settings import RegressionSettings
from offchain.learning.regression.task import RegressionTask
from offchain.learning.regression.training import FloatNetwork, train_network
from offchain.learning.tasks.learner import TaskLearner

SETTINGS = RegressionSettings()


def silent(_):
    pass


@pytest.fixture(scope="module")
def payloads() -> list[bytes]:
    """All 442 rows in a shuffled order, 26 a payload."""
    torch.set_num_threads(1)
    rows = diabetes_rows()
    order = np.random.Generator(np.random.PCG64(0)).permutation(len(rows))
    parts = order.reshape(17, 26)
    return [encode_payload(DIABETES, rows.chosen(part)) for part in parts]


@pytest.fixture(scope="module")
def learner() -> TaskLearner:
    return TaskLearner(RegressionTask(DIABETES, 26, SETTINGS))


@pytest.fixture(scope="module")
def model(learner, payloads):
    return learner.train(payloads[:10], None, 1, silent)


def median_points(payloads: list[bytes]) -> int:
    """What predicting the median of all rows earns."""
    rows = diabetes_rows()
    task = RegressionTask(DIABETES, 26)
    targets = np.concatenate([task.decode_payload(one).targets for one in payloads])
    errors = np.abs(targets - int(np.median(rows.targets)))
    return int((255 * np.maximum(50 - errors, 0) // 50).sum())


def total(learner: TaskLearner, model: bytes, payloads: list[bytes]) -> int:
    return int(learner.points(model, payloads).sum(dtype=int))


def test_a_trained_network_beats_the_median_by_far_on_rows_that_it_never_saw(
    learner, model, payloads
):
    test = payloads[10:]
    assert total(learner, model.data, test) > 1.25 * median_points(test)
    assert model.description.startswith("8 hidden units, step ")


def test_a_baseline_is_taken_over_but_for_rounding(payloads):
    torch.set_num_threads(1)
    task = RegressionTask(DIABETES, 26)
    samples = task.decode_payload(payloads[0])
    task_model = task.train([samples], None, 4, silent)
    network = parse_model(DIABETES, task_model.data)
    rows = diabetes_rows()
    again = FloatNetwork(DIABETES, rows, network.hidden_units)
    again.take_over(network)
    before = predict(DIABETES, network, rows.features)
    after = predict(DIABETES, again.quantised(), rows.features)
    assert np.abs(before - after).max() <= 3
    assert before.std() > 20


def test_training_goes_on_from_the_baseline(learner, model, payloads):
    one_step = TaskLearner(RegressionTask(DIABETES, 26, replace(SETTINGS, steps=1)))
    test = payloads[10:]
    fresh = one_step.train(payloads[:10], None, 2, silent)
    onward = one_step.train(payloads[:10], model.data, 2, silent)
    earned = [total(learner, one.data, test) for one in (fresh, onward, model)]
    assert earned[0] < earned[1]
    assert abs(earned[1] - earned[2]) <= 5 * 255
    assert onward.data != model.data


def test_points_do_not_depend_on_how_samples_are_split(learner, model, payloads):
    task = RegressionTask(DIABETES, 26)
    network = task.decode_model(model.data)
    parts = [task.decode_payload(payload) for payload in payloads]
    together = TableSamples(
        np.concatenate([part.features for part in parts]),
        np.concatenate([part.targets for part in parts]),
    )
    expected = task.points(network, [together])
    assert np.array_equal(task.points(network, parts), expected)
    backwards = learner.points(model.data, payloads[::-1]).reshape(17, 26)
    assert np.array_equal(backwards[::-1].ravel(), expected)
    assert 0 < expected.mean() < 255
    assert len(set(expected.tolist())) > 30


def test_progress_is_reported_and_seconds_are_kept_to(payloads):
    torch.set_num_threads(1)
    task = RegressionTask(DIABETES, 26)
    samples = task.decode_payload(payloads[0])
    reports = []
    ticks = itertools.count()
    settings = replace(SETTINGS, steps=1000, seconds=24.5)
    result = train_network(
        DIABETES, samples, None, 1, settings, reports.append, lambda: float(next(ticks))
    )
    assert [report.step for report in reports][:2] == [10, 20]
    assert reports[-1].step < 30
    assert result.step <= reports[-1].step


def test_a_run_that_is_cut_short_is_no_worse_than_the_mean(payloads):
    torch.set_num_threads(1)
    task = RegressionTask(DIABETES, 26)
    rows = diabetes_rows()
    few = task.decode_payload(payloads[0])
    mean = np.abs(rows.targets - round(float(few.targets.mean())))
    least = int((255 * np.maximum(50 - mean, 0) // 50).sum())
    for seed in range(8):
        hurried = itertools.count(step=1000)
        result = train_network(
            DIABETES, few, None, seed, SETTINGS, silent, lambda ticks=hurried: float(next(ticks))
        )
        assert result.step == 1
        assert task.points(result.network, [rows]).sum(dtype=int) >= least - 10 * 255


def test_too_few_samples_end_the_training(learner, payloads):
    task = RegressionTask(DIABETES, 26)
    one = task.decode_payload(payloads[0]).chosen(np.array([0]))
    with pytest.raises(TrainingError, match="1 samples"):
        task.train([one], None, 1, silent)
    assert learner.train(payloads[:1], None, 1, silent).data


@pytest.mark.parametrize("rate", [1e30, float("nan")])
def test_an_exploding_training_ends_with_an_error_and_no_model(payloads, rate):
    task = RegressionTask(DIABETES, 26, replace(SETTINGS, learning_rate=rate))
    with pytest.raises((TrainingError, ValueError)) as caught:
        task.train([task.decode_payload(payloads[0])], None, 1, silent)
    assert caught.type is TrainingError or "learning rate" in str(caught.value)


def test_malformed_input_is_refused_by_the_learner(learner, model, payloads):
    learner.check_payload(payloads[0])
    for call in (
        lambda: learner.check_model(payloads[0]),
        lambda: learner.points(b"x", payloads),
        lambda: learner.train(payloads, b"x", 1, silent),
    ):
        with pytest.raises(ModelError):
            call()
    for call in (
        lambda: learner.check_payload(model.data),
        lambda: learner.points(model.data, [payloads[0], b"x"]),
        lambda: learner.train([b"x"], None, 1, silent),
        lambda: TaskLearner(RegressionTask(DIABETES, 25)).check_payload(payloads[0]),
    ):
        with pytest.raises(PayloadError):
            call()
