"""What a node does about statements that are false, and for its own: asks, answers, proves.

What can be done follows from the records and the node's points
(`offchain.protocol.deciding.dispute_plan`); here is decided what of it is worth its gas, and whose
turn it is.
"""

from __future__ import annotations

from offchain.protocol.deciding.attesting import trusts_points
from offchain.protocol.deciding.intents import EvaluateModels, Intent, Send, turn_of
from offchain.protocol.deciding.patience import patience_over
from offchain.protocol.deciding.snapshot import Challenge, DisputeFacts, Snapshot
from offchain.protocol.rules.disputes import reward
from offchain.protocol.words.dispute_actions import (
    AnswerCell,
    AnswerForm,
    AnswerRow,
    Ask,
    AskCell,
    CommitProof,
    Prove,
    ProveForm,
)
from offchain.protocol.words.status import Phase

DISPUTE_GAS = 8_000_000
"""What it costs at most to make a statement fall: a question, a cell, a commitment, a proof."""

MOVES = (Ask, AskCell, AnswerRow, AnswerForm, AnswerCell, CommitProof, Prove, ProveForm)
"""Actions without which a phase of a dispute is not this node's to end."""


def in_dispute(phase: Phase) -> bool:
    """Whether statements are disputed in a phase."""
    return Phase.CHALLENGE <= phase <= Phase.PROVE


def decide_disputes(snapshot: Snapshot, intents: list[Intent], waiting: list[str]) -> None:
    """Ask, answer and prove what is due in the present phase.

    Without points of its own, after a loss of all it had, a node computes them again first. A node
    whose points a second arithmetic does not confirm neither asks nor answers.
    """
    facts = snapshot.competition
    disputes = snapshot.disputes if snapshot.policy.challenges else _answers(snapshot.disputes)
    if facts.statement is None:
        waiting.append("the evaluation of the models")
        return
    if not disputes.challenges and not disputes.moves:
        waiting.append("whoever disputes a statement")
        return
    if not trusts_points(snapshot, intents, waiting):
        return
    spent = 0
    for challenge in disputes.challenges:
        if not is_worthwhile(snapshot, challenge):
            waiting.append("nothing: that statement cannot win, and its stakes do not pay")
            continue
        spent += challenge.action.value
        if spent > snapshot.status.own.balance:
            waiting.append(f"{spent} wei for bonds (balance {snapshot.status.own.balance})")
            return
        turn = _turn(snapshot, challenge.duty)
        intents.append(Send(challenge.action, challenge.duty, turn))
    for move in disputes.moves:
        turn = 0 if move.is_own else 1 + _turn(snapshot, move.duty)
        intents.append(Send(move.action, move.duty, turn))


def _answers(disputes: DisputeFacts) -> DisputeFacts:
    """Only what is to be answered."""
    answers = (AnswerRow, AnswerForm, AnswerCell)
    moves = tuple(move for move in disputes.moves if isinstance(move.action, answers))
    return DisputeFacts((), moves)


def is_worthwhile(snapshot: Snapshot, challenge: Challenge) -> bool:
    """Whether a statement is worth disputing: it would win, or the reward pays for the gas."""
    if challenge.decides:
        return True
    gain = reward(snapshot.parameters.challenge_reward, challenge.taken)
    return gain >= DISPUTE_GAS * snapshot.policy.dispute_gas_price


def dispute_unfinished(snapshot: Snapshot, intents: list[Intent]) -> bool:
    """Whether the node still has something to do in the present phase of a dispute."""
    due = any(isinstance(i, Send) and isinstance(i.action, MOVES) for i in intents)
    computes = any(isinstance(intent, EvaluateModels) for intent in intents)
    facts = snapshot.competition
    return due or computes or facts.evaluating or facts.rechecking


def _turn(snapshot: Snapshot, duty: str) -> int:
    """Nodes take turns as long as there is time: whoever comes second pays gas for nothing."""
    if patience_over(snapshot):
        return 0
    return turn_of(snapshot.account, snapshot.keepers, duty)
