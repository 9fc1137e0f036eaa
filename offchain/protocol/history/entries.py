"""What the chain remembers of one epoch, data transaction and round: what `History` is made of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from typing import Any

from offchain.errors import ProtocolError
from offchain.protocol.history.disputed import Cell, Question
from offchain.protocol.rules import dataset, disputes, reports
from offchain.protocol.words import records as events
from offchain.protocol.words.dispute_records import ProofCommitted, StatementFell
from offchain.protocol.words.status import Phase, VoidReason
from offchain.protocol.words.transactions import Block, DataRecord, Row


def copied(value: Any) -> Any:
    """A list, dict or set with the same elements; anything else as it is."""
    return value.copy() if isinstance(value, list | dict | set) else value


class HistoryError(ProtocolError):
    """A record does not fit to those before it: the endpoint left some out, or made some up."""


@dataclass(slots=True)
class EpochHistory:
    """An epoch as its events tell it. Grows while they are read; `History` alone writes to it.

    Attributes:
        number: the epoch, from 1.
        applications: of each account, in order of application.
        frozen: the end of applying for it, with its places; never for epoch 1.
        frozen_at: when applying ended, or when the draw was renewed.
        seeded: the seed of its draw.
        members: accounts ascending by share key, once they are written.
        first_round: its first round, once that opened.
        last_round: its last round as far as is known.
    """

    number: int
    applications: dict[str, events.Applied] = field(default_factory=dict)
    frozen: events.EpochFrozen | None = None
    frozen_at: int = 0
    seeded: events.DrawSeeded | None = None
    members: tuple[str, ...] = ()
    first_round: int = 0
    last_round: int = 0

    @property
    def ring(self) -> tuple[int, ...]:
        """The members' share keys, ascending: the ring of every round of the epoch."""
        return tuple(self.applications[account].key for account in self.members)

    @property
    def own_warm(self) -> int:
        """Applicants with `warm_heat` of their own."""
        return max((applied.own_warm for applied in self.applications.values()), default=0)

    def copy(self) -> EpochHistory:
        """Another entry with the same content."""
        return replace(self, applications=dict(self.applications))

    def ascending(self, accounts: Iterable[str]) -> tuple[str, ...]:
        """Applicants ascending by share key: the order of every list of members."""
        return tuple(sorted(accounts, key=lambda account: self.applications[account].key))


@dataclass(frozen=True, slots=True)
class SharedData:
    """A data transaction as it was shared, with what became of it.

    ``partition`` is the number of the partition that took it (None: none did), ``test_parts`` the
    bitmap of its test parts since then. Of both publications the words are kept.
    """

    shared: events.DataShared
    partition: int | None = None
    test_parts: int = 0
    training_words: tuple[bytes, ...] | None = None
    test_words: tuple[bytes, ...] | None = None

    @property
    def id(self) -> bytes:
        """Its identifier."""
        return self.shared.id

    @property
    def record(self) -> DataRecord:
        """What its sharer stated, parts hashed."""
        return self.shared.record

    def is_test(self, part: int) -> bool:
        """Whether a part tests; only known once a partition took it."""
        return bool(self.test_parts >> part & 1)

    @property
    def keys_out(self) -> int:
        """How many of its parts have published keys."""
        if self.training_words is None:
            return 0
        test = self.test_parts.bit_count() if self.test_words is None else 0
        return len(self.training_words) - test

    def key(self, part: int) -> bytes | None:
        """The key of a part, if it is published."""
        words = self.test_words if self.is_test(part) else self.training_words
        return None if words is None else words[part]


@dataclass(slots=True)
class RoundHistory:
    """A round as its events tell it. Grows while they are read; `History` alone writes to it.

    Attributes:
        number: the round, from 1.
        opened: when it began to collect.
        data: its data transactions in order of arrival.
        nullifiers: number of the data transaction that used each.
        partitions: in order.
        closed: how it ended its collection.
        phases: of its competition, in order.
        counted: n1 and k, once Unseal ended.
        fixed: D, once Report ended.
        missing: bitmap of the revealed models that nobody has, once Bring ended or was skipped.
        commitments: the latest of each account.
        reveals: in reveal order.
        brought: files of models that were brought, by reveal index.
        data_reports: each attester's bitmap.
        model_reports: each attester's bitmap.
        attestation_commitments: the latest of each attester.
        statements: rows of each statement that was opened.
        stated: what each attester opened.
        questions: asked in its dispute; number n is at n - 1.
        cells: likewise.
        proofs: the latest commitment to a proof of each account.
        fallen: statements that fell.
        decided: which models were valid, and the voices.
        burned: reveal indices of the models that burned.
        block: the block it made.
        void_reason: why it made none.
    """

    number: int
    opened: events.RoundOpened
    data: list[SharedData] = field(default_factory=list)
    nullifiers: dict[int, int] = field(default_factory=dict)
    partitions: list[events.Partitioned] = field(default_factory=list)
    closed: events.RoundClosed | None = None
    phases: list[events.PhaseStarted] = field(default_factory=list)
    counted: events.KeysCounted | None = None
    fixed: events.DataSetFixed | None = None
    missing: int | None = None
    commitments: dict[str, events.ModelCommitted] = field(default_factory=dict)
    reveals: list[events.ModelRevealed] = field(default_factory=list)
    brought: dict[int, bytes] = field(default_factory=dict)
    data_reports: dict[str, int] = field(default_factory=dict)
    model_reports: dict[str, int] = field(default_factory=dict)
    attestation_commitments: dict[str, bytes] = field(default_factory=dict)
    statements: dict[bytes, tuple[Row, ...]] = field(default_factory=dict)
    stated: dict[str, bytes] = field(default_factory=dict)
    questions: list[Question] = field(default_factory=list)
    cells: list[Cell] = field(default_factory=list)
    proofs: dict[str, ProofCommitted] = field(default_factory=dict)
    fallen: dict[bytes, StatementFell] = field(default_factory=dict)
    decided: events.RoundDecided | None = None
    burned: set[int] = field(default_factory=set)
    block: Block | None = None
    void_reason: VoidReason | None = None

    @property
    def epoch(self) -> int:
        """The epoch that it belongs to."""
        return self.opened.epoch

    @property
    def partitioned(self) -> int:
        """How many of its data transactions partitions took."""
        return self.partitions[-1].end if self.partitions else 0

    @property
    def phase(self) -> Phase:
        """The last phase it entered; NONE while it only collects."""
        return self.phases[-1].phase if self.phases else Phase.NONE

    @property
    def is_over(self) -> bool:
        """Whether it is final or void."""
        return self.phase in (Phase.FINAL, Phase.VOID)

    @property
    def attesters(self) -> int:
        """Size of the frozen set; 0 before the round closed."""
        return self.closed.attesters if self.closed else 0

    @property
    def published(self) -> int:
        """Bitmap of the data transactions all of whose keys are out."""
        training = reports.bitmap(i for i, d in enumerate(self.data) if d.training_words)
        test = reports.bitmap(i for i, d in enumerate(self.data) if d.test_words)
        return dataset.published(training, test, self.partitioned)

    @property
    def data_out(self) -> int:
        """Bitmap of the data transactions that are out by the reports so far."""
        return reports.out(tuple(self.data_reports.values()))

    @property
    def models_out(self) -> int:
        """Bitmap of the revealed models that are missing by the reports so far."""
        return reports.out(tuple(self.model_reports.values()))

    @property
    def data_set(self) -> tuple[int, ...] | None:
        """Numbers of the data transactions in D, ascending; None before it is fixed."""
        return None if self.fixed is None else reports.positions(self.fixed.data_set)

    def standing(self, *, has_judge: bool) -> bytes:
        """The statement that stands; zeros: none.

        Args:
            has_judge: whether the task has one.
        """
        opened = [
            disputes.Backed(statement, self.support(statement), statement in self.fallen)
            for statement in self.statements
        ]
        return disputes.standing_statement(opened, self.attesters, has_judge=has_judge)

    def ids(self, numbers: Iterable[int]) -> list[bytes]:
        """Identifiers of data transactions by number."""
        return [self.data[number].id for number in numbers]

    def support(self, statement: bytes) -> int:
        """Attesters that opened this statement."""
        return sum(opened == statement for opened in self.stated.values())

    def copy(self) -> RoundHistory:
        """Another entry with the same content."""
        return RoundHistory(*(copied(getattr(self, item.name)) for item in fields(self)))

    def slim(self) -> RoundHistory:
        """What the claims to rewards and bonds of a round that is over need of it."""
        return RoundHistory(
            self.number,
            self.opened,
            phases=self.phases[-1:],
            reveals=self.reveals,
            stated=self.stated,
            questions=self.questions,
            cells=self.cells,
            fallen=self.fallen,
            block=self.block,
            void_reason=self.void_reason,
        )

    def forget_answers(self) -> None:
        """Let go of the numbers of all answers: they decide nothing more, and may be many."""
        self.questions = [question.forgotten() for question in self.questions]
        self.cells = [cell.forgotten() for cell in self.cells]

    def phase_start(self, phase: Phase) -> events.PhaseStarted | None:
        """When the round entered a phase, if it did."""
        return next((start for start in self.phases if start.phase == phase), None)
