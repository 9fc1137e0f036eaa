"""The rows of the built-in task `diabetes`: 442 patients, ten measurements each.

They come inside scikit-learn; nothing is downloaded. Only who shares these rows needs it: checking
payloads, training on them and judging models do not.
"""

from __future__ import annotations

import numpy as np

from offchain.errors import ConfigurationError
from offchain.learning.formats.samples import TableRows
from offchain.learning.task_file.words import NumberColumn, TableSamples, TaskFile

PATIENTS = 442
LOWEST_SEX = 1
"""Scikit-learn's two values are 1 and 2; as categories they are counted from 0."""


def diabetes_rows(task: TaskFile) -> TableRows:
    """Return the 442 rows in the units of the built-in `task`.

    Raises:
        ConfigurationError: scikit-learn is not installed, or holds something else.
    """
    try:
        from sklearn.datasets import load_diabetes
    except ImportError as error:
        raise ConfigurationError(
            "scikit-learn, which holds the diabetes data, is not installed: run make install, or "
            "pip install scikit-learn, or start the worker with --data-source none"
        ) from error
    table = task.samples
    assert isinstance(table, TableSamples)  # noqa: S101  (its file says so)
    loaded = load_diabetes(scaled=False)
    if loaded.data.shape != (PATIENTS, len(table.columns)) or loaded.target.shape != (PATIENTS,):
        raise ConfigurationError(
            f"scikit-learn's diabetes data have the shapes {loaded.data.shape} and "
            f"{loaded.target.shape}"
        )
    values = [
        np.rint(given * 10.0**column.decimals)
        if isinstance(column, NumberColumn)
        else np.rint(given) - LOWEST_SEX
        for column, given in zip(table.columns, loaded.data.T, strict=True)
    ]
    return TableRows(
        np.column_stack(values).astype(np.int32), np.rint(loaded.target).astype(np.int32)
    )
