"""What the chain remembers of one item, one share key, one round: what `History` is made of."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from offchain.errors import ProtocolError
from offchain.protocol.rules.dataset import DataItem
from offchain.protocol.rules.standing import is_majority
from offchain.protocol.words import records as events
from offchain.protocol.words.records import (
    BlockAppended,
    ModelCommitted,
    ModelRevealed,
    Partitioned,
    PhaseStarted,
    RoundClosed,
)
from offchain.protocol.words.status import Phase, VoidReason
from offchain.protocol.words.transactions import Block, Item, Scores


class HistoryError(ProtocolError):
    """A record does not fit to those before it: the endpoint left some out, or made some up."""


@dataclass(frozen=True, slots=True)
class SharedItem:
    """An item as it was shared, with what became of it.

    ``round`` is the round whose partition took it (None: pending), ``is_test`` how it was split,
    ``publication`` the first publication of its key.
    """

    shared: events.DataShared
    round: int | None = None
    is_test: bool = False
    publication: events.KeyPublished | None = None

    @property
    def item(self) -> Item:
        """What its sharer stated."""
        return self.shared.item

    @property
    def data_item(self) -> DataItem:
        """The item as a data set knows it."""
        key = self.publication.key if self.publication else None
        return DataItem(
            self.shared.number, self.shared.item_id, self.shared.item, self.is_test, key
        )


@dataclass(frozen=True, slots=True)
class LeasedKey:
    """A share key with its owner and the round that collected when it was registered."""

    x: int
    owner: str
    round: int
    registration: int


@dataclass(slots=True)
class RoundHistory:
    """A round as its events tell it. Grows while they are read; `History` alone writes to it.

    Attributes:
        number: the round, from 1.
        partitions: in order.
        test_items: numbers of the test items that the partitions so far selected.
        closed: how it ended its collection.
        phases: of its competition, in order.
        voids_in_a_row: void rounds just before this one; known once it closed.
        commitments: the latest of each account.
        reveals: in reveal order.
        item_reports: for each reported item who reported it.
        model_reports: for each reported reveal index who reported it.
        attestation_commitments: the latest of each attester.
        statements: what each attester opened.
        majority: the statement behind which more than half of the attesters stand.
        block: the block it made, with its event.
        void_reason: why it made none.
    """

    number: int
    partitions: list[Partitioned] = field(default_factory=list)
    test_items: set[int] = field(default_factory=set)
    closed: RoundClosed | None = None
    phases: list[PhaseStarted] = field(default_factory=list)
    voids_in_a_row: int = 0
    commitments: dict[str, ModelCommitted] = field(default_factory=dict)
    reveals: list[ModelRevealed] = field(default_factory=list)
    item_reports: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    model_reports: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    attestation_commitments: dict[str, bytes] = field(default_factory=dict)
    statements: dict[str, bytes] = field(default_factory=dict)
    majority: bytes | None = None
    block: Block | None = None
    appended: BlockAppended | None = None
    void_reason: VoidReason | None = None

    @property
    def items(self) -> range:
        """Numbers of the items that its partitions took so far."""
        if not self.partitions:
            return range(0)
        return range(self.partitions[0].first_item, self.partitions[-1].end_item)

    @property
    def seed(self) -> bytes | None:
        """Seed of its last partition so far; once it closed, of the next scope's ring circle."""
        return self.partitions[-1].seed if self.partitions else None

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
    def scores(self) -> Scores | None:
        """The table that its block was made of."""
        return self.appended.scores if self.appended else None

    @property
    def missing_models(self) -> frozenset[int]:
        """Reveal indices that more than half of the attesters reported: they score 0."""
        return frozenset(
            index
            for index, accounts in self.model_reports.items()
            if is_majority(len(accounts), self.attesters)
        )

    @property
    def missing_items(self) -> frozenset[int]:
        """Numbers of the items that more than half of the attesters reported: they are out."""
        return frozenset(
            number
            for number, accounts in self.item_reports.items()
            if is_majority(len(accounts), self.attesters)
        )

    def support(self, statement: bytes) -> int:
        """Attesters that opened this statement."""
        return sum(opened == statement for opened in self.statements.values())

    def phase_start(self, phase: Phase) -> PhaseStarted | None:
        """When the round entered a phase, if it did."""
        for start in self.phases:
            if start.phase == phase:
                return start
        return None
