"""What the contracts hold at one block: their structs and enums.

Names and order of the fields are those of the structs in ``contracts/interfaces``. Amounts are wei,
times are seconds of the EVM's clock, heights are Bitcoin's. A bitmap's bit i stands for data
transaction i, or reveal i, of its round.
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
    OPEN = 1
    COMMIT = 2
    UNSEAL = 3
    REPORT = 4
    REVEAL = 5
    AVAILABLE = 6
    BRING = 7
    ATTEST = 8
    ATTEST_REVEAL = 9
    CHALLENGE = 10
    ANSWER = 11
    SECOND_CHALLENGE = 12
    SECOND_ANSWER = 13
    PROVE = 14
    FINALIZE = 15
    FINAL = 16
    VOID = 17

    @property
    def competes(self) -> bool:
        """Whether a round in this phase still competes: closed, and neither final nor void."""
        return Phase.OPEN <= self <= Phase.FINALIZE


class Electorate(IntEnum):
    """Who attests in a round (IModelChain.Electorate).

    Accounts with standing; beside fewer than minimumStanding of them the genesis accounts that have
    not lapsed; all members of the round's epoch where nobody of these is left.
    """

    STANDING = 0
    GENESIS = 1
    MEMBERS = 2


class VoidReason(IntEnum):
    """Why a round has no block (IModelChain.VoidReason)."""

    NONE = 0
    TOO_FEW_DATA = 1
    NO_STATEMENT = 2
    NOT_FINALIZED = 3


# ---- Membership ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Application:
    """An account's application for an epoch (IMembership.Application).

    ``number`` counts from 1, among the warm or among the others; 0: there is none.
    """

    number: int
    warm: bool
    key: int

    @property
    def exists(self) -> bool:
        """Whether the account applied."""
        return self.number > 0


NO_APPLICATION = Application(0, False, 0)
"""What an account that did not apply reads as."""


@dataclass(frozen=True, slots=True)
class Epoch:
    """An epoch (IMembership.Epoch).

    ``first_round`` is 0 before it opens, ``last_round`` grows while too few apply for the next.
    ``frozen_at`` is 0 while applying goes on, ``seed`` zeros until it is stored, ``code`` the zero
    address until the list of members is written.
    """

    first_round: int
    last_round: int
    warm: int
    cold: int
    own_warm: int
    warm_places: int
    cold_places: int
    frozen_at: int
    seed: bytes
    code: str

    @property
    def frozen(self) -> bool:
        """Whether applying for it has ended."""
        return self.frozen_at > 0

    @property
    def seeded(self) -> bool:
        """Whether the seed of its draw is stored."""
        return self.seed != ZERO_HASH

    @property
    def written(self) -> bool:
        """Whether its members are known."""
        return self.code != ZERO_ADDRESS


NO_EPOCH = Epoch(0, 0, 0, 0, 0, 0, 0, 0, ZERO_HASH, ZERO_ADDRESS)
"""What an epoch that nobody applied for reads as."""


@dataclass(frozen=True, slots=True)
class Stake:
    """What an account has at stake (IMembership.Stake).

    ``last_round`` is the last round in which it committed to a model or attested, ``last_epoch``
    the last epoch that it applied for.
    """

    amount: int
    last_round: int
    last_epoch: int


NO_STAKE = Stake(0, 0, 0)
"""What an account that never staked reads as."""


# ---- DataRegistry --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Collected:
    """How far a round is (IDataRegistry.Collected).

    ``shared`` data transactions arrived, ``partitions`` partitions took ``partitioned`` of them;
    ``decision_time`` is the last partition's, of this or an earlier round.
    """

    shared: int
    partitioned: int
    partitions: int
    decision_time: int

    @property
    def pending(self) -> int:
        """Data transactions that no partition took yet."""
        return self.shared - self.partitioned


@dataclass(frozen=True, slots=True)
class PartitionRecord:
    """Data transactions of a round that one Bitcoin block took (IDataRegistry.Partition).

    ``first`` is the number of the first one, ``end`` the number after the last one.
    """

    first: int
    end: int
    seed: bytes


@dataclass(frozen=True, slots=True)
class NextPartition:
    """The one partition that is possible now; ``height`` 0 if there is none yet."""

    height: int
    end: int

    @property
    def possible(self) -> bool:
        """Whether a partition can be made now."""
        return self.height > 0


# ---- ModelChain ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Collection:
    """The round that collects (IModelChain.Collection). Round 0: the chain has not started."""

    round: int
    epoch: int
    members: int
    open_height: int
    opened_at: int


@dataclass(frozen=True, slots=True)
class Competition:
    """The round in competition, or the last one that was (IModelChain.Competition)."""

    round: int
    phase: Phase
    end_height: int
    phase_start: int
    attesters: int
    electorate: Electorate


@dataclass(frozen=True, slots=True)
class ClosedRound:
    """What became of a round's data (IModelChain.ClosedRound).

    ``published`` (n1) and ``trim`` (k) are fixed when Unseal ends, ``data_set`` (the bitmap D) and
    its Merkle root when Report ends, ``missing`` (revealed models that nobody has) when Bring ends
    or is skipped.
    """

    data: int
    epoch: int
    closed_at: int
    decision_time: int
    published: int
    trim: int
    block_number: int
    void_reason: VoidReason
    data_set: int
    data_root: bytes
    missing: int


NO_CLOSED_ROUND = ClosedRound(0, 0, 0, 0, 0, 0, 0, VoidReason.NONE, 0, ZERO_HASH, 0)
"""What a round that has not closed reads as."""


@dataclass(frozen=True, slots=True)
class Head:
    """The last block: number (0 is genesis), hash, and the best model's sha2-256 (zeros: none)."""

    number: int
    hash: bytes
    model_hash: bytes


# ---- ModelTransactions and Attestations ----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Commitment:
    """An account's commitment in a round (IModelTransactions.Commitment); orders count from 1."""

    hash: bytes
    order: int
    revealed: bool

    @property
    def exists(self) -> bool:
        """Whether the account committed at all."""
        return self.order > 0


NO_COMMITMENT = Commitment(ZERO_HASH, 0, False)
"""What an account that did not commit reads as."""


@dataclass(frozen=True, slots=True)
class Reveal:
    """A revealed model (IModelTransactions.Reveal).

    ``names_data``: its vote 1 is the round's data root; ``names_head``: its vote 2 is the head;
    ``brought``: its file was brought in calldata.
    """

    account: str
    order: int
    names_data: bool
    names_head: bool
    brought: bool
    id: bytes
    model_hash: bytes


@dataclass(frozen=True, slots=True)
class Attestation:
    """An attester's commitment until it is opened, then its statement (IAttestations.Attestation).

    Zeros if there is none.
    """

    commitment: bytes
    statement: bytes


NO_ATTESTATION = Attestation(ZERO_HASH, ZERO_HASH)
"""What an account that did not attest reads as."""
