"""What a node does for the round in competition with its model: trains, commits, reveals."""

from __future__ import annotations

from offchain.protocol.deciding.attesting import (
    attests,
    bring_models,
    decide_attestation,
    decide_finalize,
    evaluate,
    open_attestation,
    opens,
    report_data,
    report_models,
)
from offchain.protocol.deciding.collection import is_publishing
from offchain.protocol.deciding.disputing import (
    decide_disputes,
    dispute_unfinished,
    in_dispute,
)
from offchain.protocol.deciding.intents import (
    AttestRows,
    BringModelFile,
    CommitTrainedModel,
    EvaluateModels,
    Intent,
    OpenAttestedRows,
    RecheckPoints,
    RecoverModel,
    RevealTrainedModel,
    Send,
    TrainModel,
)
from offchain.protocol.deciding.membership import has_full_stake
from offchain.protocol.deciding.patience import is_confirmed, patience_over
from offchain.protocol.deciding.policy import Role
from offchain.protocol.deciding.snapshot import Snapshot
from offchain.protocol.words.actions import AddStake
from offchain.protocol.words.status import Phase


def decide_competition(snapshot: Snapshot, intents: list[Intent], waiting: list[str]) -> None:
    """Add what is due in the present phase of the round in competition."""
    match snapshot.status.competition.phase:
        case Phase.OPEN:
            waiting.append("training keys")
        case Phase.COMMIT:
            _decide_model(snapshot, intents, waiting)
        case Phase.UNSEAL:
            _recover_committed(snapshot, intents)
            waiting.append("test keys")
        case Phase.REPORT:
            _recover_committed(snapshot, intents)
            report_data(snapshot, intents, waiting)
        case Phase.REVEAL:
            _recover_committed(snapshot, intents)
            evaluate(snapshot, intents, reveals=_reveals(snapshot))
            _decide_reveal(snapshot, intents, waiting)
        case Phase.AVAILABLE:
            report_models(snapshot, intents, waiting)
            evaluate(snapshot, intents)
        case Phase.BRING:
            bring_models(snapshot, intents, waiting)
            evaluate(snapshot, intents)
        case Phase.ATTEST:
            evaluate(snapshot, intents)
            decide_attestation(snapshot, intents, waiting)
        case Phase.ATTEST_REVEAL:
            evaluate(snapshot, intents)
            open_attestation(snapshot, intents, waiting)
        case phase if in_dispute(phase):
            evaluate(snapshot, intents)
            decide_disputes(snapshot, intents, waiting)
        case Phase.FINALIZE:
            decide_finalize(snapshot, intents, waiting)
        case _:
            waiting.append(f"the data of round {snapshot.status.collection.round}")


def unfinished_work(snapshot: Snapshot, intents: list[Intent]) -> bool:
    """Whether the node still works on its own part of the present phase."""
    facts, own = snapshot.competition, snapshot.status.own
    confirmations = snapshot.policy.confirmations
    due: tuple[type[Intent], ...] = ()
    runs = False
    match snapshot.status.competition.phase:
        case Phase.OPEN | Phase.UNSEAL:
            runs = is_publishing(snapshot)
        case Phase.COMMIT:
            due = (TrainModel, CommitTrainedModel, RecoverModel)
            runs = facts.training and _may_train(snapshot)
        case Phase.REPORT:
            runs = attests(snapshot) and not own.has_reported_data
        case Phase.REVEAL:
            due = (RevealTrainedModel, EvaluateModels, RecoverModel)
            held = _reveals(snapshot) and facts.held_model == own.commitment.hash
            waits = held and not is_confirmed(snapshot, confirmations.reveals, [])
            runs = facts.evaluating or waits
        case Phase.AVAILABLE:
            runs = attests(snapshot) and not own.has_reported_models
        case Phase.BRING:
            due = (BringModelFile,)
        case Phase.ATTEST:
            due = (AttestRows, EvaluateModels, RecheckPoints)
            runs = facts.evaluating or facts.rechecking
        case Phase.ATTEST_REVEAL:
            due = (OpenAttestedRows, EvaluateModels)
            waits = opens(snapshot) and not is_confirmed(snapshot, confirmations.statements, [])
            runs = facts.evaluating or waits
        case phase if in_dispute(phase):
            return dispute_unfinished(snapshot, intents)
        case _:
            return False
    # What fills up the stake comes before a model or an attestation.
    fills_up = any(isinstance(i, Send) and isinstance(i.action, AddStake) for i in intents)
    return runs or fills_up or any(isinstance(intent, due) for intent in intents)


def _may_train(snapshot: Snapshot) -> bool:
    return snapshot.has_role(Role.TRAIN) and snapshot.status.own.is_member


def _decide_model(snapshot: Snapshot, intents: list[Intent], waiting: list[str]) -> None:
    """In Commit: recover what was committed to, or train, then commit."""
    facts, own = snapshot.competition, snapshot.status.own
    round_number = snapshot.status.competition.round
    if own.commitment.exists and facts.held_model == own.commitment.hash:
        waiting.append("the other nodes' models")
        return
    if _recover_committed(snapshot, intents):
        return
    if not _may_train(snapshot):
        waiting.append("the members' models")
    elif not has_full_stake(snapshot, intents, waiting):
        return
    elif facts.held_model is not None:
        intents.append(CommitTrainedModel(round_number))
    elif facts.training:
        waiting.append("the training")
    elif _training_data_ready(snapshot):
        intents.append(TrainModel(round_number))
    else:
        waiting.append(
            f"the training parts of {facts.waiting_training} data transactions "
            f"({facts.opened_training} are open)"
        )


def _training_data_ready(snapshot: Snapshot) -> bool:
    """All training parts are open, or some are and the patience for the others is at an end."""
    facts = snapshot.competition
    if facts.opened_training == 0:
        return False
    return facts.waiting_training == 0 or patience_over(snapshot)


def _recover_committed(snapshot: Snapshot, intents: list[Intent]) -> bool:
    """If the committed model is not in hand but its sealed copy can be fetched: do that."""
    facts, commitment = snapshot.competition, snapshot.status.own.commitment
    lost = commitment.exists and not commitment.revealed and facts.held_model != commitment.hash
    if not lost or facts.sealed_copy is None or facts.recovery_failed:
        return False
    intents.append(RecoverModel(snapshot.status.competition.round, facts.sealed_copy))
    return True


def _reveals(snapshot: Snapshot) -> bool:
    commitment = snapshot.status.own.commitment
    return commitment.exists and not commitment.revealed


def _decide_reveal(snapshot: Snapshot, intents: list[Intent], waiting: list[str]) -> None:
    """Reveal the committed model with its evaluation; at the end of the patience without.

    A model that is not revealed costs a part of the stake. The evaluation decides nothing.
    """
    facts, commitment = snapshot.competition, snapshot.status.own.commitment
    if not _reveals(snapshot):
        waiting.append("the other nodes' reveals")
    elif facts.held_model != commitment.hash:
        waiting.append("nothing: the committed model is lost, and a part of the stake with it")
    elif facts.scored or patience_over(snapshot):
        if is_confirmed(snapshot, snapshot.policy.confirmations.reveals, waiting):
            intents.append(RevealTrainedModel(snapshot.status.competition.round))
    elif facts.data_open:
        waiting.append("the evaluation of the own model")
    else:
        waiting.append("parts of the data set")
