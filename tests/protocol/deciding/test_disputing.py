"""What of a dispute is worth a node's gas, whose turn it is, and when the phase may end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from offchain.protocol.deciding.decide import Decision, decide
from offchain.protocol.deciding.disputing import DISPUTE_GAS
from offchain.protocol.deciding.intents import EvaluateModels, RecheckPoints, Send, turn_of
from offchain.protocol.deciding.policy import Policy
from offchain.protocol.deciding.snapshot import Challenge, DisputeFacts, DisputeMove
from offchain.protocol.words.actions import Advance
from offchain.protocol.words.dispute_actions import AnswerForm, AskCell, CommitProof, ProveForm
from offchain.protocol.words.parameters import DEMO
from offchain.protocol.words.status import Phase
from tests.support.worlds.judging_story import COMPLETE, COMPUTED
from tests.support.worlds.round_story import D_OPEN, HALF, facts
from tests.support.worlds.snapshots import ACCOUNTS, END_HEIGHT, NOW, OWN, ROUND, snapshot

OVER = {"tip": END_HEIGHT, "competition__phase_start": NOW - DEMO.minimum_phase_seconds}
LONG_OVER = {"tip": END_HEIGHT, "competition__phase_start": NOW - 600}
DUTY = "question statement 04 of round 5"
ASKING = AskCell(1, 0, 0, DEMO.question_bond)
ANSWERING, PROVING = AnswerForm(1, b"model"), ProveForm(1, bytes(32), b"model")
COMMITTING = CommitProof(b"\x01" * 32)
CHALLENGE = Challenge(ASKING, DUTY, decides=True, taken=3 * DEMO.stake)
PHASES = [phase for phase in Phase if Phase.CHALLENGE <= phase <= Phase.PROVE]


def decided(phase: Phase, disputes: DisputeFacts, **settings) -> Decision:
    settings = {"facts": facts(**COMPLETE), **settings}
    taken = snapshot(competition__phase=phase, **settings)
    return decide(replace(taken, disputes=disputes))


def intents(phase: Phase, disputes: DisputeFacts, **settings) -> tuple:
    return decided(phase, disputes, **settings).intents


def asks(challenge: Challenge = CHALLENGE, **settings) -> tuple:
    return intents(Phase.CHALLENGE, DisputeFacts((challenge,)), **settings)


def test_a_statement_that_would_be_chosen_is_challenged_in_turns_while_there_is_time():
    assert asks() == (Send(ASKING, DUTY, turn_of(OWN, ACCOUNTS, DUTY)),)
    assert asks(**HALF) == (Send(ASKING, DUTY, 0),)


@pytest.mark.parametrize(
    ("taken", "price", "asked"),
    [
        # Half of what fell, at most challengeReward, against the gas at the node's price.
        (DEMO.stake, DEMO.stake // 2 // DISPUTE_GAS, True),
        (DEMO.stake, DEMO.stake // 2 // DISPUTE_GAS + 1, False),
        (9 * DEMO.stake, DEMO.challenge_reward // DISPUTE_GAS, True),
        (9 * DEMO.stake, DEMO.challenge_reward // DISPUTE_GAS + 1, False),
        (0, 1, False),
    ],
)
def test_one_that_cannot_win_is_challenged_if_its_stakes_pay_for_the_gas(taken, price, asked):
    challenge = replace(CHALLENGE, decides=False, taken=taken)
    policy = Policy(dispute_gas_price=price)
    assert bool(asks(challenge, policy=policy)) == asked
    # One that would win is challenged at any price.
    assert asks(replace(challenge, decides=True), policy=policy)


def test_by_default_the_stake_of_a_single_liar_pays():
    assert asks(replace(CHALLENGE, decides=False, taken=DEMO.stake))


def test_what_its_balance_does_not_cover_is_not_asked_and_said():
    both = DisputeFacts((CHALLENGE, replace(CHALLENGE, duty="another")))
    found = decided(Phase.CHALLENGE, both, own__balance=2 * DEMO.question_bond - 1)
    assert [intent.duty for intent in found.intents] == [DUTY]
    assert f"{2 * DEMO.question_bond} wei for bonds" in found.waiting[-1]


def test_a_node_that_does_not_challenge_answers_all_the_same():
    moves = (DisputeMove(ANSWERING, "answer"), DisputeMove(COMMITTING, "commit", is_own=True))
    due = intents(Phase.ANSWER, DisputeFacts((CHALLENGE,), moves), policy=Policy(challenges=False))
    assert [intent.action for intent in due] == [ANSWERING]


def test_its_own_proof_is_brought_at_once_and_others_let_its_asker_go_first():
    own, others = DisputeMove(PROVING, "prove", is_own=True), DisputeMove(ANSWERING, "answer")
    due = intents(Phase.PROVE, DisputeFacts((), (own, others)))
    assert due == (
        Send(PROVING, "prove", 0),
        Send(ANSWERING, "answer", 1 + turn_of(OWN, ACCOUNTS, "answer")),
    )


@pytest.mark.parametrize("phase", PHASES)
def test_a_node_that_lost_its_points_computes_them_and_looks_again_before_it_disputes(phase):
    disputes = DisputeFacts((CHALLENGE,), (DisputeMove(ANSWERING, "answer"),))
    lost = facts(**D_OPEN, unevaluated=3)
    assert intents(phase, DisputeFacts(), facts=lost) == (EvaluateModels(ROUND),)
    assert intents(phase, disputes, facts=facts(**COMPUTED)) == (RecheckPoints(ROUND),)
    assert intents(phase, disputes, facts=facts(**COMPUTED, points_differ=True)) == ()


@pytest.mark.parametrize("phase", PHASES)
def test_a_phase_with_something_to_do_is_not_ended_by_who_can_do_it(phase):
    disputes = DisputeFacts((CHALLENGE,), (DisputeMove(ANSWERING, "answer"),))
    assert Advance() not in [i.action for i in intents(phase, disputes, **OVER)]
    assert intents(phase, disputes, **LONG_OVER)[-1].action == Advance()
    # Undisputed, it ends as soon as it may.
    assert [i.action for i in intents(phase, DisputeFacts(), **OVER)] == [Advance()]
    # What is not worth its gas holds nobody back.
    worthless = DisputeFacts((replace(CHALLENGE, decides=False, taken=0),))
    assert [i.action for i in intents(phase, worthless, **OVER)] == [Advance()]
