"""What is logged of what accounts earn: tokens, heat and standing."""

from __future__ import annotations

from dataclasses import dataclass

from offchain.protocol.words.records import Record


@dataclass(frozen=True, slots=True)
class BestRewarded(Record):
    """Tokens were minted for a round's best model."""

    round: int
    account: str
    amount: int


@dataclass(frozen=True, slots=True)
class VoiceRewarded(Record):
    """Tokens were minted for another voice."""

    round: int
    account: str
    amount: int


@dataclass(frozen=True, slots=True)
class AttesterRewarded(Record):
    """Tokens were minted for an attestation behind the statement."""

    round: int
    account: str
    amount: int


@dataclass(frozen=True, slots=True)
class DataRewarded(Record):
    """Tokens were minted for data transaction ``index``."""

    round: int
    reward_address: str
    index: int
    amount: int


@dataclass(frozen=True, slots=True)
class HeatGained(Record):
    """An account's heat grew to ``heat`` by what is left of ``amount``, which ``round`` earned."""

    account: str
    round: int
    amount: int
    heat: int


@dataclass(frozen=True, slots=True)
class StandingGained(Record):
    """A voice gave an account standing, up to the tick before ``end_tick``."""

    round: int
    account: str
    end_tick: int


@dataclass(frozen=True, slots=True)
class StandingKept(Record):
    """A quiet block followed a statement: who opened it keeps its standing one tick longer."""

    round: int
    statement: bytes


@dataclass(frozen=True, slots=True)
class StandingLost(Record):
    """An account has lost its standing with a part of its stake, or with all of it."""

    account: str
