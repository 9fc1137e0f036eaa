"""Linear models of a table's rows, with which the training of its network begins.

What is fitted is ridge or logistic regression (Hoerl and Kennard, "Ridge Regression", 1970) on the
network's own inputs, the bins that numbers fill. A function that is linear in a number weighs its
bins by their widths; another weight of a bin departs from that, and costs more. How much more, and
how much any weight costs, is chosen by how likely the rows are then, of classes by rows that are
left out of the fit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from offchain.learning.exact.table_network import input_count
from offchain.learning.task_file.words import NumberColumn, TableSamples

Floats = NDArray[np.float64]

PENALTIES: Final = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1_000.0)
"""Of squared weights of standardised columns, in a sum of squared errors of a number."""

CLASS_PENALTIES: Final = (1.0, 3.0, 10.0)
"""The same in a sum of cross entropies in nats: each is a fit that is iterated."""

DEPARTURES: Final = (0.0, 1.0)
"""How easily a bin departs from the line through its column: 0, not at all."""

FOLDS: Final = 4
ITERATIONS: Final = 50


@dataclass(frozen=True, slots=True, eq=False)
class LinearModel:
    """Sums ``inputs @ weight.T + bias`` of inputs from 0 to 1.

    `weight` is float64 [outputs, inputs], `bias` float64 [outputs].
    """

    weight: Floats
    bias: Floats


def fit_number(
    table: TableSamples, edges: NDArray[np.int32], inputs: Floats, wanted: Floats
) -> LinearModel:
    """Fit ridge regression of `wanted` [n] on inputs [n, inputs].

    The penalties are those with the largest evidence: under which the rows are likeliest where
    weights are normal, as narrow as the penalty says, and so is noise (MacKay, "Bayesian
    Interpolation", 1992). Of few noisy rows that errs less than rows left out one by one, which
    now and then find a penalty that is far too small. A singular value decomposition gives it for
    all penalties at once.
    """
    middle, centre = inputs.mean(axis=0), float(wanted.mean())
    rest = wanted - centre
    freedom = len(rest) - 1  # the mean is fitted, too
    best: tuple[float, Floats] | None = None
    for directions in _directions(table, edges, inputs):
        left, values, right = np.linalg.svd((inputs - middle) @ directions, full_matrices=False)
        along = left.T @ rest
        beside = max(float(rest @ rest - along @ along), 0.0)
        for penalty in PENALTIES:
            kept = values**2 / (values**2 + penalty)
            unexplained = max(beside + float((1.0 - kept) @ along**2), 1e-12)
            evidence = -freedom * math.log(unexplained) - np.log1p(values**2 / penalty).sum()
            if best is None or evidence > best[0]:
                best = evidence, directions @ (right.T @ (values / (values**2 + penalty) * along))
    assert best is not None  # noqa: S101  (there are penalties)
    weight = best[1]
    return LinearModel(weight[None], np.array([centre - middle @ weight]))


def fit_classes(
    table: TableSamples,
    edges: NDArray[np.int32],
    inputs: Floats,
    labels: NDArray[np.int64],
    classes: int,
    is_over: Callable[[], bool],
) -> LinearModel:
    """Fit multinomial logistic regression of `labels` [n] on inputs [n, inputs].

    The penalties are those of the least cross entropy on every fourth row, which the others are
    fitted on for that. Once `is_over` says so, no more of them are tried.
    """
    middle = inputs.mean(axis=0)
    held = np.arange(len(labels)) % FOLDS == 0
    best: tuple[float, Floats, float] | None = None
    for directions in _directions(table, edges, inputs):
        features = (inputs - middle) @ directions
        for penalty in CLASS_PENALTIES:
            if best is not None and is_over():
                break
            weight, bias = _logistic(features[~held], labels[~held], classes, penalty)
            logits = torch.from_numpy(features[held] @ weight.T + bias)
            loss = float(functional.cross_entropy(logits, torch.from_numpy(labels[held])))
            if best is None or loss < best[0]:
                best = loss, directions, penalty
    assert best is not None  # noqa: S101  (the first is tried in any case)
    _, directions, penalty = best
    weight, bias = _logistic((inputs - middle) @ directions, labels, classes, penalty)
    weight = weight @ directions.T
    return LinearModel(weight, bias - weight @ middle)


def _directions(table: TableSamples, edges: NDArray[np.int32], inputs: Floats) -> Iterator[Floats]:
    """Yield matrices [inputs, features] for each of `DEPARTURES`.

    Features are numbers as they are, standardised, then categories, and then the bins one by one.
    """
    bins = edges.shape[1] - 1
    count = input_count(table, bins)
    linear: list[Floats] = []
    numbers: list[int] = []
    bounds, place = iter(edges.astype(np.float64)), 0
    for column in table.columns:
        if isinstance(column, NumberColumn):
            direction = np.zeros(count)
            direction[place : place + bins] = np.diff(next(bounds))
            linear.append(direction / max(float((inputs @ direction).std()), 1e-9))
            numbers += range(place, place + bins)
            place += bins
        else:
            linear += list(np.eye(count)[place : place + len(column.categories)])
            place += len(column.categories)
    together = np.array(linear).T
    yield together
    if numbers and bins > 1:
        single = np.eye(count)[:, numbers]
        for departure in DEPARTURES[1:]:
            yield np.concatenate([together, departure * single], axis=1)


def _logistic(
    features: Floats, labels: NDArray[np.int64], classes: int, penalty: float
) -> tuple[Floats, Floats]:
    """Return weights [classes, features] and biases [classes]."""
    rows, wanted = torch.from_numpy(features).float(), torch.from_numpy(labels)
    weight = torch.zeros(classes, features.shape[1], requires_grad=True)
    bias = torch.zeros(classes, requires_grad=True)
    optimiser = torch.optim.LBFGS(
        [weight, bias], max_iter=ITERATIONS, tolerance_change=1e-6, line_search_fn="strong_wolfe"
    )

    def loss() -> float:
        optimiser.zero_grad()
        found = functional.cross_entropy(rows @ weight.T + bias, wanted)
        found = found + penalty / (2 * len(labels)) * (weight**2).sum()
        found.backward()  # type: ignore[no-untyped-call]
        return float(found.detach())

    optimiser.step(loss)  # type: ignore[no-untyped-call]
    return weight.detach().double().numpy(), bias.detach().double().numpy()
