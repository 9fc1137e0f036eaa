"""Rounds whose statements are disputed: samples and models that a judge decides about, two sides.

Both sides do what a node does (`offchain.protocol.deciding.dispute_plan`), each for the rows that
it says are true.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import ClassVar

import numpy as np

from offchain.attacks.worlds.players import Model, Player
from offchain.attacks.worlds.rounds import World
from offchain.crypto.hashing import keccak256
from offchain.learning.samples_root import part_root, sample_path, samples_root
from offchain.protocol.deciding.dispute_plan import Disputant, plan
from offchain.protocol.deciding.evidence import Evidence, Exhibit
from offchain.protocol.deciding.objections import Truth
from offchain.protocol.deciding.snapshot import DisputeFacts
from offchain.protocol.history.fold import History
from offchain.protocol.reference.product_judge import ProductJudge
from offchain.protocol.rules.answers import sample_place
from offchain.protocol.rules.reports import positions
from offchain.protocol.rules.statements import Points, Tabulated
from offchain.protocol.words import actions, dispute_actions
from offchain.protocol.words.dispute_records import (
    CellAsked,
    CellSettled,
    QuestionAsked,
    QuestionSettled,
    StatementFell,
)
from offchain.protocol.words.judge import Judge
from offchain.protocol.words.status import ZERO_ADDRESS, Phase
from offchain.protocol.words.transactions import Row

SAMPLES = 40
"""Of a part: their points take two words of 32 bytes."""


@dataclass(frozen=True)
class FileModel(Model):
    """A model that has a file."""

    file: bytes = b""

    @property
    def hash(self) -> bytes:
        """sha2-256 of its file."""
        return hashlib.sha256(self.file).digest()


@dataclass(frozen=True)
class Stated:
    """Rows that somebody states, and what that one can show for them.

    Attributes:
        rows: the statement's.
        table: what lies behind them; other rows than its own were changed by hand.
        points: of the baseline and each model's, as they are said to be; None: of an empty row.
    """

    rows: tuple[Row, ...]
    table: Tabulated
    points: tuple[Points | None, ...]


@dataclass
class DisputedWorld(World):
    """A world whose task has a judge; that one's points are one product (`ProductJudge`)."""

    judge: ClassVar[Judge | None] = ProductJudge()

    past: History = field(init=False)

    def __post_init__(self) -> None:
        self.past = History(self.parameters, self.domain)
        self._read = 0

    # ---- data and models -------------------------------------------------------------------------

    def records(self, player: Player, round_number: int, part: int) -> tuple[bytes, ...]:
        """The records of a part's samples, which follow from its key."""
        key = player.secrets.part_key(round_number, part)
        return self.drawn(key, self.parameters.samples_per_part)

    @staticmethod
    @cache
    def drawn(seed: bytes, count: int) -> tuple[bytes, ...]:
        """Samples of the task: two switches, and what every model earns alike."""
        random = np.random.default_rng(list(seed))
        return tuple(map(bytes, random.integers(0, (2, 2, 9, 256), (count, 4)).tolist()))

    def sharing(self, player: Player, **changes: object) -> actions.Share:
        """See `World.sharing`; what is signed has the samples' root."""
        roots = self._part_roots(player, self.collecting)
        return super().sharing(player, **{"samples_root": samples_root(roots), **changes})

    def _part_roots(self, player: Player, round_number: int) -> list[bytes]:
        parts = range(self.parameters.parts)
        return [part_root(self.records(player, round_number, part)) for part in parts]

    def model(self, player: Player, skill: int, name: str = "") -> FileModel:
        """A model of a skill, with a little luck."""
        luck = keccak256(f"{player.account} {name}".encode())[0] % 8
        return self.entry(player, bytes([1 + skill, 1 + luck]))

    def entry(self, player: Player, file: bytes) -> FileModel:
        """A model of an account for the round in competition, by its file."""
        made = FileModel(player.account, self.competing, 0, "", file)
        self.models[made.hash] = made
        return made

    def points_of(self, model: Model) -> Points | None:
        """See `World.points_of`."""
        judge = self.chain.disputes.require_judge()
        if not isinstance(model, FileModel) or not judge.is_well_formed(model.file):
            return None
        places = range(self.counts.transactions)
        shown = [record for place in places for record in self.test_records(place)]
        return np.array([judge.points(model.file, record) for record in shown], np.uint8)

    def index_at(self, place: int) -> int:
        """The number of the data transaction at a place in D."""
        return positions(self.chain.rounds.closed_round(self.competing).data_set)[place]

    def test_records(self, place: int) -> list[bytes]:
        """The records of the test samples at a place in D."""
        index = self.index_at(place)
        test = self.chain.data_registry.test_parts(self.competing, index)
        sharer = self.data(index).player
        return [
            record
            for part in positions(test)
            for record in self.records(sharer, self.competing, part)
        ]

    def exhibit(self, place: int, sample: int) -> Exhibit:
        """A test sample of the data transaction at a place, with its way to the samples root."""
        index, round_number = self.index_at(place), self.competing
        shared, test = self.data(index), self.chain.data_registry.test_parts(round_number, index)
        at = sample_place(test, sample, self.parameters.samples_per_part)
        records = self.records(shared.player, round_number, at.part)
        path = sample_path(
            records, at.index, self._part_roots(shared.player, round_number), at.part
        )
        record = shared.transaction.record
        return Exhibit(record, records[at.index], path.in_part, path.in_transaction)

    # ---- statements ------------------------------------------------------------------------------

    def truth(self) -> Stated:
        """What is true of the round in competition."""
        return self.made_of(self.points_of_rows())

    def made_of(self, points: Sequence[Points | None]) -> Stated:
        """What points make, of the baseline and of each model."""
        table = self.table(points)
        return Stated(table.rows, table, tuple(points))

    def has_fallen(self, stated: Stated) -> bool:
        """Whether a statement of the round in competition has fallen."""
        return self.chain.attestations.has_fallen(self.competing, self.stated(stated.rows))

    # ---- disputes --------------------------------------------------------------------------------

    def history(self) -> History:
        """The past as the events tell it."""
        records = self.chain.environment.records
        self.past.apply_all(records[self._read :])
        self._read = len(records)
        return self.past

    def dispute(self, sides: Sequence[Side]) -> None:
        """To the end of the dispute: in each phase every side does what is due."""
        while self.phase.competes and self.phase < Phase.FINALIZE:
            for side in sides:
                side.act()
            self.end_phase()

    def settle(self) -> None:
        """Send all bonds of the round where they belong."""
        counts = self.chain.disputes.counts(self.competing)
        for number in range(1, counts.questions + 1):
            self.attempt(dispute_actions.Settle(self.competing, number))
        for number in range(1, counts.cells + 1):
            self.attempt(dispute_actions.SettleCell(self.competing, number))

    def stake(self, player: Player) -> int:
        """What an account has at stake, in wei."""
        return self.chain.membership.stake_of(player.account).amount

    def fallen(self) -> list[StatementFell]:
        """What fell so far."""
        return [each for each in self.chain.environment.records if isinstance(each, StatementFell)]

    def earned(self, player: Player) -> int:
        """What disputes paid an account, less the bonds that it put in, in wei; no stakes."""
        account, total = player.account, 0
        for record in self.chain.environment.records:
            match record:
                case QuestionAsked(asker=asker, bond=bond) | CellAsked(asker=asker, bond=bond):
                    total -= bond if asker == account else 0
                case QuestionSettled(receiver=to, paid=paid) | CellSettled(receiver=to, paid=paid):
                    total += paid if to == account else 0
                case StatementFell(by=by, reward=reward) if by != ZERO_ADDRESS:
                    total += reward if by == account else 0
        return total


@dataclass
class Side:
    """An account that says that some rows are true, and does what a node does for them.

    ``refused`` counts the errors by which the contracts refused what it tried, by name.
    """

    world: DisputedWorld
    player: Player
    stated: Stated
    refused: dict[str, int] = field(default_factory=dict)

    def act(self, *kinds: type) -> None:
        """Do what is due in the present phase, or only actions of some kinds."""
        tried: list[actions.Action] = []
        while (action := next(self._left(kinds, tried), None)) is not None:
            tried.append(action)
            if error := self.world.attempt(action, self.player):
                self.refused[error] = self.refused.get(error, 0) + 1

    def _left(
        self, kinds: tuple[type, ...], tried: list[actions.Action]
    ) -> Iterator[actions.Action]:
        facts = self.due()
        due: list[actions.Action] = [each.action for each in facts.challenges]
        due += [each.action for each in facts.moves]
        for action in due:
            if action not in tried and (not kinds or isinstance(action, kinds)):
                yield action

    def due(self) -> DisputeFacts:
        """What a node would do that takes these rows for the truth."""
        world, account = self.world, self.player.account
        history = world.history()
        disputant = Disputant(
            account,
            world.chain.attestations.is_attester(world.competing, account),
            world.domain,
            world.parameters.question_bond,
            history.stakes,
        )
        return plan(history.round(world.competing), self.evidence(), self, disputant)

    def evidence(self) -> Evidence:
        """Its rows as a node's own."""
        world, bounds = self.world, self.world.bounds
        return Evidence(
            world.competing,
            world.stated(self.stated.rows),
            replace(self.stated.table, rows=self.stated.rows),
            Truth(self.stated.rows, world.orders, bounds.required),
            world.counts,
            bounds.trimmed,
            self.stated.points,
            world.judge is not None,
        )

    # ---- Exhibits

    def sample(self, place: int, sample: int) -> Exhibit:
        """See `Exhibits.sample`."""
        return self.world.exhibit(place, sample)

    def model(self, row: int) -> bytes:
        """See `Exhibits.model`."""
        world = self.world
        head = world.chain.rounds.head().model_hash
        reveals = world.chain.model_transactions.transactions(world.competing)
        known = world.models[reveals[row - 1].model_hash if row else head]
        assert isinstance(known, FileModel)  # noqa: S101  (worlds of disputes have no others)
        return known.file

    def salt(self, *, is_cell: bool, number: int) -> bytes:
        """See `Exhibits.salt`."""
        return self.player.secrets.proof_salt(self.world.competing, number, is_cell=is_cell)
