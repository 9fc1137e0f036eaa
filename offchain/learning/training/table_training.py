"""Trains networks of tables: small tables several at once, large ones from the previous best."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from offchain.learning.exact.table_network import (
    TableNetwork,
    input_count,
    output_count,
    points,
)
from offchain.learning.formats.samples import TableRows
from offchain.learning.formats.tensor_file import MAXIMUM_HEADER_BYTES
from offchain.learning.task import ProgressCallback
from offchain.learning.task_file.words import TableSamples
from offchain.learning.training.dense_loop import DenseResult, held_out, is_better, train_dense
from offchain.learning.training.dense_settings import NEW_PART, DenseSettings
from offchain.learning.training.table_members import MEMBERS, TableMembers
from offchain.learning.training.table_trainee import TableTrainee, quantile_edges
from offchain.protocol.words.parameters import MAXIMUM_MODEL_BYTES

SMALL_TABLE = 4000
"""Rows up to which several networks learn all of them, and each time anew."""


def train_table(
    table: TableSamples,
    rows: TableRows,
    previous: TableNetwork | None,
    seed: int,
    settings: DenseSettings,
    progress: ProgressCallback,
    device: torch.device | str = "cpu",
    clock: Callable[[], float] = time.monotonic,
    *,
    is_new: NDArray[np.bool_] | None = None,
    maximum_bytes: int = MAXIMUM_MODEL_BYTES,
) -> DenseResult[TableNetwork]:
    """Train on `rows`, at least three, with `previous` as the best so far if there is one.

    A new network begins as a linear model of the rows, and stays it unless training improves it by
    more than chance. Of up to `SMALL_TABLE` rows several are made and their mean is taken: see
    `TableMembers`. Where the previous network earns more than that one by more than chance, on rows
    that neither has learned, training goes on from it instead. With more rows it always does.

    `is_new`, bool [n], says which rows the previous network has not learned; without it that is all
    of them. The seed chooses the rows that are held out, the first network and the order of the
    rows. A new network's file has at most `maximum_bytes`. Raises `TrainingError` where there are
    too few rows, or loss or weights are no finite numbers.
    """
    started = clock()
    used, held = held_out(len(rows), seed, settings)
    is_small = len(rows) <= SMALL_TABLE
    units = fitting_units(table, settings, MEMBERS if is_small else 1, maximum_bytes)
    settings = replace(settings, units=units)

    def go_on(used: NDArray[np.int64], held: NDArray[np.int64]) -> DenseResult[TableNetwork]:
        trainee = TableTrainee(
            table,
            rows.chosen(used),
            rows.chosen(held),
            previous,
            settings,
            torch.device(device),
            lambda: clock() - started > 0.2 * settings.seconds,
        )
        rate = settings.learning_rate if previous is None else settings.warm_learning_rate
        # Where few rows are held out, one network of many earns more by chance.
        careful = previous is None or is_small
        left = settings.until(1.0, clock() - started)
        return train_dense(trainee, seed, rate, left, progress, clock, compare_start=careful)

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if not is_small:
            return go_on(used, held)
        edges = quantile_edges(table, rows, settings.bins)
        members = TableMembers(
            rows,
            np.concatenate([held, used]),
            lambda some, others: TableTrainee(
                table,
                some,
                others,
                None,
                settings,
                torch.device(device),
                lambda: clock() - started > 0.2 * settings.seconds,
                edges,
            ),
        )
        made = train_dense(
            members,
            seed,
            settings.learning_rate,
            settings.until(1.0 if previous is None else NEW_PART, clock() - started),
            progress,
            clock,
            compare_start=True,
        )
        new = np.arange(len(rows)) if is_new is None else np.flatnonzero(is_new)
        if previous is not None:
            earned = points(table, previous, rows.chosen(new))
            if is_better(earned, members.held_points(made.network)[new]):
                held = np.intersect1d(held, new)
                if not len(held):
                    held = new[:1]
                return go_on(np.setdiff1d(np.arange(len(rows)), held), held)
        joined = made.network.joined
        return DenseResult(
            joined, made.step, made.points, made.held_out, made.samples, clock() - started
        )


def fitting_units(
    table: TableSamples, settings: DenseSettings, members: int, maximum_bytes: int
) -> tuple[int, int]:
    """Return units of each of `members` networks, whose joined file has at most `maximum_bytes`.

    Several have half of the settings' each in the first hidden layer.
    """
    inputs, outputs = input_count(table, settings.bins), output_count(table)
    first, second = settings.units
    if members > 1:
        first = max(1, first // 2)

    def file_bytes() -> int:
        one, two = members * first, members * second
        weights = inputs * one + one * two + two * outputs
        edges = 4 * (settings.bins + 1) * len(table.columns)
        return MAXIMUM_HEADER_BYTES + edges + weights + 5 * (one + two + outputs)

    while file_bytes() > maximum_bytes and max(first, second) > 1:
        first, second = (max(1, count * 7 // 8) for count in (first, second))
    return first, second
