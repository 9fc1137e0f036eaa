"""The diabetes task: how a patient's disease progresses within a year, from ten measurements.

442 patients, from Efron, Hastie, Johnstone and Tibshirani, "Least Angle Regression" (Annals of
Statistics, 2004). The rows come inside scikit-learn; nothing is downloaded. Only who shares these
rows needs scikit-learn: checking payloads, training on them and judging models do not.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from offchain.errors import ConfigurationError
from offchain.learning.regression.samples import TableSamples
from offchain.learning.regression.table import Column, Table

DIABETES: Final = Table(
    name="diabetes",
    # Ranges that a living adult's measurements may have, not those that the 442 happen to have.
    columns=(
        Column("age", 0, 120),  # years
        Column("sex", 1, 2),
        Column("body mass index", 100, 800, decimals=1),  # kg/m2
        Column("mean blood pressure", 3_000, 20_000, decimals=2),  # mm Hg
        Column("total cholesterol", 30, 600),  # mg/dl
        Column("low-density lipoproteins", 50, 5_000, decimals=1),  # mg/dl
        Column("high-density lipoproteins", 50, 2_000, decimals=1),  # mg/dl
        Column("cholesterol ratio", 100, 2_000, decimals=2),
        Column("logarithm of triglycerides", 20_000, 80_000, decimals=4),
        Column("glucose", 30, 500),  # mg/dl
    ),
    target=Column("progression", 0, 500),
    tolerance=50,
)
"""Half of the spread between quartiles is 63: predicting the median scores about 0.2 a sample."""


def diabetes_rows() -> TableSamples:
    """Return the 442 rows in the table's units.

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
    loaded = load_diabetes(scaled=False)
    scale = 10.0 ** np.array([column.decimals for column in DIABETES.columns])
    features = np.rint(loaded.data * scale).astype(np.int32)
    targets = np.rint(loaded.target).astype(np.int32)
    if features.shape != (442, len(DIABETES.columns)) or targets.shape != (442,):
        raise ConfigurationError(
            f"scikit-learn's diabetes data have the shapes {features.shape} and {targets.shape}"
        )
    return TableSamples(features, targets)
