"""Validity, ranking, standing, targets and rewards."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offchain.crypto.hashing import Domain, keccak256
from offchain.crypto.merkle import merkle_root
from offchain.protocol.rules import tally
from offchain.protocol.rules.tally import RevealedModel, RoundOutcome
from offchain.protocol.words.parameters import DEMO
from offchain.protocol.words.transactions import ModelTransaction, Scores
from scripts.support.worlds.steps import address

MODEL_CHAIN = Domain(31_337, address(1))
HEAD = keccak256(b"head")
DATA = keccak256(b"data")


def reveal(index: int, score: int, order: int | None = None, **changes: object) -> RevealedModel:
    transaction = ModelTransaction(
        address(index), keccak256(b"model %d" % index), keccak256(b"root"), score, DATA, HEAD
    )
    return RevealedModel(
        replace(transaction, **changes),  # type: ignore[arg-type]
        index + 1 if order is None else order,
    )


def judge(
    reveals: Sequence[RevealedModel], scores: Sequence[int], baseline: int = 50, voids: int = 0
) -> RoundOutcome:
    table = Scores(DATA, 40, 8, 100, baseline, tuple(scores))
    return tally.judge(DEMO, MODEL_CHAIN, 7, HEAD, voids, reveals, table)


def test_the_better_score_ranks_first_then_the_earlier_commitment() -> None:
    reveals = [reveal(0, 60, order=4), reveal(1, 70), reveal(2, 60, order=1), reveal(3, 80)]
    outcome = judge(reveals, [60, 70, 60, 80])
    assert outcome.ranking == (3, 1, 2, 0)
    assert outcome.votes[0] == reveals[3].transaction.identifier(MODEL_CHAIN, 7)


def test_a_model_must_correct_a_share_of_the_baseline_s_errors() -> None:
    outcome = judge([reveal(0, 51), reveal(1, 52)], [51, 52])
    assert outcome.required == 52
    assert outcome.valid == (False, True)


def test_the_share_halves_with_every_void_round_but_one_sample_remains() -> None:
    assert [tally.required_score(DEMO, 0, 800, voids) for voids in range(8)] == [
        40, 20, 10, 5, 2, 1, 1, 1,
    ]  # fmt: skip
    assert tally.required_score(DEMO, 800, 800, 10_000) == 801


def test_a_claim_that_differs_from_the_attested_score_is_not_valid() -> None:
    assert judge([reveal(0, 61)], [60]).valid == (False,)
    assert judge([reveal(0, 59)], [60]).valid == (False,)


def test_a_vote_for_another_data_set_or_head_does_not_count() -> None:
    reveals = [
        reveal(0, 60, data_root=keccak256(b"other")),
        reveal(1, 60, previous_block=keccak256(b"other")),
        reveal(2, 60),
    ]
    assert judge(reveals, [60, 60, 60]).ranking == (2,)


def test_a_model_hash_counts_once_for_its_earliest_commitment() -> None:
    copied = keccak256(b"model 0")
    reveals = [reveal(5, 60, order=9, model_hash=copied), reveal(0, 60, order=2)]
    assert judge(reveals, [60, 60]).valid == (False, True)


def test_a_copy_does_not_become_valid_because_the_original_is_not() -> None:
    copied = keccak256(b"model 0")
    reveals = [
        reveal(0, 60, order=1, data_root=keccak256(b"other")),
        reveal(5, 60, order=2, model_hash=copied),
    ]
    assert judge(reveals, [60, 60]).ranking == ()


@pytest.mark.parametrize(
    ("score", "baseline", "burned"),
    [(0, 0, True), (1, 0, False), (25, 50, False), (24, 50, True), (0, 50, True)],
)
def test_a_bond_burns_at_score_zero_or_far_below_the_baseline(
    score: int, baseline: int, burned: bool
) -> None:
    assert judge([reveal(0, score)], [score], baseline).burned == (burned,)


def test_a_table_with_another_number_of_scores_is_refused() -> None:
    with pytest.raises(tally.RevealCountMismatch) as caught:
        judge([reveal(0, 60)], [60, 61])
    assert (caught.value.given, caught.value.revealed) == (2, 1)


scores = st.lists(st.integers(0, 100), max_size=12)


@given(scores=scores, seed=st.randoms(use_true_random=False))
def test_ranking_is_a_strict_order_of_all_valid_models(scores: list[int], seed: object) -> None:
    orders = list(range(1, len(scores) + 1))
    seed.shuffle(orders)  # type: ignore[attr-defined]
    reveals = [reveal(i, score, orders[i]) for i, score in enumerate(scores)]
    outcome = judge(reveals, scores)
    assert sorted(outcome.ranking) == [i for i, valid in enumerate(outcome.valid) if valid]
    keys = [(-scores[i], orders[i]) for i in outcome.ranking]
    assert keys == sorted(set(keys))
    assert all(scores[i] >= outcome.required for i in outcome.ranking)


def test_the_vote_root_is_a_tree_over_the_nomination_s_root() -> None:
    votes = [keccak256(b"a"), keccak256(b"b"), keccak256(b"c")]
    assert tally.vote_root(votes) == merkle_root([merkle_root(votes)])


def test_the_reward_halves_and_genesis_earns_nothing() -> None:
    full = DEMO.block_reward
    numbers = [0, 1, 10_000, 10_001, 20_000, 20_001]
    assert [tally.block_reward(DEMO, number) for number in numbers] == [
        0, full, full, full // 2, full // 2, full // 4,
    ]  # fmt: skip


@given(
    number=st.integers(1, 10**7),
    valid=st.integers(1, 256),
    attestations=st.integers(1, 1_000),
    training=st.integers(0, 1_000),
    test=st.integers(1, 1_000),
)
def test_all_who_share_a_block_together_get_at_most_its_reward(
    number: int, valid: int, attestations: int, training: int, test: int
) -> None:
    minted = tally.model_reward(DEMO, number, valid, True)
    if valid > 1:
        minted += (valid - 1) * tally.model_reward(DEMO, number, valid, False)
    minted += attestations * tally.attester_reward(DEMO, number, attestations)
    minted += training * tally.data_reward(DEMO, number, training, test, False)
    minted += test * tally.data_reward(DEMO, number, training, test, True)
    assert minted <= tally.block_reward(DEMO, number)


def test_a_test_item_earns_the_weight_of_a_training_item() -> None:
    training = tally.data_reward(DEMO, 1, 41, 7, False)
    test = tally.data_reward(DEMO, 1, 41, 7, True)
    assert 0 <= test - 3 * training < 3
