"""A node's own choices; none of them is a rule of the protocol."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum


class Role(StrEnum):
    """What a node does.

    `KEEP` moves the chain on: draws, partitions, phases, claims for all. `WATCH` evaluates the
    models of every round, also of those in which the node does not attest, and so knows which
    statements are false.
    """

    SHARE = "share"
    TRAIN = "train"
    ATTEST = "attest"
    KEEP = "keep"
    WATCH = "watch"


DEFAULT_ROLES = frozenset(Role) - {Role.WATCH}
"""What a node does unless it is told otherwise."""


@dataclass(frozen=True, slots=True)
class Confirmations:
    """EVM blocks that must follow a phase's start before something is given away because of it.

    What was told can't be taken back, whatever becomes of the block that asked for it: keys of
    parts that another draw makes test parts, a model that others may still commit to, a statement
    that others may still copy. All else that a node does is due again where it was undone, and
    waits for nothing.
    """

    keys: int = 0
    reveals: int = 0
    statements: int = 0

    @classmethod
    def of_all(cls, blocks: int) -> Confirmations:
        """So many for everything."""
        return cls(*(blocks for _ in fields(cls)))


@dataclass(frozen=True, slots=True)
class Policy:
    """What a node does, and how long it waits.

    Attributes:
        roles: what it does.
        confirmations: how deep a phase's start must lie before secrets are given away.
        phase_seconds: what it takes a phase's length for, by its own clock; None: what the chain's
            parameters say (`offchain.protocol.deciding.patience`). Where headers are replayed,
            neither they nor the EVM's clock say how much time there is.
        challenges: it asks about statements that it knows to be false, and disproves them; else it
            only answers for its own.
        dispute_gas_price: wei for one gas at which the reward for a false statement that cannot win
            must still pay for making it fall; others are disputed at any price.
        leave: it applies for no further epoch, and takes its stake back once it is free.
    """

    roles: frozenset[Role] = DEFAULT_ROLES
    confirmations: Confirmations = Confirmations()
    phase_seconds: int | None = None
    challenges: bool = True
    dispute_gas_price: int = 50 * 10**9
    leave: bool = False
