"""What a proof costs against what it wins: as was measured, and where it stops paying."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from offchain.audit import proof_cost
from offchain.audit.proof_cost import GWEI, proof_costs
from offchain.protocol.words.parameters import DEMO, ETHER, LIVE, Parameters

GAS = json.loads((Path(__file__).parents[2] / "docs" / "results" / "gas.json").read_text())


def test_the_judge_costs_what_was_measured() -> None:
    assert GAS["judge_largest"] == proof_cost.JUDGE_GAS


def test_no_figure_is_below_what_was_measured() -> None:
    asking = sum(GAS[name] for name in ("question", "question_cell", "prove_commit"))
    assert asking <= proof_cost.ASKING_GAS
    assert GAS["prove"] - GAS["judge_16_32_64_64"] <= proof_cost.SHOWING_GAS
    answers = [gas for name, gas in GAS.items() if name.startswith("answer_")]
    assert len(answers) == 6
    assert max(answers) <= proof_cost.ANSWER_GAS
    steps = GAS["question_largest"] + GAS["question_cell"] + GAS["prove_commit"]
    assert steps <= proof_cost.ASKING_GAS


def test_a_proof_against_one_liar_pays_up_to_some_fifty_gwei() -> None:
    costs = proof_costs(LIVE)
    assert [each.gas_price for each in costs] == [10, 50, 200]
    assert [each.won >= each.proof for each in costs] == [True, True, False]
    assert [each.earned >= each.answer for each in costs] == [True, True, False]
    dearest = proof_cost.ASKING_GAS + proof_cost.SHOWING_GAS + proof_cost.JUDGE_GAS
    assert costs[1].proof == dearest * 50 * GWEI
    assert costs[0].bonds == 2 * LIVE.question_bond


@pytest.mark.parametrize("parameters", [DEMO, LIVE], ids=["demo", "live"])
def test_a_question_always_pays_up_to_fifty_gwei_whoever_is_right(parameters: Parameters) -> None:
    """Half of the bond goes to who answered, and the reward to who was right."""
    at_fifty = proof_costs(parameters)[1]
    assert at_fifty.gas_price == 50
    assert at_fifty.earned >= at_fifty.answer
    assert at_fifty.won >= at_fifty.proof


def test_a_reward_is_at_most_half_of_one_stake() -> None:
    small = replace(LIVE, model_burn=0, challenge_reward=ETHER // 4, stake=ETHER // 4)
    assert {each.won for each in proof_costs(small)} == {ETHER // 8}
