"""Judging.sol, Statements.sol, Votes.sol: the chain decides as the Python rules do."""

import random
from dataclasses import astuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from web3.contract import Contract

from offchain.crypto.hashing import Domain, keccak256
from offchain.protocol.rules import judging, voices, votes
from offchain.protocol.rules.judging import Judged
from offchain.protocol.rules.votes import Ballot
from offchain.protocol.words.parameters import LARGEST_TEST_SET
from offchain.protocol.words.transactions import EMPTY_ROW, Row, statement
from scripts.support.chains.evm import Evm, reverts

DOMAIN = Domain(31_337, "0x00000000000000000000000000000000000000AA")
LARGEST_NET = 128 * LARGEST_TEST_SET * 255
LARGEST_SPREAD = 128 * LARGEST_TEST_SET * 255**2


@pytest.fixture(scope="module")
def harness(module_evm: Evm) -> Contract:
    """Deploy the libraries' harness once: it has no state."""
    return module_evm.deploy("JudgingHarness")


# ---- what decides on a model ---------------------------------------------------------------------


@settings(max_examples=80, deadline=None, derandomize=True)
@given(
    significance=st.integers(0, 1_000),
    hostile=st.integers(0, 1_000),
    tries=st.integers(0, 10_000),
    transactions=st.integers(1, 128),
    share=st.integers(0, 99),
    commitments=st.one_of(st.integers(0, 130), st.integers(0, 2**32 - 1)),
)
def test_the_bound_equals_the_python_rule(
    harness: Contract,
    significance: int,
    hostile: int,
    tries: int,
    transactions: int,
    share: int,
    commitments: int,
) -> None:
    trimmed = (transactions - 1) // 2 * share // 100
    numbers = (significance, hostile, tries, transactions, trimmed, commitments)
    assert harness.functions.required(*numbers).call() == judging.required(*numbers)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(
    net=st.integers(-LARGEST_NET, LARGEST_NET),
    spread=st.integers(0, LARGEST_SPREAD),
    bound=st.integers(0, 2**24),
    near=st.integers(-1, 1),
)
def test_validity_equals_the_python_rule_at_the_bound_too(
    harness: Contract, net: int, spread: int, bound: int, near: int
) -> None:
    for value in (spread, max(0, 100 * net**2 // max(1, bound) + near)):
        if value < 2**63:
            expected = judging.is_valid(net, value, bound)
            assert harness.functions.isValid(net, value, bound).call() is expected


def test_the_largest_numbers_do_not_overflow(harness: Contract) -> None:
    numbers = (1_000, 1_000, 10_000, 128, 0, 2**32 - 1)
    bound = harness.functions.required(*numbers).call()
    assert bound == judging.required(*numbers)
    assert not harness.functions.isValid(1, 2**64 - 1, bound).call()
    assert harness.functions.isValid(2**63 - 1, 2**64 - 1, bound).call()
    assert not harness.functions.isValid(-(2**63), 0, 0).call()
    row = Row(keccak256(b""), 2**64 - 1, 0, 0, 0)
    assert not harness.functions.burns(astuple(row), 2**64 - 1, 10_000).call()


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    middle=st.one_of(st.none(), st.integers(0, LARGEST_NET)),
    baseline=st.integers(0, LARGEST_NET),
    basis_points=st.integers(0, 10_000),
)
def test_burning_equals_the_python_rule(
    harness: Contract, middle: int | None, baseline: int, basis_points: int
) -> None:
    row = EMPTY_ROW if middle is None else Row(keccak256(b""), middle, 0, 0, 0)
    expected = judging.burns(middle, baseline, basis_points)
    assert harness.functions.burns(astuple(row), baseline, basis_points).call() is expected


# ---- ranking and voices --------------------------------------------------------------------------


def random_rows(draw: random.Random, models: int, nets: int) -> list[Row]:
    """Rows of which about a fifth are empty, with few different nets so that many are equal."""
    table = [Row(keccak256(b"baseline"), 100, 0, 0, 0)]
    for model in range(models):
        if draw.random() < 0.2:
            table.append(EMPTY_ROW)
            continue
        repeats = draw.choice([0, 0, draw.randrange(models + 1)])
        net = draw.randrange(-nets // 2, nets)
        table.append(Row(keccak256(b"%d" % model), 100, net, draw.randrange(900), repeats))
    return table


def test_ranking_and_voices_equal_the_python_rules(harness: Contract) -> None:
    draw = random.Random(5)
    for models in (0, 1, 2, *(draw.randrange(3, 129) for _ in range(25))):
        table = random_rows(draw, models, draw.choice([3, 40, 1_000]))
        orders = draw.sample(range(1, 1_000), models)
        has_best = draw.random() < 0.8
        judged = [
            None if row == EMPTY_ROW else Judged(row.net, row.spread, order)
            for row, order in zip(table[1:], orders, strict=True)
        ]
        ranking = judging.rank(judged, 150)
        chosen = voices.voices(ranking, [row.repeats for row in table[1:]], has_best=has_best)
        called = harness.functions.rank([astuple(row) for row in table], orders, 150, has_best)
        found_ranking, found_voices, _ = called.call()
        assert tuple(found_ranking) == ranking
        assert tuple(found_voices) == chosen


def test_a_row_without_a_hash_is_not_ranked_whatever_it_states(harness: Contract) -> None:
    table = [EMPTY_ROW, Row(bytes(32), 9, 9, 1, 0), Row(keccak256(b"1"), 9, 5, 1, 0)]
    ranking, _, _ = harness.functions.rank([astuple(row) for row in table], [1, 2], 0, True).call()
    assert ranking == [1]


def test_rows_and_orders_of_different_numbers_are_refused(harness: Contract) -> None:
    with reverts("OrderCountMismatch", 1, 2):
        harness.functions.rank([astuple(EMPTY_ROW)] * 2, [1, 2], 0, True).call()


# ---- statements ----------------------------------------------------------------------------------


@pytest.mark.parametrize("models", [0, 1, 5, 128])
def test_a_statement_equals_pythons(harness: Contract, models: int) -> None:
    draw = random.Random(models)
    table = [
        *random_rows(draw, models, 1_000),
        Row(b"\xff" * 32, 2**64 - 1, -(2**63), 2**64 - 1, 2**32 - 1),
    ]
    root = draw.randbytes(32)
    rows = [astuple(row) for row in table]
    found, _ = harness.functions.statement(DOMAIN.contract, 7, root, rows).call()
    assert found == statement(DOMAIN, 7, root, table)


# ---- votes ---------------------------------------------------------------------------------------

D, HEAD = keccak256(b"data"), keccak256(b"head")


def random_ballots(draw: random.Random, count: int, roots: int, blocks: int) -> list[Ballot]:
    data_roots = [D, *(draw.randbytes(32) for _ in range(roots - 1))]
    heads = [HEAD, *(draw.randbytes(32) for _ in range(blocks - 1))]
    return [
        Ballot(draw.randbytes(32), draw.choice(data_roots), draw.choice(heads))
        for _ in range(count)
    ]


def test_the_count_of_votes_equals_the_python_rule(harness: Contract) -> None:
    draw = random.Random(6)
    quiet = set()
    for count in (0, 1, 2, 3, *(draw.randrange(4, 129) for _ in range(25))):
        ballots = random_ballots(draw, count, draw.choice([1, 2, 9]), draw.choice([1, 2, 9]))
        expected = votes.count_votes(ballots, D, HEAD)
        found, _ = harness.functions.count([astuple(b) for b in ballots], D, HEAD).call()
        assert found == (
            expected.is_quiet,
            count if expected.best is None else expected.best,
            len(expected.agreeing),
            expected.data_vote_root,
            expected.block_vote_root,
        )
        quiet.add(expected.is_quiet)
    assert quiet == {True, False}


def test_nominations_of_all_sizes_stand_by_votes_then_by_rank(harness: Contract) -> None:
    draw = random.Random(7)
    for _ in range(20):
        count = draw.randrange(1, 60)
        names = [draw.randbytes(32) for _ in range(draw.randrange(1, 12))]
        named = [(draw.choice(names), draw.randbytes(32)) for _ in range(count)]
        found = harness.functions.nominationsRoot([i for _, i in named], [n for n, _ in named])
        assert found.call() == votes.nominations_root(votes.nominate(named))


# ---- gas -----------------------------------------------------------------------------------------


@pytest.mark.gas
@pytest.mark.parametrize(("models", "limit"), [(64, 300_000), (128, 620_000)])
def test_gas_of_a_rounds_decision_in_any_order_of_reveal(
    harness: Contract, models: int, limit: int
) -> None:
    nets = {
        "best first": range(models, 0, -1),
        "best last": range(1, models + 1),
        "equal": [9] * models,
    }
    for values in nets.values():
        table = [Row(keccak256(b"%d" % i), 9, net, 1, 0) for i, net in enumerate([0, *values])]
        called = harness.functions.rank(
            [astuple(row) for row in table], [*range(1, models + 1)], 0, True
        )
        assert called.call()[2] <= limit
    for roots in (1, models):
        ballots = random_ballots(random.Random(8), models, roots, roots)
        _, gas = harness.functions.count([astuple(b) for b in ballots], D, HEAD).call()
        assert gas <= 3 * limit
