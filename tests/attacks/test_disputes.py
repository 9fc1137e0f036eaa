"""Attacks on disputes fail; where a rule of disputes is taken away they do not."""

from collections.abc import Callable
from typing import Any

import pytest

from offchain.attacks.attack import Outcome
from offchain.attacks.disputes import delays, lies, play
from offchain.attacks.known import FAMILIES
from offchain.protocol.reference.dispute_answers import ReferenceAnswers
from offchain.protocol.reference.disputes import ReferenceDisputes
from offchain.protocol.reference.model_transactions import ReferenceModelTransactions
from offchain.protocol.reference.product_judge import ProductJudge
from offchain.protocol.reference.proofs import ReferenceProofs
from offchain.protocol.rules import disputes
from offchain.protocol.words.disputes import MAXIMUM_OTHER_QUESTIONS
from offchain.protocol.words.parameters import DEMO, ETHER, LIVE
from scripts.support.chains.evm import compiled_artifacts

FAMILY_MODULES = (lies, play, delays)
ATTACKS = lies.ATTACKS | play.ATTACKS | delays.ATTACKS
ON_CONTRACTS = "false-scores-9-of-10"


def quiet(line: str) -> None:
    """Nobody listens."""


def attacked(name: str) -> Outcome:
    """What came of an attack."""
    return ATTACKS[name].run(quiet)


def test_all_are_known_by_name() -> None:
    for module in FAMILY_MODULES:
        family = module.__name__.removeprefix("offchain.attacks.")
        known = {name for name, each in FAMILIES.items() if each == family}
        assert known == set(module.ATTACKS)


@pytest.mark.parametrize("name", [name for name in ATTACKS if name != ON_CONTRACTS])
def test_the_promise_holds_and_the_plain_rule_falls(name: str) -> None:
    outcome = attacked(name)
    assert outcome.defended, outcome
    assert outcome.plain_rule_fell, outcome


def test_nine_of_ten_are_overturned_on_the_contracts_too() -> None:
    compiled_artifacts()
    outcome = attacked(ON_CONTRACTS)
    assert outcome.defended, outcome
    assert outcome.plain_rule_fell, outcome
    assert outcome.figures["lost_ether"] == 9 * DEMO.stake / ETHER
    # One question, one cell: the liars' number changes nothing.
    assert (outcome.figures["questions"], outcome.figures["cells"]) == (1, 1)
    assert 100_000 < int(outcome.figures["proof_gas"]) < 1_000_000


def test_what_a_spammer_pays_and_a_dispute_delays_is_what_is_said() -> None:
    spam, endless = attacked("spam-questions"), attacked("endless-statements")
    others = sum(2 << other for other in range(MAXIMUM_OTHER_QUESTIONS))
    assert f"{others * DEMO.question_bond / ETHER:,.0f} ether" in spam.bound
    assert float(spam.figures["askers_ether_with_bonds"]) <= -others * DEMO.question_bond / ETHER
    blocks = LIVE.answer_blocks + LIVE.second_challenge_blocks + LIVE.second_answer_blocks
    assert endless.figures["blocks"] == blocks + LIVE.prove_blocks


# ---- without a rule ------------------------------------------------------------------------------


def nothing(*_: Any, **__: Any) -> None:
    """Does nothing."""


Broken = Callable[[pytest.MonkeyPatch], None]


def fallen_statements_stand(patch: pytest.MonkeyPatch) -> None:
    stands = disputes.standing_statement

    def with_fallen(opened: Any, *given: Any, **named: Any) -> bytes:
        unfallen = [disputes.Backed(each.statement, each.supporters) for each in opened]
        return stands(unfallen, *given, **named)

    patch.setattr(disputes, "standing_statement", with_fallen)


def a_majority_is_needed(patch: pytest.MonkeyPatch) -> None:
    stands = disputes.standing_statement
    patch.setattr(
        disputes,
        "standing_statement",
        lambda opened, attesters, **_: stands(opened, attesters, has_judge=False),
    )


def silence_is_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ReferenceDisputes, "end_answers", nothing)


def points_are_not_bound(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ReferenceAnswers, "_require_points", nothing)


def proofs_need_no_commitment(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ReferenceProofs, "_require_commitment", nothing)


def all_that_is_taken_is_the_reward(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(disputes, "reward", lambda _, taken: taken)


def answers_earn_nothing(patch: pytest.MonkeyPatch) -> None:
    settled = disputes.settlement
    patch.setattr(
        disputes,
        "settlement",
        lambda bond, **known: settled(bond, **(known | {"is_answered": False})),
    )


def the_judge_is_wrong(patch: pytest.MonkeyPatch) -> None:
    points = ProductJudge.points
    patch.setattr(ProductJudge, "points", lambda judge, *of: (points(judge, *of) + 1) % 256)


def nobody_can_bring_a_file(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ReferenceModelTransactions, "bring_model", nothing)


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("false-majority", fallen_statements_stand),
        ("false-sums", silence_is_nothing),
        ("false-repeats", silence_is_nothing),
        ("withheld-rows", silence_is_nothing),
        ("too-long-model", silence_is_nothing),
        ("called-missing", nobody_can_bring_a_file),
        ("spam-questions", answers_earn_nothing),
        ("self-challenge", all_that_is_taken_is_the_reward),
        ("copied-proof", proofs_need_no_commitment),
        ("false-answer", points_are_not_bound),
        ("junk-veto", a_majority_is_needed),
    ],
)
def test_without_a_rule_the_promise_falls(
    name: str, broken: Broken, monkeypatch: pytest.MonkeyPatch
) -> None:
    lies.judged_round(10)
    broken(monkeypatch)
    assert not attacked(name).defended


def test_the_truth_falls_to_a_judge_that_differs_from_the_evaluation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What the second specification of the evaluation must never do."""
    points_of = lies.DisputedWorld.points_of
    judged = ProductJudge.points

    def evaluated(world: Any, model: Any) -> Any:
        # The nodes go on by the evaluation.
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(ProductJudge, "points", judged)
            return points_of(world, model)

    monkeypatch.setattr(lies.DisputedWorld, "points_of", evaluated)
    the_judge_is_wrong(monkeypatch)
    assert not attacked("false-challenge").defended
