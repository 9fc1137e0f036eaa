"""Which statement stands, what asking costs, and where bonds go."""

import pytest

from offchain.protocol.rules import disputes
from offchain.protocol.rules.disputes import Backed, Settlement

A, B, C = (bytes([letter]) * 32 for letter in b"abc")


@pytest.mark.parametrize(
    ("opened", "with_judge", "without"),
    [
        ([], bytes(32), bytes(32)),
        ([Backed(A, 1)], A, bytes(32)),
        ([Backed(A, 2), Backed(B, 2)], A, bytes(32)),
        ([Backed(A, 2), Backed(B, 3)], B, B),
        ([Backed(A, 4, has_fallen=True), Backed(B, 1)], B, bytes(32)),
        ([Backed(A, 4, has_fallen=True)], bytes(32), bytes(32)),
        ([Backed(A, 1), Backed(B, 3, has_fallen=True), Backed(C, 1)], A, bytes(32)),
    ],
)
def test_the_best_supported_statement_that_did_not_fall_stands(
    opened: list[Backed], with_judge: bytes, without: bytes
) -> None:
    assert disputes.standing_statement(opened, 5, has_judge=True) == with_judge
    assert disputes.standing_statement(opened, 5, has_judge=False) == without


def test_an_attester_s_first_question_costs_the_bond_and_every_other_twice_the_last() -> None:
    assert disputes.bond(10, is_first_of_attester=True, others=16) == 10
    others = [disputes.bond(10, is_first_of_attester=False, others=n) for n in range(16)]
    assert others == [10 * 2 ** (n + 1) for n in range(16)]
    with pytest.raises(disputes.TooManyQuestions):
        disputes.bond(10, is_first_of_attester=False, others=16)
    assert disputes.bond(2**80 - 1, is_first_of_attester=False, others=15) < 2**96


def test_a_fall_pays_the_reward_but_never_more_than_half() -> None:
    assert disputes.reward(50, 1_000) == 50
    assert disputes.reward(50, 99) == 49
    assert disputes.reward(50, 0) == 0


def test_bonds_go_back_whole_or_half_of_them_to_who_answered_in_vain() -> None:
    fell = disputes.settlement(11, has_fallen=True, is_answered=True)
    assert fell == Settlement(to_asker=True, paid=11)
    stands = disputes.settlement(11, has_fallen=False, is_answered=True)
    assert stands == Settlement(to_asker=False, paid=5)
    form = disputes.settlement(11, has_fallen=False, is_answered=False)
    assert form == Settlement(to_asker=False, paid=0)
