"""What a node does for the round in competition: models, reports, attestations, the block."""

from __future__ import annotations

from offchain.protocol.deciding.intents import (
    AttestScores,
    CommitTrainedModel,
    EvaluateModels,
    FinalizeRound,
    Intent,
    OpenAttestation,
    PublishPayloadKeys,
    RecoverModel,
    RevealTrainedModel,
    Send,
    TrainModel,
    turn_of,
)
from offchain.protocol.deciding.policy import Role
from offchain.protocol.deciding.snapshot import Snapshot
from offchain.protocol.rules import commitments
from offchain.protocol.words.actions import ReportMissingItems, ReportMissingModels
from offchain.protocol.words.status import ZERO_HASH, Phase

REPORTED_AT_ONCE = 256
"""Items or models named in one report; what is missing beyond goes into the next."""


def decide_competition(snapshot: Snapshot, intents: list[Intent], waiting: list[str]) -> None:
    """Add what is due in the present phase of the round in competition."""
    match snapshot.status.competition.phase:
        case Phase.COMMIT:
            _decide_model(snapshot, intents, waiting)
        case Phase.UNSEAL:
            _recover_committed(snapshot, intents)
            _report_items(snapshot, intents)
            waiting.append("test keys")
        case Phase.REVEAL:
            _recover_committed(snapshot, intents)
            _evaluate(snapshot, intents)
            _decide_reveal(snapshot, intents, waiting)
        case Phase.AVAILABLE:
            _report_models(snapshot, intents)
            _evaluate(snapshot, intents)
            waiting.append("reports of missing models")
        case Phase.ATTEST:
            _evaluate(snapshot, intents)
            _decide_attestation(snapshot, intents, waiting)
        case Phase.ATTEST_REVEAL:
            _evaluate(snapshot, intents)
            _open_attestation(snapshot, intents, waiting)
        case Phase.FINALIZE:
            _evaluate(snapshot, intents)
            _decide_finalize(snapshot, intents, waiting)
        case _:
            waiting.append(f"the data of round {snapshot.status.collection.round}")


def unfinished_work(snapshot: Snapshot, intents: list[Intent]) -> bool:
    """Whether the node still works on its own part of the present phase.

    An attester that misses a file reports it before the phase ends: what nobody reports is in, and
    what is in and nowhere to be had makes the round void.
    """
    facts, phase = snapshot.competition, snapshot.status.competition.phase
    attests = _attests(snapshot)
    due: tuple[type[Intent], ...]
    match phase:
        case Phase.COMMIT:
            # A training that goes on after all places are taken is for nothing.
            due = (TrainModel, CommitTrainedModel, RecoverModel)
            runs = facts.training and _may_commit(snapshot)
        case Phase.UNSEAL:
            due, runs = (PublishPayloadKeys,), attests and bool(facts.missing_items)
        case Phase.REVEAL:
            due, runs = (RevealTrainedModel, EvaluateModels, RecoverModel), facts.evaluating
        case Phase.AVAILABLE:
            due, runs = (), attests and bool(facts.missing_models)
        case Phase.ATTEST:
            due, runs = (AttestScores, EvaluateModels), facts.evaluating
        case Phase.ATTEST_REVEAL:
            due, runs = (OpenAttestation, EvaluateModels), facts.evaluating
        case _:
            return False
    return runs or any(isinstance(intent, due) for intent in intents)


def _may_commit(snapshot: Snapshot) -> bool:
    own = snapshot.status.own
    return commitments.may_commit(
        snapshot.parameters,
        snapshot.status.competition,
        is_attester=own.is_attester,
        has_committed=own.commitment.exists,
    )


def _decide_model(snapshot: Snapshot, intents: list[Intent], waiting: list[str]) -> None:
    """In Commit: recover what was committed to, or train, then commit."""
    facts, own = snapshot.competition, snapshot.status.own
    round_number = snapshot.status.competition.round
    if own.commitment.exists and facts.held_model == own.commitment.hash:
        waiting.append("the other nodes' models")
        return
    if _recover_committed(snapshot, intents):
        return
    if not snapshot.has_role(Role.TRAIN):
        waiting.append("the nodes' models")
        return
    if not _may_commit(snapshot):
        waiting.append(f"a place among the models: round {round_number} has none left")
        return
    bond = commitments.bond_due(snapshot.parameters, has_committed=own.commitment.exists)
    if own.balance < bond:
        waiting.append(f"{bond} wei for the bond of a model (balance {own.balance})")
    elif facts.held_model is not None:
        intents.append(CommitTrainedModel(round_number, bond))
    elif facts.training:
        waiting.append("the training")
    elif _training_data_ready(snapshot):
        intents.append(TrainModel(round_number))
    else:
        waiting.append(
            f"the keys and payloads of {facts.waiting_training} training items "
            f"({facts.opened_training} are open)"
        )


def _training_data_ready(snapshot: Snapshot) -> bool:
    """All training items are open, or some are and the patience for the others is at an end."""
    facts = snapshot.competition
    if facts.opened_training == 0:
        return False
    return facts.waiting_training == 0 or snapshot.seconds_in_phase >= snapshot.policy.patience


def _recover_committed(snapshot: Snapshot, intents: list[Intent]) -> bool:
    """If the committed model is not in hand but its sealed copy can be fetched: do that."""
    facts, commitment = snapshot.competition, snapshot.status.own.commitment
    lost = commitment.exists and not commitment.revealed and facts.held_model != commitment.hash
    if not lost or facts.sealed_copy is None or facts.recovery_failed:
        return False
    intents.append(RecoverModel(snapshot.status.competition.round, facts.sealed_copy))
    return True


def _report_items(snapshot: Snapshot, intents: list[Intent]) -> None:
    """Report payloads that cannot be fetched.

    At half of the patience, not before: a payload may still be on its way, and a report cannot be
    taken back.
    """
    missing = snapshot.competition.missing_items
    if missing and _reports(snapshot):
        batch = missing[:REPORTED_AT_ONCE]
        duty = f"report items {batch[0]} to {batch[-1]}"
        intents.append(Send(ReportMissingItems(batch), duty))


def _report_models(snapshot: Snapshot, intents: list[Intent]) -> None:
    """The same for revealed models."""
    missing = snapshot.competition.missing_models
    if missing and _reports(snapshot):
        batch = missing[:REPORTED_AT_ONCE]
        duty = f"report models of round {snapshot.status.competition.round} from {batch[0]}"
        intents.append(Send(ReportMissingModels(batch), duty))


def _reports(snapshot: Snapshot) -> bool:
    return _attests(snapshot) and snapshot.seconds_in_phase >= snapshot.policy.patience // 2


def _attests(snapshot: Snapshot) -> bool:
    return snapshot.has_role(Role.ATTEST) and snapshot.status.own.is_attester


def _evaluate(snapshot: Snapshot, intents: list[Intent]) -> None:
    """Evaluate whatever can be and is needed for the own reveal or attestation."""
    facts, own = snapshot.competition, snapshot.status.own
    attests = _attests(snapshot)
    reveals = own.commitment.exists and not own.commitment.revealed
    if facts.evaluating or not facts.data_set_known or not facts.unevaluated:
        return
    if attests or (reveals and not facts.scored):
        intents.append(EvaluateModels(snapshot.status.competition.round))


def _decide_reveal(snapshot: Snapshot, intents: list[Intent], waiting: list[str]) -> None:
    """Reveal the committed model with its true score; at the end of the patience with any.

    A model that is not revealed costs its bond. One with a wrong score only is not valid.
    """
    facts, commitment = snapshot.competition, snapshot.status.own.commitment
    if not commitment.exists or commitment.revealed:
        waiting.append("the other nodes' reveals")
    elif facts.held_model != commitment.hash:
        waiting.append("nothing: the committed model is lost, and its bond with it")
    elif facts.scored or snapshot.seconds_in_phase >= snapshot.policy.patience:
        intents.append(RevealTrainedModel(snapshot.status.competition.round))
    elif facts.data_set_known:
        waiting.append("the evaluation of the own model")
    else:
        waiting.append("payloads of the data set")


def _decide_attestation(snapshot: Snapshot, intents: list[Intent], waiting: list[str]) -> None:
    facts, own = snapshot.competition, snapshot.status.own
    if not _attests(snapshot):
        waiting.append("the attesters")
    elif facts.attestation is None and own.attestation.commitment == ZERO_HASH:
        waiting.append("the evaluation of the models")
    elif facts.attestation in (None, own.attestation.commitment):
        waiting.append("the other attesters")
    elif facts.attestation is not None:
        # Also where another stands on chain: until the phase ends the later one replaces it.
        intents.append(AttestScores(snapshot.status.competition.round, facts.attestation))


def _open_attestation(snapshot: Snapshot, intents: list[Intent], waiting: list[str]) -> None:
    """Open the attestation.

    What was committed to is what the node computes again from the data set, the models and its
    seed, so it can be opened after any loss.
    """
    facts, attestation = snapshot.competition, snapshot.status.own.attestation
    if attestation.commitment == ZERO_HASH or attestation.statement != ZERO_HASH:
        waiting.append("the other attesters to open")
    elif facts.statement is None:
        waiting.append("the evaluation of the models")
    elif attestation.commitment == facts.attestation:
        intents.append(OpenAttestation(snapshot.status.competition.round, facts.statement))
    else:
        waiting.append("nothing: the attestation on chain is not what this node computes now")


def _decide_finalize(snapshot: Snapshot, intents: list[Intent], waiting: list[str]) -> None:
    """Append the block, if the majority's statement is the one that this node computes."""
    facts, competition = snapshot.competition, snapshot.status.competition
    if competition.majority == ZERO_HASH or facts.statement != competition.majority:
        waiting.append("an attester of the majority to append the block")
        return
    duty = f"finalize round {competition.round}"
    turn = turn_of(snapshot.account, snapshot.keepers, duty)
    intents.append(FinalizeRound(competition.round, duty, turn))
