"""Intents: what `decide` wants done, before secrets, files and computation go into it.

`Send` is an action that is ready for the chain. The others need work that a pure function cannot
do: secrets to derive, payloads to draw and seal, models to train and evaluate. Intents are values:
deciding twice on one snapshot gives equal ones, and doing one twice does no harm.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from offchain.crypto.hashing import keccak256
from offchain.protocol.words.actions import Action


@dataclass(frozen=True, slots=True)
class Send:
    """Execute an action on chain.

    ``duty`` names what is to be done, the same for all nodes that see it. ``turn`` is the number of
    nodes that go first: wait so many steps from when the duty was first seen. Whoever comes second
    finds it done, or reverts without harm.
    """

    action: Action
    duty: str
    turn: int = 0


@dataclass(frozen=True, slots=True)
class ApplyForEpoch:
    """Apply for an epoch with this node's share key for it, and ``value`` wei for the stake."""

    epoch: int
    value: int


@dataclass(frozen=True, slots=True)
class ShareData:
    """Hand over the data transaction of the collecting round.

    The bytes that are kept from before, if there are any; ``anew``: draw, seal and sign it, since
    none is kept or its timestamp is accepted no more.
    """

    round: int
    anew: bool


@dataclass(frozen=True, slots=True)
class PublishKeys:
    """Hand over all training keys, or all test keys, of the node's data transaction of a round.

    At a random moment of the phase: not at once, and not all nodes together.
    """

    round: int
    test: bool


@dataclass(frozen=True, slots=True)
class TrainModel:
    """Train on all that is open of the round's training data."""

    round: int


@dataclass(frozen=True, slots=True)
class CommitTrainedModel:
    """Seal a copy of the model in hand, keep it in the store and commit to the model."""

    round: int


@dataclass(frozen=True, slots=True)
class RecoverModel:
    """Fetch and open the sealed copy that the node's own commitment names."""

    round: int
    sealed_copy: bytes


@dataclass(frozen=True, slots=True)
class RevealTrainedModel:
    """Put the committed model into the store and reveal it with its evaluation and votes."""

    round: int


@dataclass(frozen=True, slots=True)
class BringModelFile:
    """Bring the file of a revealed model that is reported missing, in this node's ``turn``."""

    round: int
    index: int
    duty: str
    turn: int


@dataclass(frozen=True, slots=True)
class EvaluateModels:
    """Evaluate the baseline, the model in hand and all revealed models that are not evaluated."""

    round: int


@dataclass(frozen=True, slots=True)
class RecheckPoints:
    """Compute a random sample of the round's points again, by a second arithmetic."""

    round: int


@dataclass(frozen=True, slots=True)
class AttestRows:
    """Commit to the statement of the round's rows."""

    round: int
    commitment: bytes


@dataclass(frozen=True, slots=True)
class OpenAttestedRows:
    """Open the attestation; ``bring``: with all rows, in this node's ``turn``."""

    round: int
    statement: bytes
    bring: bool
    duty: str
    turn: int


Intent = (
    Send
    | ApplyForEpoch
    | ShareData
    | PublishKeys
    | TrainModel
    | CommitTrainedModel
    | RecoverModel
    | RevealTrainedModel
    | BringModelFile
    | EvaluateModels
    | RecheckPoints
    | AttestRows
    | OpenAttestedRows
)
"""Whatever `decide` may want."""


def turn_of(account: str, keepers: Sequence[str], duty: str) -> int:
    """How many of ``keepers`` go before ``account`` in a duty that one of them must do.

    The order is that of keccak256(duty, account), another for each duty, so that the work and its
    gas spread evenly and not all nodes send the same transaction at once. An account that is none
    of the keepers comes after all of them.
    """
    return _turn_of(account, tuple(keepers), duty)


@lru_cache(maxsize=1024)
def _turn_of(account: str, keepers: tuple[str, ...], duty: str) -> int:
    """The same; remembered, since the same duties are decided several times a second."""
    if account not in keepers:
        return len(keepers)

    def rank(keeper: str) -> bytes:
        return keccak256(duty.encode() + bytes.fromhex(keeper[2:]))

    own = rank(account)
    return sum(rank(keeper) < own for keeper in keepers)
