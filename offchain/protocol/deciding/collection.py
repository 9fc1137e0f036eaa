"""What a node does for its data and for partitions: it shares once a round, gives out its keys."""

from __future__ import annotations

from offchain.protocol.deciding.intents import Intent, PublishKeys, Send, ShareData, turn_of
from offchain.protocol.deciding.patience import is_confirmed
from offchain.protocol.deciding.policy import Role
from offchain.protocol.deciding.snapshot import Delivery, Snapshot
from offchain.protocol.rules.dataset import publishing_phase
from offchain.protocol.rules.sharing import timestamp_range
from offchain.protocol.words.actions import Partition

LATE_SHARE = 4
"""One in so many of a collection's heights: who first sees the round later shares nothing in it."""


def decide_collection(snapshot: Snapshot, intents: list[Intent], waiting: list[str]) -> None:
    """Add what is due for the node's data, its keys and partitions."""
    # Keys are owed for what was shared, whatever the node's role is now.
    _decide_keys(snapshot, intents, waiting)
    if snapshot.has_role(Role.SHARE) and snapshot.membership.is_member:
        _decide_sharing(snapshot, intents, waiting)
    if snapshot.has_role(Role.KEEP):
        _decide_partition(snapshot, intents)


def is_publishing(snapshot: Snapshot) -> bool:
    """Whether own keys of the present phase are with the node, or on their way."""
    kind = _due_kind(snapshot)
    return kind is not None and _delivery(snapshot, test=kind) in (
        Delivery.HERE,
        Delivery.ON_ITS_WAY,
    )


def _decide_keys(snapshot: Snapshot, intents: list[Intent], waiting: list[str]) -> None:
    """Publish the keys that are due: training keys in Open, test keys in Unseal.

    Not before the phase's start is confirmed on the EVM chain: a node that a reorganisation proves
    wrong would have given away keys of parts that are test parts then. Test keys stay here where
    the training keys did not come in time: the data transaction is out.
    """
    kind = _due_kind(snapshot)
    if kind is None:
        return
    delivery = _delivery(snapshot, test=kind)
    if delivery is Delivery.ON_ITS_WAY:
        waiting.append("the outlet to bring keys on chain")
    elif delivery is Delivery.HERE and is_confirmed(
        snapshot, snapshot.policy.confirmations.keys, waiting
    ):
        intents.append(PublishKeys(snapshot.status.competition.round, test=kind))


def _due_kind(snapshot: Snapshot) -> bool | None:
    """Which keys are due in the present phase: test keys, training keys, or None of them."""
    for test in (False, True):
        if snapshot.status.competition.phase is publishing_phase(is_test=test):
            return test
    return None


def _delivery(snapshot: Snapshot, *, test: bool) -> Delivery:
    sharing = snapshot.sharing
    if not test:
        return sharing.training_keys
    is_in = sharing.training_keys is Delivery.ON_CHAIN
    return sharing.test_keys if is_in else Delivery.NOTHING


def _decide_sharing(snapshot: Snapshot, intents: list[Intent], waiting: list[str]) -> None:
    """Share in the collecting round, the same bytes again where they are still accepted."""
    status, sharing = snapshot.status, snapshot.sharing
    if sharing.data is Delivery.ON_ITS_WAY:
        waiting.append("the outlet to bring data on chain")
    if sharing.data is not Delivery.HERE:
        return
    if sharing.kept_timestamp is None and _came_late(snapshot):
        waiting.append(
            f"the round after {status.collection.round}: data that came this late "
            "would show whose they are"
        )
        return
    accepted = timestamp_range(
        status.collected.decision_time,
        status.timestamp,
        snapshot.parameters.maximum_clock_skew,
        snapshot.parameters.timestamp_step,
    )
    is_kept = sharing.kept_timestamp is not None and sharing.kept_timestamp in accepted
    intents.append(ShareData(status.collection.round, anew=not is_kept))


def _came_late(snapshot: Snapshot) -> bool:
    """Whether the node was down when the round opened and everybody else shared.

    Its data would arrive alone, just when its account is seen again.
    """
    waited = snapshot.sharing.first_seen_height - snapshot.status.collection.open_height
    return LATE_SHARE * waited > snapshot.parameters.collect_heights


def _decide_partition(snapshot: Snapshot, intents: list[Intent]) -> None:
    """Make the one partition that is possible."""
    partition = snapshot.status.next_partition
    if not partition.possible:
        return
    duty = f"partition by Bitcoin block {partition.height}"
    action = Partition(partition.height, partition.end)
    turn = turn_of(snapshot.account, snapshot.keepers, duty)
    intents.append(Send(action, duty, turn))
