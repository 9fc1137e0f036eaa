"""The diabetes rows: inside scikit-learn, in range, dealt to nodes without an overlap."""

import builtins

import numpy as np
import pytest

from offchain.errors import ConfigurationError
from offchain.learning.regression.data_source import TableDataSource
from offchain.learning.regression.diabetes import DIABETES, diabetes_rows
from offchain.learning.regression.samples import decode_payload, encode_payload


@pytest.fixture(scope="module")
def rows():
    return diabetes_rows()


def source(rows, **changes) -> TableDataSource:
    return TableDataSource(**{
        "table": DIABETES, "rows": rows, "node": 0, "nodes": 4, "seed": 7,
        "samples_per_part": 2, **changes
    })  # fmt: skip


def as_tuples(payloads: list[bytes]) -> list[tuple[int, ...]]:
    decoded = [decode_payload(DIABETES, payload, 2) for payload in payloads]
    return [
        (*features, target)
        for part in decoded
        for features, target in zip(part.features.tolist(), part.targets.tolist(), strict=True)
    ]


def test_the_rows_are_the_published_ones(rows):
    # The first patient of the published table: age 59, female, BMI 32.1, pressure 101, ...
    assert rows.features[0].tolist() == [59, 2, 321, 10_100, 157, 932, 380, 400, 48_598, 87]
    assert rows.targets[0] == 151
    assert (len(rows), rows.targets.min(), rows.targets.max()) == (442, 25, 346)


def test_every_row_passes_the_payload_check(rows):
    assert len(decode_payload(DIABETES, encode_payload(DIABETES, rows), 442)) == 442


def test_no_value_is_rounded(rows):
    from sklearn.datasets import load_diabetes

    scale = 10.0 ** np.array([column.decimals for column in DIABETES.columns])
    assert np.allclose(rows.features / scale, load_diabetes(scaled=False).data, atol=1e-9)


def test_without_scikit_learn_it_says_how_to_get_it(monkeypatch):
    real = builtins.__import__

    def missing(name, *arguments, **keywords):
        if name.startswith("sklearn"):
            raise ImportError(name)
        return real(name, *arguments, **keywords)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(ConfigurationError, match=r"scikit-learn.*not installed.*pip install"):
        diabetes_rows()


def test_no_row_comes_twice_in_two_rounds_of_four_nodes(rows):
    seen: list[tuple[int, ...]] = []
    for node in range(4):
        data = source(rows, node=node, seed=node)
        for number in (1, 2):
            seen += as_tuples(data.draw(number, 20))
    assert len(seen) == len(set(seen)) == 4 * 2 * 40


def test_nodes_share_nearly_all_rows_there_are(rows):
    shared = set()
    for node in range(4):
        for number in (1, 2):
            shared |= set(as_tuples(source(rows, node=node).draw(number, 27)))
    assert len(shared) == 4 * 2 * 54


def test_rounds_begin_again_after_the_last_share(rows):
    data = source(rows)
    assert data.draw(3, 5) == data.draw(1, 5)
    assert data.draw(2, 5) != data.draw(1, 5)


def test_the_same_node_draws_the_same_and_more_of_it(rows):
    assert source(rows).draw(2, 9)[:4] == source(rows).draw(2, 4)
    assert source(rows).draw(2, 9) != source(rows, seed=8).draw(2, 9)


def test_more_parts_than_a_round_has_rows_for_are_refused(rows):
    with pytest.raises(ConfigurationError, match="each has 55 to share in a round, 56 are needed"):
        source(rows).draw(1, 28)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"node": 4}, "node 4 of 4: count from 0"),
        ({"node": -1}, "node -1 of 4"),
        ({"shares": 0}, "0 shares of rows"),
        ({"samples_per_part": 0}, "0 samples a part"),
        ({"nodes": 120}, "442 rows of diabetes for 120 nodes: each has 1 to share in a round, 2"),
    ],
)
def test_a_source_that_cannot_be_is_refused(rows, changes, reason):
    with pytest.raises(ConfigurationError, match=reason):
        source(rows, **changes)


def test_rounds_count_from_one(rows):
    with pytest.raises(ConfigurationError, match="round 0"):
        source(rows).draw(0, 1)
