"""What a replay hands on: ring signatures, and rounds in which something stood or fell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from offchain.crypto.ring import Nullifier, RingSignature
from offchain.protocol.words import records as events
from offchain.protocol.words.transactions import Row
from offchain.verification.full.content import OpenData
from offchain.verification.recording.differences import RecordPlace


@dataclass(frozen=True, slots=True)
class RingCheck:
    """A ring signature that a data transaction was accepted for, to be checked."""

    place: RecordPlace
    round: int
    data_id: bytes
    nullifier: Nullifier
    ring: tuple[int, ...]
    signature: RingSignature


@dataclass(frozen=True, slots=True)
class CaseModel:
    """A revealed model that can be had: its sha2-256, its commitment's order, its own count."""

    model_hash: bytes
    order: int
    evaluation: int


@dataclass(frozen=True, slots=True)
class RoundCase:
    """A round in which something stood or fell: all that a true statement follows from.

    Attributes:
        round: the round.
        place: where the round ended.
        data_place: where the data set was fixed.
        data: the data transactions of D, in order of arrival.
        trim: k.
        commitments: accounts that committed to a model.
        models: of each reveal; None if it is missing.
        files: models that were brought in calldata, by sha2-256.
        baseline: sha2-256 of the last best model; None before there is one.
        rows: of the statement that stands; None: none does.
        fallen: rows of the statements that fell.
    """

    round: int
    place: RecordPlace
    data_place: RecordPlace
    data: tuple[OpenData, ...]
    trim: int
    commitments: int
    models: tuple[CaseModel | None, ...]
    files: Mapping[bytes, bytes]
    baseline: bytes | None
    rows: tuple[Row, ...] | None
    fallen: tuple[tuple[Row, ...], ...]


@dataclass(slots=True)
class RoundContent:
    """What is needed of a round's records until it is over.

    Attributes:
        shared: its data transactions.
        keys: of each part of a data transaction, as far as they are published, by number.
        test_parts: of a data transaction whose training keys are published, by number.
        data_place: where its data set was fixed.
        baseline: sha2-256 of the best model then; None before there is one.
        statements: rows of those that were opened.
    """

    shared: list[events.DataShared] = field(default_factory=list)
    keys: dict[int, dict[int, bytes]] = field(default_factory=dict)
    test_parts: dict[int, tuple[int, ...]] = field(default_factory=dict)
    data_place: RecordPlace | None = None
    baseline: bytes | None = None
    statements: dict[bytes, tuple[Row, ...]] = field(default_factory=dict)


def open_data(content: RoundContent, index: int) -> OpenData:
    """A data transaction all of whose keys are published."""
    shared, keys = content.shared[index], content.keys[index]
    return OpenData(
        index,
        shared.record,
        shared.payload_hashes,
        tuple(keys[part] for part in range(len(shared.payload_hashes))),
        content.test_parts[index],
    )
