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
from offchain.protocol.deciding.snapshot import OwnItem, Role, Snapshot
from offchain.protocol.words.actions import Partition, WritePage
from offchain.protocol.words.status import Phase


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
    bond = 0 if own.is_genesis or own.had_valid_model else parameters.key_bond
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
    training = [item for item in snapshot.sharing.unpublished if _training_key_due(snapshot, item)]
    if training:
        intents.append(PublishPayloadKeys(tuple(item.number for item in training), test=False))
    if not _unseal_confirmed(snapshot):
        return
    competing = snapshot.status.competition.round
    test = [
        item.number
        for item in snapshot.sharing.unpublished
        if item.is_test and item.round == competing
    ]
    if test:
        intents.append(PublishPayloadKeys(tuple(test), test=True))


def _training_key_due(snapshot: Snapshot, item: OwnItem) -> bool:
    competition = snapshot.status.competition
    if item.is_test:
        return False
    return item.round > competition.round or (
        item.round == competition.round and competition.phase is Phase.COMMIT
    )


def _unseal_confirmed(snapshot: Snapshot) -> bool:
    """Whether the phase is Unseal and its start has enough EVM blocks on top."""
    if snapshot.status.competition.phase is not Phase.UNSEAL:
        return False
    depth = snapshot.status.block_number - snapshot.competition.phase_block
    return depth >= snapshot.policy.confirmations


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
    elif sharing.unshared and status.keys.active < snapshot.parameters.minimum_ring:
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
