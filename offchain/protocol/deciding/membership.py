"""What a node does for its place among the members: applying, the draw, the list, its stake."""

from __future__ import annotations

from offchain.protocol.deciding.intents import ApplyForEpoch, Intent, Send, turn_of
from offchain.protocol.deciding.policy import Role
from offchain.protocol.deciding.snapshot import Snapshot
from offchain.protocol.words.actions import (
    Action,
    AddStake,
    RenewDraw,
    SeedDraw,
    Start,
    WithdrawStake,
    WriteMembers,
)


def decide_membership(snapshot: Snapshot, intents: list[Intent], waiting: list[str]) -> None:
    """Add what is due for applications, the draw, the members' list and the own stake."""
    if snapshot.policy.leave:
        _decide_withdrawal(snapshot, intents, waiting)
    elif snapshot.has_role(Role.SHARE) or snapshot.has_role(Role.TRAIN):
        _decide_application(snapshot, intents, waiting)
    if not snapshot.has_role(Role.KEEP):
        return
    if snapshot.status.started:
        _decide_draw(snapshot, intents)
    else:
        _decide_start(snapshot, intents, waiting)


def has_full_stake(snapshot: Snapshot, intents: list[Intent], waiting: list[str]) -> bool:
    """Whether the account can act; if something was burned, it is filled up where that is wanted.

    A node that leaves puts nothing more at stake.
    """
    own = snapshot.status.own
    lacking = snapshot.parameters.stake - own.stake.amount
    if lacking <= 0:
        return True
    if snapshot.policy.leave:
        waiting.append("nothing: the stake is not full, and this node leaves")
    elif own.balance < lacking:
        waiting.append(f"{lacking} wei for the stake (balance {own.balance})")
    else:
        intents.append(Send(AddStake(lacking), "fill up the stake"))
    return False


def _decide_application(snapshot: Snapshot, intents: list[Intent], waiting: list[str]) -> None:
    """Apply for the epoch that can be applied for, once."""
    status, own = snapshot.status, snapshot.status.own
    if own.application.exists:
        return
    if not status.started and not own.is_genesis:
        waiting.append("the start: before it only genesis accounts apply")
        return
    if _gains_by_waiting(snapshot):
        waiting.append(
            f"heat: with {snapshot.parameters.warm_heat} the account applies as warm, "
            f"it has {own.heat}"
        )
        return
    value = max(0, snapshot.parameters.stake - own.stake.amount)
    if own.balance < value:
        waiting.append(f"{value} wei for the stake (balance {own.balance})")
    else:
        intents.append(ApplyForEpoch(status.open_epoch, value))


def _gains_by_waiting(snapshot: Snapshot) -> bool:
    """Whether an account with too little heat may have enough of it before applying ends.

    Applying ends when the epoch's last round opens. An account that has none at all will hardly
    gain all of it; who is warm now may have cooled down by then.
    """
    status = snapshot.status
    if not status.started or snapshot.membership.is_warm or status.own.heat == 0:
        return False
    ends_with = status.epoch.last_round - 1
    return status.next_epoch.frozen or status.collection.round < ends_with


def _decide_start(snapshot: Snapshot, intents: list[Intent], waiting: list[str]) -> None:
    """Start once all genesis accounts have applied, or enough of them have and time passed."""
    facts, parameters = snapshot.membership, snapshot.parameters
    applied = len(facts.start_accounts)
    is_time = snapshot.status.timestamp >= facts.earliest_start
    if applied >= parameters.minimum_ring and (applied == facts.genesis_accounts or is_time):
        intents.append(_send(snapshot, Start(facts.start_accounts), "start"))
        return
    waiting.append(
        f"applications of the genesis accounts ({applied} of {facts.genesis_accounts}, "
        f"{parameters.minimum_ring} at least)"
    )


def _decide_draw(snapshot: Snapshot, intents: list[Intent]) -> None:
    """Store the draw's seed; write the list of the members that it gives."""
    status, drawn = snapshot.status, snapshot.membership.drawn
    epoch, entry = status.collection.epoch + 1, status.next_epoch
    if entry.written:
        return
    if status.draw_lost:
        intents.append(_send(snapshot, RenewDraw(), f"renew the draw of epoch {epoch}"))
    elif status.draw_height:
        action = SeedDraw(status.draw_height)
        intents.append(_send(snapshot, action, f"seed the draw of epoch {epoch}"))
    elif entry.seeded and drawn:
        duty = f"write the members of epoch {epoch}"
        intents.append(_send(snapshot, WriteMembers(drawn), duty))


def _decide_withdrawal(snapshot: Snapshot, intents: list[Intent], waiting: list[str]) -> None:
    """Take the stake back as soon as it is free."""
    own, collecting = snapshot.status.own, snapshot.status.collection.round
    if own.stake.amount == 0:
        return
    if collecting >= own.stake_free_from:
        intents.append(Send(WithdrawStake(), "withdraw the stake"))
    else:
        waiting.append("the stake to be free")


def _send(snapshot: Snapshot, action: Action, duty: str) -> Send:
    return Send(action, duty, turn_of(snapshot.account, snapshot.keepers, duty))
