"""Whether what a node says at one time fits together: its blocks' hashes, its views and events."""

from __future__ import annotations

from offchain.protocol.history.fold import History
from offchain.protocol.words.chain_status import ChainStatus
from offchain.protocol.words.status import Phase


def same_hash(found: bytes | None, expected: bytes | None) -> bool:
    """Whether two hashes of one block agree, as far as both are known."""
    return found is None or expected is None or found == expected


def agrees(status: ChainStatus, history: History) -> bool:
    """Whether views and events tell of the same rounds, members, data, phase, models and head."""
    collecting, competing = history.collecting, history.competing
    collection, competition = status.collection, status.competition
    following = history.epoch(collection.epoch + 1)
    warm = sum(applied.warm for applied in following.applications.values())
    return (
        collection.round == (collecting.number if collecting else 0)
        and status.collected.shared == (len(collecting.data) if collecting else 0)
        and status.collected.partitioned == (collecting.partitioned if collecting else 0)
        and status.next_epoch.warm == warm
        and status.next_epoch.cold == len(following.applications) - warm
        and status.next_epoch.frozen == (following.frozen is not None)
        and status.next_epoch.seeded == (following.seeded is not None)
        and status.next_epoch.written == bool(following.members)
        and competition.round == (competing.number if competing else 0)
        and competition.phase == (competing.phase if competing else Phase.NONE)
        and competition.attesters == (competing.attesters if competing else 0)
        and status.commitments == (len(competing.commitments) if competing else 0)
        and status.reveals == (len(competing.reveals) if competing else 0)
        and status.own.stake.amount == history.stakes.get(status.own.account, 0)
        and status.head.hash == history.block_hashes[-1]
    )
