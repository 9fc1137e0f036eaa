"""The answer to "why": what an account did in a round, what it earned, what it missed."""

from __future__ import annotations

from dataclasses import dataclass

from offchain.chronicle.chronicle import Chronicle
from offchain.chronicle.denials import (
    RewardDecision,
    attester_reward,
    best_reward,
    data_reward_of,
    voice_reward,
)
from offchain.chronicle.duties import Missed, missed_duties
from offchain.chronicle.models import standing_rows
from offchain.chronicle.rounds import round_view
from offchain.chronicle.values import ModelView, Moment
from offchain.protocol.history.entries import RoundHistory
from offchain.protocol.words.status import Electorate, Phase, VoidReason


@dataclass(frozen=True, slots=True)
class DeedView:
    """Something that an account did, and when it did it last."""

    deed: str
    moment: Moment


@dataclass(frozen=True, slots=True)
class RowDifference:
    """A row in which an account's statement differs from the one that stands.

    ``account`` is the model's; None: the baseline's row. Values are None where a row is empty.
    """

    row: int
    account: str | None
    own_points: int | None
    table_points: int | None
    own_net: int | None
    table_net: int | None
    own_spread: int | None
    table_spread: int | None


@dataclass(frozen=True, slots=True)
class StatementAnswer:
    """An account's statement against the table, the statement that stands.

    Attributes:
        statement: that it opened; None: none.
        agrees: whether it is the one that stands.
        fell: whether it was disproved, or not answered for.
        differences: rows that differ.
    """

    statement: bytes | None
    agrees: bool
    fell: bool
    differences: tuple[RowDifference, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What an account did in a round and what came of it, from the chain alone.

    Attributes:
        account: its address.
        round: the round's number.
        epoch: the round's.
        phase: that the round is in.
        block: that it made; None: none.
        void: why it made none.
        applied: whether it applied for the epoch.
        member: whether the draw made it a member.
        attester: whether it was one of the attesters.
        electorate: who attested.
        stake: wei that it had at stake when the round was over, or has now.
        stake_needed: wei that a member or attester must have.
        deeds: what it did.
        model: that it committed to.
        required: B, which 100 net^2 must reach in spreads.
        rivals: valid models in the round.
        statement: what it stated.
        rewards: each with what was earned, or the rule that denied it.
        heat_gained: in claims for this round.
        heat: now.
        missed: what it could have done and did not.
    """

    account: str
    round: int
    epoch: int
    phase: Phase
    block: int | None
    void: VoidReason | None
    applied: bool
    member: bool
    attester: bool
    electorate: Electorate | None
    stake: int
    stake_needed: int
    deeds: tuple[DeedView, ...]
    model: ModelView | None
    required: int | None
    rivals: int
    statement: StatementAnswer
    rewards: tuple[RewardDecision, ...]
    heat_gained: int
    heat: int
    missed: tuple[Missed, ...]


def answer(
    chronicle: Chronicle, account: str, number: int, *, now: int, own_data: int | None = None
) -> Answer:
    """Why an account has what it has of a round.

    Args:
        chronicle: the chain so far.
        account: EIP-55 address, of anybody.
        number: the round's.
        now: the chain's time in seconds, which tells how long ago a duty was missed.
        own_data: number of the data transaction that the account shared. Only its owner can know
            it; None where it did not share, or nobody told.

    Raises:
        HistoryError: the round has not opened.
    """
    seen = round_view(chronicle, number)
    entry = chronicle.history.round(number)
    epoch = chronicle.history.epoch(seen.epoch)
    model = next((found for found in seen.models if found.account == account), None)
    deeds = chronicle.deeds.get((number, account), {})
    over = seen.phases[-1].ended if seen.phases else None
    rewards = [
        best_reward(chronicle, seen, account, model),
        voice_reward(chronicle, seen, account, model),
        attester_reward(chronicle, seen, account),
    ]
    if own_data is not None:
        rewards.append(data_reward_of(chronicle, seen, own_data))
    parameters = chronicle.history.parameters
    gains = {
        "best": parameters.heat_best,
        "voice": parameters.heat_model,
        "attester": parameters.heat_attestation,
    }
    return Answer(
        account=account,
        round=number,
        epoch=seen.epoch,
        phase=seen.phase,
        block=seen.block,
        void=seen.void,
        applied=account in epoch.applications,
        member=account in seen.members,
        attester=account in seen.attesters,
        electorate=seen.electorate,
        stake=chronicle.stake_at(account, (over or chronicle.now).evm_block),
        stake_needed=parameters.stake,
        deeds=tuple(
            DeedView(deed.value, moment)
            for deed, moment in sorted(deeds.items(), key=lambda item: item[1].evm_block)
        ),
        model=model,
        required=seen.required,
        rivals=sum(other.valid for other in seen.models),
        statement=_statement(chronicle, entry, account, seen.models),
        rewards=tuple(rewards),
        heat_gained=sum(
            gains[found.kind] for found in rewards if found.paid and found.kind in gains
        ),
        heat=chronicle.history.heat_of(account),
        missed=missed_duties(chronicle, seen, account, now),
    )


def _statement(
    chronicle: Chronicle, entry: RoundHistory, account: str, models: tuple[ModelView, ...]
) -> StatementAnswer:
    own = entry.stated.get(account)
    table = standing_rows(chronicle, entry)
    if own is None:
        return StatementAnswer(None, False, False, ())
    rows = entry.statements[own]
    names = {1 + model.index: model.account for model in models if model.index is not None}
    differences = tuple(
        RowDifference(
            row=place,
            account=names.get(place),
            own_points=mine.middle if any(mine.hash) else None,
            table_points=theirs.middle if any(theirs.hash) else None,
            own_net=mine.net if any(mine.hash) else None,
            table_net=theirs.net if any(theirs.hash) else None,
            own_spread=mine.spread if any(mine.hash) else None,
            table_spread=theirs.spread if any(theirs.hash) else None,
        )
        for place, (mine, theirs) in enumerate(zip(rows, table, strict=False))
        if mine != theirs
    )
    return StatementAnswer(own, bool(table) and not differences, own in entry.fallen, differences)
