"""What the contracts hold at one block: their structs and enums, and all of it as one snapshot.

Names and order of the fields are those of ``contracts/interfaces/IModelChain.sol``. Amounts are
wei, times are seconds of the EVM's clock, heights are Bitcoin's.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

ZERO_HASH = bytes(32)
"""What a bytes32 that was never written reads as."""

ZERO_ADDRESS = "0x" + "00" * 20
"""What an address that was never written reads as: nobody's."""


class Phase(IntEnum):
    """Phases of the round in competition, in their order (IModelChain.Phase)."""

    NONE = 0
    COMMIT = 1
    UNSEAL = 2
    REVEAL = 3
    AVAILABLE = 4
    ATTEST = 5
    ATTEST_REVEAL = 6
    FINALIZE = 7
    FINAL = 8
    VOID = 9

    @property
    def competes(self) -> bool:
        """Whether a round in this phase still competes: open, and neither final nor void."""
        return Phase.COMMIT <= self <= Phase.FINALIZE


class VoidReason(IntEnum):
    """Why a round is void (IModelChain.VoidReason)."""

    NONE = 0
    TOO_FEW_ITEMS = 1
    NO_MAJORITY = 2
    NO_VALID_MODEL = 3
    NOT_FINALIZED = 4


@dataclass(frozen=True, slots=True)
class Collection:
    """The round that collects (IModelChain.Collection). Round 0: the chain has not started."""

    round: int
    open_height: int
    items: int
    test_items: int
    target: int
    first_item: int
    decision_time: int
    seed: bytes


@dataclass(frozen=True, slots=True)
class Competition:
    """The round in competition, or the last one that was (IModelChain.Competition)."""

    round: int
    phase: Phase
    end_height: int
    phase_start: int
    attesters: int
    genesis_acts: bool
    commitments: int
    newcomers: int
    reveals: int
    voids_in_a_row: int
    majority: bytes


@dataclass(frozen=True, slots=True)
class ClosedRound:
    """What a closed round collected, fixed when it closed (IModelChain.ClosedRound)."""

    first_item: int
    items: int
    test_items: int
    closed_at: int
    decision_time: int
    seed: bytes
    void_reason: VoidReason
    block_number: int


@dataclass(frozen=True, slots=True)
class Commitment:
    """An account's commitment in a round and what became of it (IModelChain.Commitment)."""

    hash: bytes
    order: int
    revealed: bool
    valid: bool
    burned: bool
    bond_returned: bool
    reward_claimed: bool
    best: bool

    @property
    def exists(self) -> bool:
        """Whether the account committed at all: orders count from 1."""
        return self.order > 0


NO_COMMITMENT = Commitment(ZERO_HASH, 0, False, False, False, False, False, False)
"""What an account that did not commit reads as."""


@dataclass(frozen=True, slots=True)
class Attestation:
    """An attester's commitment until it is opened, then its statement; zeros if there is none."""

    commitment: bytes
    statement: bytes
    claimed: bool


NO_ATTESTATION = Attestation(ZERO_HASH, ZERO_HASH, False)
"""What an account that did not attest reads as."""


@dataclass(frozen=True, slots=True)
class Head:
    """The last block: number (0 is genesis), hash, and its best model's sha2-256 (zeros: none)."""

    number: int
    hash: bytes
    model_hash: bytes


@dataclass(frozen=True, slots=True)
class NextPartition:
    """The one partition that is possible now; ``height`` 0 if there is none yet."""

    height: int
    end_arrival: int

    @property
    def possible(self) -> bool:
        """Whether a partition can be made now."""
        return self.height > 0


@dataclass(frozen=True, slots=True)
class DataTotals:
    """Items accepted, items taken by partitions, the last partition's height and decision time."""

    items: int
    taken: int
    last_height: int
    last_decision: int

    @property
    def pending(self) -> int:
        """Items that no partition took yet."""
        return self.items - self.taken


@dataclass(frozen=True, slots=True)
class ActiveKeys:
    """Share keys active in the collecting round, and how many of them are written to pages."""

    active: int
    written: int

    @property
    def complete(self) -> bool:
        """Whether shares of the collecting round's scope can be accepted."""
        return self.written == self.active


@dataclass(frozen=True, slots=True)
class AccountStatus:
    """What the contracts hold about one account.

    ``held_keys`` are active in the round after the one that collects; ``quota`` is how many it
    may hold; ``balance`` is wei; ``commitment`` and ``attestation`` belong to the round in
    competition.
    """

    account: str
    held_keys: int
    quota: int
    balance: int
    commitment: Commitment
    attestation: Attestation
    is_attester: bool
    standing_until: int
    is_genesis: bool
    had_valid_model: bool


@dataclass(frozen=True, slots=True)
class ChainStatus:
    """Everything that a node decides by, read at one block.

    ``block_number``, ``block_hash`` (None where it is not known) and ``timestamp`` are the EVM
    block's; ``tip`` is the relay's best height less its confirmations; ``pending_due`` says that a
    pending item arrived before the tip's decision time.
    """

    block_number: int
    timestamp: int
    chain_id: int
    collection: Collection
    competition: Competition
    head: Head
    tip: int
    best_height: int
    next_partition: NextPartition
    pending_due: bool
    totals: DataTotals
    keys: ActiveKeys
    own: AccountStatus
    block_hash: bytes | None = None

    @property
    def started(self) -> bool:
        """Whether the first round has opened."""
        return self.collection.round > 0
