"""Actions: what a node may ask of the contracts, one class for each state-changing function.

An action is an intent, decided on without a chain and executed by an adapter. Its fields are the
function's arguments, by their names and in order; ``value`` is wei sent along. Accounts are EIP-55
addresses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from offchain.crypto.possession import PossessionProof
from offchain.protocol.words.dispute_actions import DisputeAction
from offchain.protocol.words.transactions import DataRecord, DataTransaction, ModelTransaction, Row

# ---- BitcoinRelay and ModelChain -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SubmitHeaders:
    """BitcoinRelay.submit: raw headers of 80 bytes, concatenated."""

    headers: bytes


@dataclass(frozen=True, slots=True)
class Start:
    """ModelChain.start with the genesis accounts that have applied, ascending by share key."""

    accounts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Advance:
    """ModelChain.advance: ends a phase, or closes the collecting round."""


# ---- Membership ----------------------------------------------------------------------------------


Possession = PossessionProof
"""Proof that who applies holds the share key's secret, by the contracts' name."""


@dataclass(frozen=True, slots=True)
class ApplyFor:
    """Membership.applyFor with a share key; ``value`` is what the stake lacks."""

    epoch: int
    key: int
    proof: Possession
    value: int


@dataclass(frozen=True, slots=True)
class AddStake:
    """Membership.addStake."""

    value: int


@dataclass(frozen=True, slots=True)
class WithdrawStake:
    """Membership.withdrawStake: all of it."""


@dataclass(frozen=True, slots=True)
class SeedDraw:
    """Membership.seedDraw by the Bitcoin block at ``height``."""

    height: int


@dataclass(frozen=True, slots=True)
class RenewDraw:
    """Membership.renewDraw: where the relay has lost the height that seeds the draw."""


@dataclass(frozen=True, slots=True)
class WriteMembers:
    """Membership.writeMembers: all that are drawn for the next epoch, ascending by share key."""

    accounts: tuple[str, ...]


# ---- DataRegistry --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Share:
    """DataRegistry.share: a data transaction with its ring signature.

    ``challenge`` is c_0, ``responses`` s_0 to s_(n-1) in the order of the ring.
    """

    transaction: DataTransaction
    challenge: bytes
    responses: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Partition:
    """DataRegistry.partition by the Bitcoin block at ``height``, as nextPartition() says."""

    height: int
    end: int


@dataclass(frozen=True, slots=True)
class PublishTrainingKeys:
    """DataRegistry.publishTrainingKeys of data transaction ``index``.

    ``words`` has for every part its key, or the key commitment of a test part.
    """

    record: DataRecord
    index: int
    partition_number: int
    words: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class PublishTestKeys:
    """DataRegistry.publishTestKeys of data transaction ``index``: the test parts' keys in order."""

    round: int
    index: int
    keys: tuple[bytes, ...]


# ---- ModelTransactions ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CommitModel:
    """ModelTransactions.commitModel; ``sealed_model`` is the sealed copy's sha2-256."""

    commitment: bytes
    sealed_model: bytes


@dataclass(frozen=True, slots=True)
class RevealModel:
    """ModelTransactions.revealModel."""

    transaction: ModelTransaction
    salt: bytes


@dataclass(frozen=True, slots=True)
class BringModel:
    """ModelTransactions.bringModel: the file of a revealed model that is reported missing."""

    index: int
    file: bytes


# ---- Attestations and BlockProduction ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReportData:
    """Attestations.reportData: data transactions that cannot be used; 0: none."""

    bitmap: int


@dataclass(frozen=True, slots=True)
class ReportModels:
    """Attestations.reportModels: revealed models that cannot be fetched; 0: none."""

    bitmap: int


@dataclass(frozen=True, slots=True)
class CommitAttestation:
    """Attestations.commitAttestation."""

    commitment: bytes


@dataclass(frozen=True, slots=True)
class OpenStatement:
    """Attestations.openStatement: opens the attestation and brings the rows."""

    rows: tuple[Row, ...]
    salt: bytes


@dataclass(frozen=True, slots=True)
class OpenAttestation:
    """Attestations.openAttestation: to a statement whose rows somebody has brought."""

    statement: bytes
    salt: bytes


@dataclass(frozen=True, slots=True)
class Finalize:
    """BlockProduction.finalize with the rows of the statement that stands."""

    rows: tuple[Row, ...]


# ---- Rewards -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ClaimBest:
    """Rewards.claimBest."""

    round: int


@dataclass(frozen=True, slots=True)
class ClaimVoice:
    """Rewards.claimVoice of reveal ``index``."""

    round: int
    index: int


@dataclass(frozen=True, slots=True)
class ClaimAttestation:
    """Rewards.claimAttestation."""

    round: int
    account: str


NO_MODEL: Final = 2**32 - 1
"""Names no model of a round."""


@dataclass(frozen=True, slots=True)
class RoundClaim:
    """A round, and the account's model in it: `NO_MODEL` if it has none."""

    round: int
    index: int


@dataclass(frozen=True, slots=True)
class ClaimRounds:
    """Rewards.claimRounds: an account's models and attestations of some rounds."""

    account: str
    claims: tuple[RoundClaim, ...]


@dataclass(frozen=True, slots=True)
class ClaimData:
    """Rewards.claimData of data transaction ``index`` of the record's round."""

    record: DataRecord
    index: int


Action = (
    SubmitHeaders
    | Start
    | Advance
    | ApplyFor
    | AddStake
    | WithdrawStake
    | SeedDraw
    | RenewDraw
    | WriteMembers
    | Share
    | Partition
    | PublishTrainingKeys
    | PublishTestKeys
    | CommitModel
    | RevealModel
    | BringModel
    | ReportData
    | ReportModels
    | CommitAttestation
    | OpenStatement
    | OpenAttestation
    | Finalize
    | DisputeAction
    | ClaimBest
    | ClaimVoice
    | ClaimAttestation
    | ClaimRounds
    | ClaimData
)
"""Whatever moves the protocol on; orders to move tokens are apart, since no round needs them."""
