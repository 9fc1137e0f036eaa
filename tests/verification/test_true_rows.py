"""The rows of verification's own writing are those that honest attesters state."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from offchain.crypto.hashing import Domain
from offchain.protocol.rules import judging, statements
from offchain.protocol.words.parameters import Parameters
from offchain.verification.full.table import Judge
from scripts.support.worlds.steps import address

DOMAIN = Domain(31_337, address(1))
MANY = settings(max_examples=300, deadline=None, derandomize=True)


@st.composite
def rounds(draw: st.DrawFn) -> dict:
    """Points of some models, some of them alike, on a small data set, and what they are held to."""
    transactions = draw(st.integers(1, 7))
    samples = draw(st.integers(1, 8))
    highest = draw(st.sampled_from([1, 255]))
    points = arrays(np.uint8, (transactions, samples), elements=st.integers(0, highest))
    baseline = draw(st.none() | points)
    models = draw(st.lists(st.none() | points, max_size=6))
    for index in range(1, len(models)):
        if draw(st.booleans()):
            models[index] = models[index - 1]
    return {
        "baseline": baseline,
        "models": models,
        "orders": draw(st.permutations(range(1, len(models) + 1))),
        "trim": draw(st.integers(0, (transactions - 1) // 2)),
        "commitments": draw(st.integers(len(models), 300)),
        "parameters": Parameters(
            significance=draw(st.integers(0, 400)),
            hostile_allowance=draw(st.integers(0, 60)),
            tries_allowance=draw(st.integers(0, 200)),
            voice_basis_points=draw(st.integers(1, 10_000)),
        ),
        "shape": (transactions, samples),
    }


@MANY
@given(rounds())
def test_both_writings_of_the_judge_agree(case: dict):
    p, (transactions, samples) = case["parameters"], case["shape"]
    required = judging.required(
        p.significance,
        p.hostile_allowance,
        p.tries_allowance,
        transactions,
        case["trim"],
        case["commitments"],
    )
    expected = statements.rows(
        DOMAIN,
        7,
        statements.SampleCounts(transactions, samples),
        statements.Bounds(case["trim"], required, p.voice_basis_points),
        None if case["baseline"] is None else case["baseline"].reshape(-1),
        [None if points is None else points.reshape(-1) for points in case["models"]],
        case["orders"],
    )
    judge = Judge(DOMAIN, p, 7, case["trim"], case["commitments"])
    assert judge.rows(case["baseline"], case["models"], case["orders"]) == expected


def test_a_variant_names_the_best_ranked_voice_that_it_is_too_near_to():
    baseline = np.zeros((3, 10), np.uint8)
    best, variant, other = (np.zeros((3, 10), np.uint8) for _ in range(3))
    best[:, :6] = 1
    variant[:, 1:6] = 1
    other[:, 5:9] = 1
    judge = Judge(DOMAIN, Parameters(significance=0), 1, 1, 3)
    rows = judge.rows(baseline, [variant, other, best], [1, 2, 3])
    assert [row.net for row in rows] == [0, 5, 4, 6]
    assert [row.repeats for row in rows] == [0, 3, 0, 0]
