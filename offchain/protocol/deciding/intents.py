"""Intents: what `decide` wants done, before secrets, files and computation go into it.

`Send` is an action that is ready for the chain. The others need work that a pure function cannot
do: secrets to derive, payloads to draw and seal, models to train and score. Intents are values:
deciding twice on one snapshot gives equal ones, and doing one twice does no harm.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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
class LeaseShareKeys:
    """Register ``count`` further share keys with a bond of ``value`` wei in all."""

    count: int
    value: int


@dataclass(frozen=True, slots=True)
class ShareData:
    """Draw, seal and sign one data transaction for each of these own share keys."""

    scope: int
    key_indices: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PublishPayloadKeys:
    """Give out the payload keys of these own items; ``test`` says which kind they are."""

    items: tuple[int, ...]
    test: bool


@dataclass(frozen=True, slots=True)
class TrainModel:
    """Train on all that is open of the round's training data."""

    round: int


@dataclass(frozen=True, slots=True)
class CommitTrainedModel:
    """Seal a copy of the model in hand, keep it in the store and commit with ``value`` wei."""

    round: int
    value: int


@dataclass(frozen=True, slots=True)
class RecoverModel:
    """Fetch and open the sealed copy that the node's own commitment names."""

    round: int
    sealed_copy: bytes


@dataclass(frozen=True, slots=True)
class RevealTrainedModel:
    """Put the committed model into the store and reveal it with its score and votes."""

    round: int


@dataclass(frozen=True, slots=True)
class EvaluateModels:
    """Evaluate the baseline, the model in hand and all revealed models that are not evaluated."""

    round: int


@dataclass(frozen=True, slots=True)
class AttestScores:
    """Commit to the statement of the round's scores."""

    round: int
    commitment: bytes


@dataclass(frozen=True, slots=True)
class OpenAttestation:
    """Reveal the statement that was committed to."""

    round: int
    statement: bytes


@dataclass(frozen=True, slots=True)
class FinalizeRound:
    """Append the block with the table behind the majority's statement, in this node's ``turn``."""

    round: int
    duty: str
    turn: int


Intent = (
    Send
    | LeaseShareKeys
    | ShareData
    | PublishPayloadKeys
    | TrainModel
    | CommitTrainedModel
    | RecoverModel
    | RevealTrainedModel
    | EvaluateModels
    | AttestScores
    | OpenAttestation
    | FinalizeRound
)
"""Whatever `decide` may want."""


def turn_of(account: str, keepers: Sequence[str], duty: str) -> int:
    """How many of ``keepers`` go before ``account`` in a duty that one of them must do.

    The order is that of keccak256(duty, account), another for each duty, so that the work and its
    gas spread evenly and not all nodes send the same transaction at once. An account that is none
    of the keepers comes after all of them.
    """
    if account not in keepers:
        return len(keepers)

    def rank(keeper: str) -> bytes:
        return keccak256(duty.encode() + bytes.fromhex(keeper[2:]))

    own = rank(account)
    return sum(rank(keeper) < own for keeper in keepers)
