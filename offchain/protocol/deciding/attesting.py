"""What a node does as an attester: reports, statements of all models' rows, the block."""

from __future__ import annotations

from offchain.protocol.deciding.intents import (
    AttestRows,
    BringModelFile,
    EvaluateModels,
    Intent,
    OpenAttestedRows,
    RecheckPoints,
    Send,
    turn_of,
)
from offchain.protocol.deciding.membership import has_full_stake
from offchain.protocol.deciding.patience import is_confirmed, patience_over
from offchain.protocol.deciding.policy import Role
from offchain.protocol.deciding.snapshot import Snapshot
from offchain.protocol.words.actions import Finalize, ReportData, ReportModels
from offchain.protocol.words.status import ZERO_HASH


def attests(snapshot: Snapshot) -> bool:
    """Whether the node attests in the round in competition.

    One that leaves does so only in its last epoch: to act later would lock its stake anew.
    """
    own = snapshot.status.own
    stays = own.is_member or not snapshot.policy.leave
    return snapshot.has_role(Role.ATTEST) and own.is_attester and stays


def report_data(snapshot: Snapshot, intents: list[Intent], waiting: list[str]) -> None:
    """Report what cannot be used, nothing too, once all is looked at or the patience is over.

    Not before: a file may still be on its way, and a report cannot be taken back.
    """
    facts = snapshot.competition
    if not attests(snapshot) or snapshot.status.own.has_reported_data:
        waiting.append("the attesters' reports")
    elif facts.unchecked and not patience_over(snapshot):
        waiting.append(f"the parts of {facts.unchecked.bit_count()} data transactions")
    else:
        duty = f"report data of round {snapshot.status.competition.round}"
        intents.append(Send(ReportData(facts.unusable | facts.unchecked), duty))


def report_models(snapshot: Snapshot, intents: list[Intent], waiting: list[str]) -> None:
    """The same for revealed models that cannot be fetched."""
    facts = snapshot.competition
    if not attests(snapshot) or snapshot.status.own.has_reported_models:
        waiting.append("the attesters' reports")
    elif facts.unfetched_models and not patience_over(snapshot):
        waiting.append(f"the files of {facts.unfetched_models.bit_count()} models")
    else:
        duty = f"report models of round {snapshot.status.competition.round}"
        intents.append(Send(ReportModels(facts.unfetched_models), duty))


def bring_models(snapshot: Snapshot, intents: list[Intent], waiting: list[str]) -> None:
    """Bring the files that others miss and this node has: its own at once, others in turns."""
    round_number = snapshot.status.competition.round
    for index in snapshot.competition.bringable:
        duty = f"bring model {index} of round {round_number}"
        is_own = index == snapshot.competition.own_reveal
        turn = 0 if is_own else 1 + turn_of(snapshot.account, snapshot.keepers, duty)
        intents.append(BringModelFile(round_number, index, duty, turn))
    waiting.append("models that are reported missing")


def evaluate(snapshot: Snapshot, intents: list[Intent], *, reveals: bool = False) -> None:
    """Evaluate whatever can be and is needed to attest, to watch, or for the own reveal."""
    facts = snapshot.competition
    if facts.evaluating or not facts.data_open or not facts.unevaluated:
        return
    watches = snapshot.has_role(Role.WATCH)
    if attests(snapshot) or watches or (reveals and not facts.scored):
        intents.append(EvaluateModels(snapshot.status.competition.round))


def trusts_points(snapshot: Snapshot, intents: list[Intent], waiting: list[str]) -> bool:
    """Whether a second arithmetic has found the own points right; if it was not asked, it is."""
    facts = snapshot.competition
    if facts.points_differ:
        waiting.append(
            "nothing: a second arithmetic gave other points, and a false statement costs the "
            "stake; look for bad memory or a faulty library"
        )
    elif not facts.rechecked:
        waiting.append("the second arithmetic")
        if not facts.rechecking:
            intents.append(RecheckPoints(snapshot.status.competition.round))
    return facts.rechecked and not facts.points_differ


def decide_attestation(snapshot: Snapshot, intents: list[Intent], waiting: list[str]) -> None:
    """Commit to the statement; again where another stands on chain: the later one counts."""
    facts, committed = snapshot.competition, snapshot.status.own.attestation.commitment
    if not attests(snapshot):
        waiting.append("the attesters")
    elif facts.attestation is None and committed == ZERO_HASH:
        waiting.append("the evaluation of the models")
    elif facts.attestation in (None, committed):
        waiting.append("the other attesters")
    elif not trusts_points(snapshot, intents, waiting):
        return
    elif has_full_stake(snapshot, intents, waiting) and facts.attestation is not None:
        intents.append(AttestRows(snapshot.status.competition.round, facts.attestation))


def opens(snapshot: Snapshot) -> bool:
    """Whether the node can open its attestation, and has not."""
    computed, attestation = snapshot.competition.attestation, snapshot.status.own.attestation
    is_own = attestation.commitment != ZERO_HASH and attestation.commitment == computed
    return is_own and attestation.statement == ZERO_HASH


def open_attestation(snapshot: Snapshot, intents: list[Intent], waiting: list[str]) -> None:
    """Open the attestation, with the rows where nobody has brought them.

    What was committed to is what the node computes again from the data set, the models and its
    seed, so it can be opened after any loss. Who opens a statement first pays for its rows: nodes
    take turns, as long as there is time.
    """
    facts, attestation = snapshot.competition, snapshot.status.own.attestation
    round_number = snapshot.status.competition.round
    if attestation.commitment == ZERO_HASH or attestation.statement != ZERO_HASH:
        waiting.append("the other attesters to open")
    elif facts.statement is None:
        waiting.append("the evaluation of the models")
    elif attestation.commitment != facts.attestation:
        waiting.append("nothing: the attestation on chain is not what this node computes now")
    elif is_confirmed(snapshot, snapshot.policy.confirmations.statements, waiting):
        duty = f"open statement {facts.statement.hex()[:16]} of round {round_number}"
        waits = not facts.rows_brought and not patience_over(snapshot)
        turn = turn_of(snapshot.account, snapshot.keepers, duty) if waits else 0
        intents.append(
            OpenAttestedRows(round_number, facts.statement, not facts.rows_brought, duty, turn)
        )


def decide_finalize(snapshot: Snapshot, intents: list[Intent], waiting: list[str]) -> None:
    """Append the block by the rows that stand, unless this node has computed others."""
    facts, majority = snapshot.competition, snapshot.status.standing
    if not finalizes(snapshot):
        waiting.append("whoever appends the block")
    elif facts.majority_rows is not None:
        duty = f"finalize round {snapshot.status.competition.round} by {majority.hex()[:16]}"
        turn = turn_of(snapshot.account, snapshot.keepers, duty)
        intents.append(Send(Finalize(facts.majority_rows), duty, turn))


def finalizes(snapshot: Snapshot) -> bool:
    """Whether this node can append the block, and does not know better."""
    facts, majority = snapshot.competition, snapshot.status.standing
    agrees = facts.statement in (None, majority)
    is_able = majority != ZERO_HASH and facts.majority_rows is not None
    return snapshot.has_role(Role.KEEP) and is_able and agrees
