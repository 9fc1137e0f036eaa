"""The contracts' events as frozen dataclasses: what the chain remembers, one class for each event.

Names are the Solidity events', fields their parameters in snake_case and in order. Every record
also says where it stands: ``block_number`` and ``log_index`` order all records of a chain,
``timestamp`` is the EVM block's time in seconds.
"""

from __future__ import annotations

from dataclasses import dataclass

from offchain.protocol.words.status import Electorate, Phase, VoidReason
from offchain.protocol.words.transactions import Block, DataRecord, ModelTransaction, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Base of all records: where an event stands on the EVM chain."""

    block_number: int
    log_index: int
    timestamp: int

    @property
    def position(self) -> tuple[int, int]:
        """What records are ordered by."""
        return self.block_number, self.log_index


# ---- Membership ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Applied(Record):
    """An account applied for an epoch with a share key, as ``number`` among the warm or the others.

    ``own_warm`` counts the applicants so far that have `warm_heat` of their own.
    """

    epoch: int
    account: str
    key: int
    warm: bool
    number: int
    own_warm: int


@dataclass(frozen=True, slots=True)
class EpochFrozen(Record):
    """Applying for an epoch ended; so many places are drawn."""

    epoch: int
    warm: int
    cold: int
    warm_places: int
    cold_places: int


@dataclass(frozen=True, slots=True)
class EpochExtended(Record):
    """Too few applied for the next epoch: this one now lasts to ``last_round`` at least."""

    epoch: int
    last_round: int


@dataclass(frozen=True, slots=True)
class DrawSeeded(Record):
    """The Bitcoin block at ``height`` seeded an epoch's draw."""

    epoch: int
    height: int
    seed: bytes


@dataclass(frozen=True, slots=True)
class DrawRenewed(Record):
    """The relay had lost the height that seeds a draw: it counts as frozen at ``frozen_at`` now."""

    epoch: int
    frozen_at: int


@dataclass(frozen=True, slots=True)
class MembersWritten(Record):
    """An epoch's members, ascending by share key, were written to contract code."""

    epoch: int
    code: str
    accounts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StakeAdded(Record):
    """An account's stake grew by ``amount`` to ``total``."""

    account: str
    amount: int
    total: int


@dataclass(frozen=True, slots=True)
class StakeBurned(Record):
    """``amount`` of an account's stake is gone, ``left`` remains."""

    account: str
    amount: int
    left: int


@dataclass(frozen=True, slots=True)
class StakeConfiscated(Record):
    """All of an account's stake is gone: the statement that it opened fell."""

    account: str
    amount: int


@dataclass(frozen=True, slots=True)
class StakeReturned(Record):
    """An account has its stake back."""

    account: str
    amount: int


# ---- DataRegistry --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DataShared(Record):
    """Data transaction ``index`` of a round was accepted; ``arrival`` is its block's time."""

    round: int
    index: int
    id: bytes
    arrival: int
    record: DataRecord
    payload_hashes: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Partitioned(Record):
    """The Bitcoin block at ``height`` took data transactions ``first`` to ``end - 1``."""

    round: int
    height: int
    seed: bytes
    first: int
    end: int
    decision_time: int


@dataclass(frozen=True, slots=True)
class TrainingKeysPublished(Record):
    """For each part a word: a training part's key, a test part's key commitment."""

    round: int
    index: int
    words: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class TestKeysPublished(Record):
    """The keys of the test parts, in order."""

    __test__ = False  # its name is the event's; pytest looks no further

    round: int
    index: int
    keys: tuple[bytes, ...]


# ---- ModelChain ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Started(Record):
    """The chain started with so many members."""

    members: int
    genesis_hash: bytes


@dataclass(frozen=True, slots=True)
class RoundOpened(Record):
    """A round collects, at Bitcoin height ``open_height``."""

    round: int
    epoch: int
    members: int
    open_height: int


@dataclass(frozen=True, slots=True)
class RoundClosed(Record):
    """A round ended its collection with ``data`` partitioned data transactions."""

    round: int
    data: int
    attesters: int
    electorate: Electorate


@dataclass(frozen=True, slots=True)
class PhaseStarted(Record):
    """The round in competition entered a phase that may end at Bitcoin height ``end_height``."""

    round: int
    phase: Phase
    end_height: int


@dataclass(frozen=True, slots=True)
class KeysCounted(Record):
    """Unseal ended: n1 data transactions are ``published``, k is ``trim``."""

    round: int
    published: int
    trim: int


@dataclass(frozen=True, slots=True)
class DataSetFixed(Record):
    """Report ended: D as a bitmap, with its Merkle root."""

    round: int
    data_set: int
    data_root: bytes


@dataclass(frozen=True, slots=True)
class MissingFixed(Record):
    """Bring ended or was skipped: the bitmap of revealed models that nobody has."""

    round: int
    missing: int


@dataclass(frozen=True, slots=True)
class BlockAppended(Record):
    """A block was appended; ``number`` is its own, `block_number` the EVM block's."""

    number: int
    round: int
    block_hash: bytes
    data: Block


@dataclass(frozen=True, slots=True)
class RoundVoided(Record):
    """A round ended without a block."""

    round: int
    reason: VoidReason


# ---- ModelTransactions ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ModelCommitted(Record):
    """An account committed to a model; ``sealed_model`` is the sealed copy's sha2-256."""

    round: int
    account: str
    order: int
    commitment: bytes
    sealed_model: bytes


@dataclass(frozen=True, slots=True)
class ModelRevealed(Record):
    """A committed model was revealed as number ``index`` of its round."""

    round: int
    account: str
    index: int
    order: int
    transaction: ModelTransaction


@dataclass(frozen=True, slots=True)
class ModelBrought(Record):
    """Reveal ``index``'s file stands here for everybody."""

    round: int
    index: int
    file: bytes


# ---- Attestations --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DataReported(Record):
    """An attester cannot use the data transactions of this bitmap."""

    round: int
    account: str
    bitmap: int


@dataclass(frozen=True, slots=True)
class ModelsReported(Record):
    """An attester cannot fetch the revealed models of this bitmap."""

    round: int
    account: str
    bitmap: int


@dataclass(frozen=True, slots=True)
class AttestationCommitted(Record):
    """An attester committed to its statement."""

    round: int
    account: str
    commitment: bytes


@dataclass(frozen=True, slots=True)
class StatementOpened(Record):
    """A statement was opened for the first time, with its rows: the baseline's, each reveal's."""

    round: int
    statement: bytes
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class AttestationOpened(Record):
    """An attester opened its statement, which now has ``support``."""

    round: int
    account: str
    statement: bytes
    support: int


# ---- BlockProduction -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ModelBurned(Record):
    """Reveal ``index`` cost its account `model_burn` of the stake."""

    round: int
    account: str
    index: int


@dataclass(frozen=True, slots=True)
class RoundDecided(Record):
    """The bitmap of the valid models, and the voices' reveal indices, best first."""

    round: int
    valid: int
    ranking: tuple[int, ...]


# ---- BitcoinRelay --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HeadersAccepted(Record):
    """The relay took Bitcoin headers; ``last_hash`` in internal byte order."""

    first_height: int
    last_height: int
    last_hash: bytes


@dataclass(frozen=True, slots=True)
class Reorganised(Record):
    """The relay's best chain changed above ``fork_height``."""

    fork_height: int
    old_height: int
    new_height: int
