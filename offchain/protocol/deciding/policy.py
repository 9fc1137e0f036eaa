"""A node's own choices; none of them is a rule of the protocol."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

TIMESTAMP_SHIFT_SECONDS = 60
"""By less than this an item's claimed time is before the chain's, unless a node chooses."""


class Role(StrEnum):
    """What a node does. `KEEP` moves the chain on: partitions, phases, pages, claims for all."""

    SHARE = "share"
    TRAIN = "train"
    ATTEST = "attest"
    KEEP = "keep"


ALL_ROLES = frozenset(Role)
"""What a node does unless it is told otherwise."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What a node does, and how long it waits.

    ``confirmations`` is the number of EVM blocks that must follow a phase's start before a secret
    is given away because of it. ``patience`` is how many seconds into a phase a node still waits
    for what is missing (keys, payloads, models) before it goes on without.
    """

    roles: frozenset[Role] = ALL_ROLES
    confirmations: int = 0
    patience: int = 60
