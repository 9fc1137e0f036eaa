"""Training of tables begins with a linear model, and small tables are not learned by heart."""

import numpy as np
import pytest
import torch

from offchain.learning.exact import table_network
from offchain.learning.formats.samples import TableRows
from offchain.learning.task_file.words import (
    CategoryColumn,
    ClassTarget,
    NumberColumn,
    NumberTarget,
    TableSamples,
)
from offchain.learning.training import table_training
from offchain.learning.training.dense_loop import is_better
from offchain.learning.training.dense_network import DenseLayers
from offchain.learning.training.dense_settings import DenseSettings
from offchain.learning.training.linear_start import fit_number
from offchain.learning.training.table_members import join_networks
from offchain.learning.training.table_trainee import TableTrainee, quantile_edges
from offchain.learning.training.table_training import fitting_units, train_table

COLUMNS = (
    *(NumberColumn(f"number {at}", -1000, 1000) for at in range(6)),
    CategoryColumn("kind", ("one", "two", "three")),
)
NUMBERS = TableSamples(COLUMNS, NumberTarget("sum", -10_000, 10_000, 0, "", 1_000))
CLASSES = TableSamples(COLUMNS, ClassTarget("side", ("less", "more")))
SETTINGS = DenseSettings(epochs=5, least_steps=60)
WEIGHT = np.array([3.0, -2.0, 1.5, 1.0, -0.5, 0.0])


def silent(_):
    pass


def linear_rows(count, seed, noise):
    """Rows of `NUMBERS`, with normal noise of that deviation."""
    random = np.random.Generator(np.random.PCG64(seed))
    numbers = random.integers(-1000, 1001, (count, 6))
    kinds = random.integers(0, 3, count)
    target = numbers @ WEIGHT + 500.0 * (kinds == 2) + noise * random.standard_normal(count)
    columns = np.column_stack([numbers, kinds]).astype(np.int32)
    return TableRows(columns, np.rint(target).clip(-10_000, 10_000).astype(np.int32))


def trained(table, rows, seed=1, previous=None, is_new=None):
    torch.set_num_threads(1)
    # No test depends on how quick the machine is: this clock stands.
    return train_table(
        table, rows, previous, seed, SETTINGS, silent, clock=lambda: 0.0, is_new=is_new
    )


def explained(network, rows):
    """The part of the targets' variance that a network explains."""
    found = table_network.predictions(NUMBERS, network, rows.columns)
    return (
        1.0 - ((rows.target - found) ** 2).sum() / ((rows.target - rows.target.mean()) ** 2).sum()
    )


def ridge_explains(rows, test):
    """The same of ridge regression on standardised columns, as scikit-learn computes it."""
    middle, spread = rows.columns.mean(axis=0), rows.columns.std(axis=0)
    inputs = (rows.columns - middle) / spread
    weight = np.linalg.solve(
        inputs.T @ inputs + np.eye(inputs.shape[1]), inputs.T @ (rows.target - rows.target.mean())
    )
    found = (test.columns - middle) / spread @ weight + rows.target.mean()
    return (
        1.0 - ((test.target - found) ** 2).sum() / ((test.target - test.target.mean()) ** 2).sum()
    )


def test_a_linear_target_is_learned_but_for_a_hundredth_of_its_variance():
    assert (
        explained(trained(NUMBERS, linear_rows(200, 1, 0.0)).network, linear_rows(500, 2, 0.0))
        > 0.99
    )


@pytest.mark.parametrize("count", [40, 160])
def test_few_noisy_rows_are_told_as_well_as_by_ridge_regression(count):
    rows, test = linear_rows(count, 3, 3_000.0), linear_rows(1000, 4, 3_000.0)
    assert explained(trained(NUMBERS, rows).network, test) > ridge_explains(rows, test) - 0.02


def test_classes_that_a_plane_parts_are_told():
    rows, test = (
        TableRows(one.columns, (one.target > 0).astype(np.int32))
        for one in (linear_rows(200, 5, 0.0), linear_rows(500, 6, 0.0))
    )
    network = trained(CLASSES, rows).network
    assert table_network.points(CLASSES, network, test).mean() > 0.94


def test_a_seed_trains_the_same_network_and_a_small_one_learns_all_rows_anew():
    rows = linear_rows(60, 7, 1_000.0)
    first = trained(NUMBERS, rows)
    # Each of them is learned by some networks of the mean, and left out by another.
    assert first.samples == first.held_out == 60
    again = trained(NUMBERS, rows, previous=trained(NUMBERS, linear_rows(30, 8, 0.0)).network)
    assert table_network.encode_model(NUMBERS, first.network) == table_network.encode_model(
        NUMBERS, again.network
    )


def test_a_previous_network_that_tells_new_rows_better_is_gone_on_from():
    previous = trained(NUMBERS, linear_rows(400, 20, 0.0)).network
    rows, test = linear_rows(10, 21, 0.0), linear_rows(500, 22, 0.0)
    alone = trained(NUMBERS, rows).network
    assert explained(alone, test) < 0.98
    result = trained(NUMBERS, rows, previous=previous).network
    assert explained(result, test) > 0.99
    assert (result.edges == previous.edges).all()
    # Rows that it has learned say nothing for it.
    unmoved = trained(NUMBERS, rows, previous=previous, is_new=np.zeros(10, bool)).network
    assert table_network.encode_model(NUMBERS, unmoved) == table_network.encode_model(
        NUMBERS, alone
    )


def test_joined_networks_give_the_mean_of_their_sums():
    rows, test = linear_rows(80, 23, 1_000.0), linear_rows(300, 24, 0.0)
    edges = quantile_edges(NUMBERS, rows, 4)
    members = []
    for seed in range(3):
        torch.manual_seed(seed)
        chosen = rows.chosen(np.arange(80)[seed::3])
        made = TableTrainee(NUMBERS, chosen, rows, None, SETTINGS, torch.device("cpu"), edges=edges)
        made.network.eval()
        members.append(made.quantised())
    joined = join_networks(members)
    table_network.check_network(NUMBERS, joined)
    found = table_network.predictions(NUMBERS, joined, test.columns)
    means = np.mean(
        [table_network.predictions(NUMBERS, one, test.columns) for one in members], axis=0
    )
    assert np.abs(found - means).max() < 0.01 * 20_000


def test_units_are_as_many_as_the_file_may_hold():
    wide = TableSamples(
        tuple(CategoryColumn(f"c{at}", tuple(map(str, range(64)))) for at in range(64)),
        ClassTarget("side", ("less", "more")),
    )
    assert fitting_units(NUMBERS, DenseSettings(), 4, 120_000) == (32, 32)
    first, second = fitting_units(wide, DenseSettings(), 4, 120_000)
    assert 4 * first * 64 * 64 < 120_000
    assert second >= 1


def test_a_large_table_goes_on_from_the_previous_network(monkeypatch):
    monkeypatch.setattr(table_training, "SMALL_TABLE", 50)
    rows = linear_rows(200, 9, 0.0)
    previous = trained(NUMBERS, rows)
    result = trained(NUMBERS, rows, previous=previous.network)
    assert result.samples == 170
    assert (result.network.edges == previous.network.edges).all()
    assert explained(result.network, linear_rows(500, 10, 0.0)) > 0.95


@pytest.mark.parametrize(("units", "outputs"), [((64, 32), 1), ((8, 4), 3), ((3, 2), 5)])
def test_layers_begin_as_the_linear_model_as_far_as_units_suffice(units, outputs):
    torch.manual_seed(1)
    inputs = torch.rand(100, 12)
    rank = min(*units, outputs)
    weight = torch.randn(outputs, rank).double() @ torch.randn(rank, 12).double()
    bias = torch.randn(outputs).double()
    layers = DenseLayers(12, units, outputs, 0.1)
    layers.begin(inputs)
    layers.begin_linear(weight, bias, inputs)
    with torch.inference_mode():
        found = layers.eval()(inputs)
    assert torch.allclose(found.double(), inputs.double() @ weight.T + bias, atol=1e-3)


def test_no_penalty_is_far_too_small_for_few_rows_that_are_mostly_noise():
    test = linear_rows(1000, 30, 0.0)
    parts = []
    for seed in range(20):
        rows = linear_rows(40, 31 + seed, 6_000.0)
        edges = quantile_edges(NUMBERS, rows, 8)
        inputs, others = (
            table_network.inputs_of(NUMBERS, edges, one.columns) / 255.0 for one in (rows, test)
        )
        model = fit_number(NUMBERS, edges, inputs, rows.target.astype(np.float64))
        wrong = test.target - others @ model.weight[0] - model.bias[0]
        parts.append(1.0 - (wrong**2).mean() / test.target.var())
    # By errors on rows left out one by one it is -0.4; a penalty that knew the test rows gives 0.3.
    assert np.mean(parts) > 0.1


def test_a_column_that_never_changes_weighs_nothing():
    rows = linear_rows(50, 11, 0.0)
    columns = rows.columns.copy()
    columns[:, 0] = 7
    edges = quantile_edges(NUMBERS, TableRows(columns, rows.target), 4)
    inputs = table_network.inputs_of(NUMBERS, edges, columns) / 255.0
    model = fit_number(NUMBERS, edges, inputs, rows.target / 1000.0)
    assert np.abs(model.weight[0, :4]).max() < 1e-6
    assert np.isfinite(model.weight).all()


def test_better_is_what_gains_more_than_chance():
    zeros, few, many = (np.zeros(100, np.uint8) for _ in range(3))
    few[:2], many[:20] = 1, 1
    assert is_better(many, zeros)
    assert not is_better(few, zeros)
    assert not is_better(zeros, many)
    assert not is_better(many[:1], zeros[:1])


def test_training_adds_what_no_linear_model_tells():
    def rows(count, seed):
        columns = linear_rows(count, seed, 0.0).columns
        sides = columns[:, :2] > 0
        return TableRows(columns, (sides[:, 0] ^ sides[:, 1]).astype(np.int32))

    torch.set_num_threads(1)
    settings = DenseSettings()
    result = train_table(CLASSES, rows(800, 12), None, 1, settings, silent, clock=lambda: 0.0)
    assert result.step > 0
    assert table_network.points(CLASSES, result.network, rows(500, 13)).mean() > 0.8
