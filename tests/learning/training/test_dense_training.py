"""Training of tables and texts: what quantisation costs, what is taken from a previous best."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch

from offchain.learning.exact import table_network, text_network
from offchain.learning.formats.samples import LabelledTexts
from offchain.learning.kinds.known import find_kind
from offchain.learning.task_file.words import ClassTarget
from offchain.learning.tasks.diabetes import diabetes_rows
from offchain.learning.tasks.known import make_learner, task_named
from offchain.learning.training.dense_loop import held_out, train_dense
from offchain.learning.training.dense_settings import DenseSettings
from offchain.learning.training.table_trainee import TableTrainee, quantile_edges
from offchain.learning.training.table_training import train_table
from offchain.learning.training.text_training import TextTrainee, train_text
from tests.support.small_tasks import FLOWERS, LINES, PRICES, samples_of

CPU = torch.device("cpu")
SETTINGS = DenseSettings(least_steps=200, epochs=5, buckets=1024, units=(16, 16))


def silent(_):
    pass


def trainee_of(task, previous=None, samples=600):
    torch.set_num_threads(1)
    torch.manual_seed(1)
    make = TextTrainee if task is LINES else TableTrainee
    words = LINES.samples if task is LINES else task.samples
    rows, held = samples_of(task, samples, 1), samples_of(task, 200, 2)
    return make(words, rows, held, previous, SETTINGS, CPU)


def judged(task, network, samples):
    """Logits or numbers by the network of integers."""
    if task is LINES:
        return text_network.logits(network, samples.texts)
    return table_network.predictions(task.samples, network, samples.columns)


def floating(task, trainee, samples):
    """The same by the network of floating-point numbers that it was made of."""
    trainee.network.eval()
    with torch.inference_mode():
        if task is LINES:
            chosen, starts = text_network.text_buckets(samples.texts, SETTINGS.buckets)
            return trainee.layers(torch.tensor(chosen), torch.tensor(starts)).numpy()
        inputs = table_network.inputs_of(task.samples, trainee.edges, samples.columns)
        found = trainee.network(torch.tensor(inputs).float() / 255.0).numpy()
    if isinstance(task.samples.target, ClassTarget):
        return found
    target = task.samples.target
    part = found[:, 0] * trainee.width + trainee.centre
    return target.lowest + part.clip(0, 1) * (target.highest - target.lowest)


@pytest.mark.parametrize("task", [FLOWERS, LINES], ids=lambda task: task.name)
def test_quantisation_costs_at_most_half_a_point(task):
    trainee = trainee_of(task)
    train_dense(trainee, 1, 0.01, SETTINGS, silent)
    samples = samples_of(task, 3000, 3)
    labels = samples.labels if task is LINES else samples.target
    trainee.network.eval()
    found = judged(task, trainee.quantised(), samples).argmax(axis=1)
    expected = floating(task, trainee, samples).argmax(axis=1)
    assert abs((found == labels).mean() - (expected == labels).mean()) <= 0.005
    assert (found == labels).mean() > 0.85


def test_a_number_is_off_by_little_for_being_whole():
    trainee = trainee_of(PRICES)
    train_dense(trainee, 1, 0.01, SETTINGS, silent)
    samples = samples_of(PRICES, 2000, 3)
    trainee.network.eval()
    difference = judged(PRICES, trainee.quantised(), samples) - floating(PRICES, trainee, samples)
    target = PRICES.samples.target
    assert np.abs(difference).mean() < 0.01 * (target.highest - target.lowest)


@pytest.mark.parametrize("task", [FLOWERS, PRICES, LINES], ids=lambda task: task.name)
def test_a_previous_best_is_taken_over_but_for_rounding(task):
    first = trainee_of(task)
    train_dense(first, 1, 0.01, SETTINGS, silent)
    first.network.eval()
    network = first.quantised()
    again = trainee_of(task, network, samples=300)
    again.network.eval()
    samples = samples_of(task, 1000, 3)
    before, after = judged(task, network, samples), judged(task, again.quantised(), samples)
    if task is PRICES:
        assert np.abs(before - after).mean() < 100
    else:
        assert (before.argmax(axis=1) == after.argmax(axis=1)).mean() > 0.98


def trained_text(samples, previous=None, is_new=None, buckets=SETTINGS.buckets):
    torch.set_num_threads(1)
    settings = replace(SETTINGS, buckets=buckets, least_steps=50, looks=2)
    return train_text(
        LINES.samples, samples, previous, 1, settings, silent, clock=lambda: 0.0, is_new=is_new
    ).network


def test_texts_are_learned_anew_unless_the_previous_network_tells_new_ones_better():
    previous = trained_text(samples_of(LINES, 200, 1), buckets=512)
    right = samples_of(LINES, 100, 2)
    assert trained_text(right, previous).buckets == SETTINGS.buckets
    # What is learned from has wrong labels, what is held out has right ones.
    used, held = held_out(100, 1, SETTINGS)
    labels = right.labels.copy()
    labels[used] = 1 - labels[used]
    wrong = LabelledTexts(right.texts, labels)
    result = trained_text(wrong, previous)
    assert result.buckets == 512
    assert text_network.points(result, right.chosen(held)).mean() > 0.8
    # Texts that it has learned say nothing for it.
    assert trained_text(wrong, previous, np.zeros(100, bool)).buckets == SETTINGS.buckets


def test_edges_have_as_many_rows_between_them():
    rows = samples_of(FLOWERS, 4000)
    edges = quantile_edges(FLOWERS.samples, rows, 4)
    assert edges.shape == (2, 5)
    assert edges[0, 0] == -50
    assert edges[0, -1] == 250
    counts = np.histogram(rows.columns[:, 0], edges[0])[0]
    assert counts.min() > 900


def test_patients_are_told_better_than_by_the_median():
    task = task_named("diabetes", 26)
    rows = diabetes_rows(task)
    order = np.random.Generator(np.random.PCG64(0)).permutation(len(rows))
    kind = find_kind("table")
    payloads = [kind.encode_payload(task, rows.chosen(part)) for part in order.reshape(17, 26)]
    learner = make_learner(task, device="cpu")
    model = learner.train(payloads[:10], None, 1, silent).data
    errors = np.abs(rows.target[order[260:]] - int(np.median(rows.target)))
    median = int((255 * np.maximum(50 - errors, 0) // 50).sum())
    assert learner.points(model, payloads[10:]).sum(dtype=int) > 1.2 * median


def test_a_run_that_is_cut_short_is_no_worse_than_the_mean():
    task = task_named("diabetes")
    rows = diabetes_rows(task)
    few = rows.chosen(np.arange(26))
    mean = np.abs(rows.target - round(float(few.target.mean())))
    least = int((255 * np.maximum(50 - mean, 0) // 50).sum())
    for seed in range(4):
        hurried = itertools.count(step=1000)
        result = train_table(
            task.samples,
            few,
            None,
            seed,
            SETTINGS,
            silent,
            clock=lambda ticks=hurried: float(next(ticks)),
        )
        assert result.step == 0
        earned = table_network.points(task.samples, result.network, rows).sum(dtype=int)
        assert earned >= 0.75 * least
