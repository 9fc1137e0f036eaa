"""What a node does for the round that collects: leases, pages, data, keys, partitions."""

from __future__ import annotations

from offchain.protocol.deciding.intents import (
    Intent,
    LeaseShareKeys,
    PublishPayloadKeys,
    Send,
    ShareData,
    turn_of,
)
from offchain.protocol.deciding.policy import Role
from offchain.protocol.deciding.snapshot import Snapshot
from offchain.protocol.rules import leases
from offchain.protocol.rules.sharing import KeyTime, key_time
from offchain.protocol.words.actions import Partition, WritePage


def decide_collection(snapshot: Snapshot, intents: list[Intent], waiting: list[str]) -> None:
    """Add what is due for leases, sharing, payload keys and partitions."""
    if snapshot.has_role(Role.SHARE):
        _decide_lease(snapshot, intents, waiting)
    # Keys are owed for what was shared, whatever the node's role is now.
    _decide_keys(snapshot, intents)
    if not snapshot.status.started:
        return
    if snapshot.has_role(Role.KEEP):
        _decide_page(snapshot, intents)
    if snapshot.has_role(Role.SHARE):
        _decide_sharing(snapshot, intents, waiting)
    if snapshot.has_role(Role.KEEP):
        _decide_partition(snapshot, intents)


def _decide_lease(snapshot: Snapshot, intents: list[Intent], waiting: list[str]) -> None:
    """Lease as many keys for the next round as the quota allows and the balance covers."""
    own, parameters = snapshot.status.own, snapshot.parameters
    wanted = min(own.quota, parameters.maximum_keys) - own.held_keys
    if wanted <= 0:
        return
    is_exempt = own.is_genesis or own.had_valid_model
    bond = leases.bond_due(parameters, 1, is_exempt=is_exempt)
    count = wanted if bond == 0 else min(wanted, own.balance // bond)
    if count:
        intents.append(LeaseShareKeys(count, count * bond))
    else:
        waiting.append(f"{bond} wei for the bond of a share key (balance {own.balance})")


def _decide_keys(snapshot: Snapshot, intents: list[Intent]) -> None:
    """Publish payload keys whose time has come.

    A training item's key is due from its partition to the end of Commit. A test item's key is due
    in Unseal only, and not before the end of Commit is confirmed on the EVM chain: published
    earlier, by a node that a reorganisation then proves wrong, it would leave the item out.
    """
    competition = snapshot.status.competition
    due = [
        item
        for item in snapshot.sharing.unpublished
        if key_time(item.round, item.is_test, competition.round, competition.phase) is KeyTime.DUE
    ]
    depth = snapshot.status.block_number - snapshot.competition.phase_block
    for test in (False, True):
        items = tuple(item.number for item in due if item.is_test == test)
        if items and (not test or depth >= snapshot.policy.confirmations):
            intents.append(PublishPayloadKeys(items, test=test))


def _decide_page(snapshot: Snapshot, intents: list[Intent]) -> None:
    """Write the next page of the collecting round's keys, without which nothing can be shared."""
    keys = snapshot.status.keys
    if keys.complete:
        return
    collecting = snapshot.status.collection.round
    duty = f"write keys {keys.written} of round {collecting}"
    turn = turn_of(snapshot.account, snapshot.keepers, duty)
    intents.append(Send(WritePage(collecting), duty, turn))


def _decide_sharing(snapshot: Snapshot, intents: list[Intent], waiting: list[str]) -> None:
    """Share one item with each own key that is active in the collecting scope and unused."""
    status, sharing = snapshot.status, snapshot.sharing
    if sharing.unshared and not status.keys.complete:
        waiting.append(f"the share keys of round {status.collection.round} to be written")
    elif sharing.unshared and not leases.make_a_ring(snapshot.parameters, status.keys.active):
        waiting.append(
            f"a ring: {status.keys.active} active share keys in round {status.collection.round}, "
            f"{snapshot.parameters.minimum_ring} needed"
        )
    elif sharing.unshared:
        intents.append(ShareData(status.collection.round, sharing.unshared))
    if sharing.in_flight:
        waiting.append("the relayer to bring items and keys on chain")


def _decide_partition(snapshot: Snapshot, intents: list[Intent]) -> None:
    """Make the one partition that is possible."""
    partition = snapshot.status.next_partition
    if not partition.possible:
        return
    duty = f"partition by Bitcoin block {partition.height}"
    action = Partition(partition.height, partition.end_arrival)
    turn = turn_of(snapshot.account, snapshot.keepers, duty)
    intents.append(Send(action, duty, turn))
