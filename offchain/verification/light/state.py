"""What light verification knows, and how it compares."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NoReturn

from offchain.bitcoin.header_chain import HeaderChain
from offchain.chain.deployment.file import Deployment
from offchain.protocol.reference.environment import Environment
from offchain.protocol.reference.standing import ReferenceStanding
from offchain.protocol.rules import disputes
from offchain.protocol.words import records as events
from offchain.protocol.words.records import Record
from offchain.protocol.words.status import Electorate
from offchain.protocol.words.transactions import GENESIS_BLOCK, Block, Row
from offchain.verification.recording.differences import RecordDifference, RecordPlace, first_unequal


@dataclass(frozen=True, slots=True)
class LightOutcome:
    """What a round's statement comes to.

    Attributes:
        ranking: reveal indices of the valid models, best first.
        voices: of those, the voices.
        burned: reveal indices of the models that burn, ascending.
        block: the round's block, without its number, time and previous hash.
    """

    ranking: tuple[int, ...]
    voices: tuple[int, ...]
    burned: tuple[int, ...]
    block: Block


@dataclass(slots=True)
class LightRound:
    """What is known of a round."""

    epoch: int
    partitioned: int = 0
    decision_time: int = 0
    closed: events.RoundClosed | None = None
    counted: events.KeysCounted | None = None
    fixed: events.DataSetFixed | None = None
    missing: int | None = None
    orders: int = 0
    committed: dict[str, int] = field(default_factory=dict)
    reveals: list[events.ModelRevealed] = field(default_factory=list)
    statements: dict[bytes, tuple[Row, ...]] = field(default_factory=dict)
    stated: dict[str, bytes] = field(default_factory=dict)
    fallen: set[bytes] = field(default_factory=set)
    outcome: LightOutcome | None = None
    burns: int = 0
    block: Block | None = None
    is_over: bool = False

    def support(self, statement: bytes) -> int:
        """Attesters that opened a statement."""
        return sum(opened == statement for opened in self.stated.values())

    def standing(self, *, has_judge: bool) -> bytes:
        """The statement that stands; zeros: none does. ``has_judge``: whether the task has one."""
        opened = [
            disputes.Backed(statement, self.support(statement), statement in self.fallen)
            for statement in self.statements
        ]
        attesters = self.closed.attesters if self.closed else 0
        return disputes.standing_statement(opened, attesters, has_judge=has_judge)


class LightState:
    """All that is known; the handlers of records write to it.

    Attributes:
        due: records of standing that must come next.
        confiscated: stakes that were taken, until the fall of the statement that it was for.
    """

    def __init__(self, deployment: Deployment) -> None:
        self.parameters = deployment.parameters
        self.has_judge = deployment.judge is not None
        self.domain = deployment.domain()
        self.genesis_accounts = deployment.genesis_accounts
        self.relay = HeaderChain(deployment.rules, deployment.relay, deployment.checkpoint)
        environment = Environment(self.parameters, self.domain, self.relay, deployed_at=0)
        self.standing = ReferenceStanding(environment)
        self.due = environment.records
        self.position = (-1, -1)
        self.seen: set[tuple[type[Record], int | None]] = set()
        self.headers = 0
        self.height = 0
        self.places: dict[int, int] = {}
        self.members: dict[int, tuple[str, ...]] = {}
        self.stakes: dict[str, int] = {}
        self.confiscated: dict[str, int] = {}
        self.rounds: dict[int, LightRound] = {}
        self.competing = 0
        self.blocks: list[Block] = [GENESIS_BLOCK]
        self.hashes: list[bytes] = [GENESIS_BLOCK.hash(self.domain)]
        self.attestations = 0
        self.claimed: set[tuple[int, type[Record], int | str]] = set()

    @property
    def collecting(self) -> int:
        """The collecting round."""
        return len(self.rounds)

    def has_full_stake(self, account: str) -> bool:
        """Whether an account can act."""
        return self.stakes.get(account, 0) >= self.parameters.stake

    def is_attester(self, entry: LightRound, account: str) -> bool:
        """Whether an account is in the frozen set of the round in competition."""
        if entry.closed is not None and entry.closed.electorate is Electorate.MEMBERS:
            return account in self.members.get(entry.epoch, ())
        return self.standing.has(account) or account in self.standing.genesis_attesters


def raise_difference(record: Record, what: str, expected: object, actual: object) -> NoReturn:
    """Raise that something about a record is not what was computed."""
    raise RecordDifference(RecordPlace.of(record), what, expected, actual)


def require(record: Record, **expected: object) -> None:
    """Require that fields of a record have the values computed."""
    for name, value in expected.items():
        unequal = first_unequal(value, getattr(record, name))
        if unequal is not None:
            raise_difference(record, f"{name} {unequal[0]}".strip(), *unequal[1:])


def require_that(record: Record, holds: bool, what: str, expected: object, actual: object) -> None:
    """Require that something holds about a record."""
    if not holds:
        raise_difference(record, what, expected, actual)


def competing(state: LightState, record: Record, number: int) -> LightRound:
    """The round in competition, which a record must name."""
    require(record, round=state.competing)
    entry = state.rounds.get(number)
    if entry is None or entry.is_over:
        raise_difference(record, "the round", "one that competes", number)
    return entry
