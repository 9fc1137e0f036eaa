"""One dispute on a small table, played at random in the reference: a lie, and attacks on the truth.

The reference's state is put together as it is when a round's statements are opened: one honest
attester has stated the truth, two others a lie. From there on everything goes through its own
transactions. The honest node plays as nodes do (`offchain.protocol.deciding.objections`); the
others ask, answer, commit and prove whatever chance suggests, first in each phase, about the truth
as about the lie. Hashes are of one domain, and quicker than a deployment's.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256

import numpy as np
from eth_utils.address import to_checksum_address

from offchain.crypto.hashing import Domain, keccak256
from offchain.learning.samples_root import part_root, sample_path, samples_root
from offchain.protocol.deciding.objections import (
    Truth,
    false_place,
    false_sample,
    first_objection,
)
from offchain.protocol.reference.attestations import RoundAttestations
from offchain.protocol.reference.chain import ReferenceChain
from offchain.protocol.reference.data_registry import RoundData
from offchain.protocol.reference.environment import Revert
from offchain.protocol.reference.model_transactions import RoundModels
from offchain.protocol.reference.product_judge import ProductJudge
from offchain.protocol.rules import answers, judging, statements
from offchain.protocol.rules.bindings import Behind, points_root, stated_points
from offchain.protocol.rules.statements import Points, SampleCounts, Tabulated
from offchain.protocol.words import actions
from offchain.protocol.words.dispute_records import CellAnswered, RowAnswered, StatementFell
from offchain.protocol.words.disputes import (
    FallReason,
    Proof,
    QuestionKind,
    Stage,
    proof_commitment,
)
from offchain.protocol.words.parameters import Parameters
from offchain.protocol.words.status import (
    NO_CLOSED_ROUND,
    ZERO_HASH,
    Commitment,
    Competition,
    Electorate,
    PartitionRecord,
    Phase,
    Stake,
)
from offchain.protocol.words.transactions import (
    GENESIS_BLOCK,
    DataRecord,
    ModelTransaction,
    Row,
    row_hash,
    statement,
)

ROUND = 1
PARTS = 2
JUDGE = ProductJudge()
SALT = b"s" * 32


def _address(number: int) -> str:
    return str(to_checksum_address(number.to_bytes(20, "big")))


HONEST, LIAR, OTHER_LIAR, STRANGER = (_address(number) for number in range(1, 5))
ATTESTERS = (HONEST, LIAR, OTHER_LIAR)


class QuickDomain(Domain):
    """A domain whose hashes skip the contracts' encoding; they bind the same values."""

    def hash(self, tag: str, types: Sequence[str], values: Sequence[object]) -> bytes:
        """A hash of everything that is given."""
        del types
        return keccak256(f"{tag} {values!r}".encode())


DOMAIN = QuickDomain(1, _address(9))


class Clock:
    """A relay that is always far enough: only phases are passed here."""

    tip = 0
    lowest_height = 0

    def decision_time(self, height: int) -> int:
        """Never asked for in a dispute."""
        raise NotImplementedError(height)

    def block_hash(self, height: int) -> bytes:
        """Never asked for in a dispute."""
        raise NotImplementedError(height)


@cache
def parameters(samples: int, significance: int) -> Parameters:
    """Parameters of a small table."""
    return Parameters(
        parts=PARTS,
        test_parts=1,
        samples_per_part=samples,
        minimum_data=1,
        minimum_ring=2,
        significance=significance,
        minimum_phase_seconds=1,
    )


@dataclass(frozen=True)
class Shown:
    """A statement, and what its supporters show for it."""

    rows: tuple[Row, ...]
    behind: tuple[Behind, ...]
    points: tuple[Points | None, ...]
    compared: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Outcome:
    """How a game ended.

    Attributes:
        truth: why the true statement fell; None: it stands.
        lie: why the lie fell; None: it stands.
        met: what happened on the way, and errors by name.
    """

    truth: FallReason | None
    lie: FallReason | None
    met: Counter[str]


class DisputeGame:
    """A game; everything in it follows from the seed."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.met: Counter[str] = Counter()
        dice = self.dice
        self.places = dice.randint(1, 4)
        self.samples = dice.randint(1, 3)
        self.parameters = parameters(self.samples, dice.choice([0, 50]))
        self.clock = Clock()
        self.chain = ReferenceChain(self.parameters, self.clock, ATTESTERS, DOMAIN, 0, JUDGE)
        self.records = [
            [[self._record() for _ in range(self.samples)] for _ in range(PARTS)]
            for _ in range(self.places)
        ]
        count = dice.randint(1, 3)
        self.files = [self._file() for _ in range(1 + count)]
        self.has_best = dice.random() < 0.7
        if self.has_best:
            self.files[0] = self.files[0][:1] + b"\1"
        self._prepare(count)
        self.truth = self._tabulated([self._points(row) for row in range(1 + count)])
        self.lie = self._lie()
        self._open()

    def _record(self) -> bytes:
        dice = self.dice
        return bytes([dice.randint(0, 1), dice.randint(0, 1), dice.randint(0, 2), 0])

    def _file(self) -> bytes:
        dice = self.dice
        is_malformed = dice.random() < 0.15
        return bytes([0 if is_malformed else dice.randint(1, 4), dice.randint(0, 3)])

    # ---- the round as it is when statements are opened -------------------------------------------

    def _prepare(self, count: int) -> None:
        chain = self.chain
        if self.has_best and not JUDGE.is_well_formed(self.files[0]):
            self.files[0] = b"\2\1"
        head = replace(GENESIS_BLOCK, model_hash=self._hash(0) if self.has_best else ZERO_HASH)
        chain.rounds.blocks = [head]
        self.data = [self._data(place) for place in range(self.places)]
        ids = [record.identifier(DOMAIN) for record in self.data]
        seed = self.dice.randbytes(32)
        chain.data_registry.data[ROUND] = RoundData(
            ids=ids, partitions=[PartitionRecord(0, self.places, seed)]
        )
        chain.rounds.closed[ROUND] = replace(
            NO_CLOSED_ROUND,
            trim=judging.trimmed(self.places),
            data_set=(1 << self.places) - 1,
            data_root=seed,
        )
        chain.rounds.competition = Competition(
            ROUND, Phase.ATTEST_REVEAL, 0, 0, len(ATTESTERS), Electorate.GENESIS
        )
        models = RoundModels()
        orders = self.dice.sample(range(1, count + 1), count)
        for number, order in enumerate(orders, 1):
            account = _address(100 + number)
            models.commitments[account] = Commitment(ZERO_HASH, order, revealed=True)
            models.transactions.append(
                ModelTransaction(account, self._hash(number), ZERO_HASH, 0, ZERO_HASH, ZERO_HASH)
            )
        self.orders = tuple(orders)
        chain.model_transactions.models[ROUND] = models
        self.required = chain.model_transactions.required(ROUND)
        chain.attestations.standing.genesis_attesters = frozenset(ATTESTERS)
        for account in ATTESTERS:
            chain.membership.stakes[account] = Stake(self.parameters.stake, ROUND, 0)

    def _hash(self, row: int) -> bytes:
        return sha256(self.files[row]).digest()

    def _data(self, place: int) -> DataRecord:
        roots = [part_root(records) for records in self.records[place]]
        return DataRecord(
            ROUND, ZERO_HASH, ZERO_HASH, samples_root(roots), 0, _address(0), place + 1, 27
        )

    def _test_part(self, place: int) -> int:
        return self.chain.data_registry.test_parts(ROUND, place).bit_length() - 1

    def _points(self, row: int) -> Points | None:
        """True points of a row's model; None: malformed, or no baseline."""
        file = self.files[row]
        if not JUDGE.is_well_formed(file) or (row == 0 and not self.has_best):
            return None
        return np.array(
            [
                JUDGE.points(file, record)
                for place in range(self.places)
                for record in self.records[place][self._test_part(place)]
            ],
            np.uint8,
        )

    def _tabulated(self, points: Sequence[Points | None]) -> Shown:
        table: Tabulated = statements.tabulate(
            DOMAIN,
            ROUND,
            SampleCounts(self.places, self.samples),
            statements.Bounds(
                judging.trimmed(self.places), self.required, self.parameters.voice_basis_points
            ),
            points[0],
            points[1:],
            self.orders,
        )
        return Shown(table.rows, table.behind, tuple(points), table.compared)

    def _statement(self, shown: Shown) -> bytes:
        data_root = self.chain.rounds.closed_round(ROUND).data_root
        return statement(DOMAIN, ROUND, data_root, shown.rows)

    def _open(self) -> None:
        """Both statements are opened, in any order."""
        opened = [
            (self._statement(self.truth), [HONEST]),
            (self._statement(self.lie), [LIAR, OTHER_LIAR]),
        ]
        self.dice.shuffle(opened)
        entry = RoundAttestations(len(ATTESTERS))
        entry.supporters.update(opened)
        self.chain.attestations.entries[ROUND] = entry
        self._advance()

    # ---- lies ------------------------------------------------------------------------------------

    def _lie(self) -> Shown:
        """A statement that is not the true one and can be opened."""
        makers = [self._other_points, self._other_points, self._other_behind, self._by_hand]
        while True:
            shown = self.truth
            for _ in range(self.dice.choice([1, 1, 2])):
                shown = self.dice.choice(makers)(shown)
            if shown.rows != self.truth.rows and self._can_be_opened(shown.rows):
                return shown

    def _can_be_opened(self, rows: Sequence[Row]) -> bool:
        is_zero = all(
            row == replace(row, middle=0, net=0, spread=0, repeats=0)
            for row in rows
            if row.hash == ZERO_HASH
        )
        return is_zero and (rows[0].hash != ZERO_HASH) == self.has_best

    def _other_points(self, shown: Shown) -> Shown:
        """Points that nobody earned, with all that follows from them."""
        dice = self.dice
        row = dice.randrange(0 if self.has_best else 1, len(shown.rows))
        points = list(shown.points)
        known = points[row]
        if known is None or (row and dice.random() < 0.15):
            made_up = [dice.randint(0, 8) for _ in range(self.places * self.samples)]
            points[row] = np.array(made_up, np.uint8) if known is None else None
        elif dice.random() < 0.3:
            points[row] = np.minimum(known + dice.randint(1, 3), 255).astype(np.uint8)
        else:
            changed = np.array(known)
            one, other = dice.randrange(len(known)), dice.randrange(len(known))
            if dice.random() < 0.5:
                changed[one], changed[other] = known[other], known[one]
            else:
                changed[one] = dice.randint(0, 9)
            points[row] = changed
        return self._tabulated(points)

    def _other_behind(self, shown: Shown) -> Shown:
        """Numbers behind a row that no points make, with a row that fits them."""
        row = self.dice.randrange(len(shown.rows))
        if not shown.behind[row].places:
            return shown
        behind = list(shown.behind)
        behind[row] = self._spoiled_behind(behind[row])
        sums = answers.row_sums(behind[row], behind[0], judging.trimmed(self.places))
        hashed = row_hash(DOMAIN, ROUND, behind[row].packed())
        rows = list(shown.rows)
        rows[row] = Row(hashed, sums.middle, sums.net, sums.spread, rows[row].repeats)
        return replace(shown, rows=tuple(rows), behind=tuple(behind))

    def _spoiled_behind(self, behind: Behind) -> Behind:
        dice, number = self.dice, self.dice.randrange(self.places)
        if not behind.places:
            return behind
        if behind.distances and dice.random() < 0.5:
            voice = dice.randrange(len(behind.distances))
            distances = list(behind.distances[voice])
            distances[number] = dice.choice([0, 1, distances[number] + 1, 50])
            every = list(behind.distances)
            every[voice] = tuple(distances)
            return replace(behind, distances=tuple(every))
        place = behind.places[number]
        by = dice.choice([-1, 1, 2])
        change = dice.choice(
            [
                replace(place, points=max(0, place.points + by)),
                replace(place, squares=max(0, place.squares + by)),
                replace(place, root=dice.choice([dice.randbytes(32), ZERO_HASH])),
                replace(place, root=points_root(self._random_points())),
            ]
        )
        places = (*behind.places[:number], change, *behind.places[number + 1 :])
        return replace(behind, places=places)

    def _random_points(self) -> bytes:
        return bytes(self.dice.randint(0, 9) for _ in range(self.samples))

    def _by_hand(self, shown: Shown) -> Shown:
        """A field of a row that nothing is behind."""
        dice, rows = self.dice, list(shown.rows)
        row = dice.randrange(len(rows))
        known = rows[row]
        rows[row] = dice.choice(
            [
                replace(known, middle=known.middle + 1),
                replace(known, net=known.net + dice.choice([-3, 3])),
                replace(known, spread=max(0, known.spread + dice.choice([-2, 2]))),
                replace(known, repeats=dice.randrange(len(rows) + 1)),
                replace(known, hash=dice.randbytes(32)),
            ]
        )
        return replace(shown, rows=tuple(rows))

    # ---- the game --------------------------------------------------------------------------------

    def play(self) -> Outcome:
        """Play it to the end."""
        phases = {
            Phase.CHALLENGE: self._challenge,
            Phase.ANSWER: self._answer,
            Phase.SECOND_CHALLENGE: self._second_challenge,
            Phase.SECOND_ANSWER: self._second_answer,
            Phase.PROVE: self._prove,
        }
        while (phase := self.chain.rounds.competition.phase) in phases:
            self.met[phase.name] += 1
            phases[phase]()
            self._advance()
        fell = {
            record.statement: record.reason
            for record in self.chain.environment.records
            if isinstance(record, StatementFell)
        }
        return Outcome(
            fell.get(self._statement(self.truth)), fell.get(self._statement(self.lie)), self.met
        )

    def _advance(self) -> None:
        self.clock.tip += 1
        self._send(actions.Advance(), STRANGER)

    def _send(self, action: actions.Action, sender: str) -> bool:
        """Send an action; whether it was taken."""
        environment = self.chain.environment
        try:
            self.chain.execute(action, sender, environment.now + 1)
        except Revert as error:
            self.met[error.name] += 1
            return False
        self.met[type(action).__name__] += 1
        return True

    def _shown_for(self, stated: bytes) -> Shown:
        return self.truth if stated == self._statement(self.truth) else self.lie

    # ---- questions

    def _challenge(self) -> None:
        for _ in range(self.dice.choice([0, 1, 2])):
            shown = self.dice.choice([self.truth, self.truth, self.lie])
            row, kind = self.dice.randrange(len(shown.rows)), self.dice.choice(list(QuestionKind))
            self._ask(self.dice.choice([LIAR, STRANGER]), shown, kind, row)
        truth = Truth(self.truth.rows, self.orders, self.required)
        objection = first_objection(truth, self.lie.rows, has_judge=True)
        if objection is not None:
            self._ask(HONEST, self.lie, objection.kind, objection.row)

    def _ask(self, sender: str, shown: Shown, kind: QuestionKind, row: int) -> None:
        stated = self._statement(shown)
        bond = self.chain.disputes.bond_of(ROUND, stated, sender, Stage.QUESTIONS)
        self._send(actions.Ask(stated, shown.rows, kind, row, bond), sender)

    def _second_challenge(self) -> None:
        disputes, dice = self.chain.disputes, self.dice
        for number in range(1, disputes.counts(ROUND).questions + 1):
            question = disputes.question(ROUND, number)
            stated = question.statement
            if dice.random() < 0.5:
                place, voice = dice.randrange(self.places), dice.randint(0, question.compared)
                self._ask_cell(LIAR, stated, number, place, voice)
            if stated == self._statement(self.lie) and question.kind is QuestionKind.ROW:
                true = self.truth.behind[question.row].packed()
                false = false_place(self._answered_row(number), true, self.places)
                if false is not None:
                    self._ask_cell(HONEST, stated, number, false.place, false.voice)

    def _ask_cell(self, sender: str, stated: bytes, number: int, place: int, voice: int) -> None:
        bond = self.chain.disputes.bond_of(ROUND, stated, sender, Stage.CELLS)
        self._send(actions.AskCell(number, place, voice, bond), sender)

    def _answered_row(self, number: int) -> bytes:
        return next(
            (
                record.of_row
                for record in self.chain.environment.records
                if isinstance(record, RowAnswered) and record.question == number
            ),
            b"",
        )

    # ---- answers

    def _answer(self) -> None:
        disputes, dice = self.chain.disputes, self.dice
        for number in range(1, disputes.counts(ROUND).questions + 1):
            question = disputes.question(ROUND, number)
            shown = self._shown_for(question.statement)
            if question.kind is QuestionKind.FORM:
                self._send(actions.AnswerForm(number, dice.randbytes(2)), STRANGER)
                self._send(actions.AnswerForm(number, self.files[question.row]), HONEST)
                continue
            row = question.row
            for false in (
                self._spoiled_behind(shown.behind[row]),
                dice.choice([self.truth, self.lie]).behind[row],
                self.truth.behind[row],
            ):
                self._send(self._row_answer(number, shown, false, shown.behind[0]), LIAR)
            answerer = HONEST if shown is self.truth else LIAR
            answer = self._row_answer(number, shown, shown.behind[row], shown.behind[0])
            self._send(answer, answerer)

    def _row_answer(
        self, number: int, shown: Shown, behind: Behind, baseline: Behind
    ) -> actions.AnswerRow:
        trim = judging.trimmed(self.places)
        edges = answers.edges(behind, baseline, trim) if behind.places else ()
        return actions.AnswerRow(number, shown.rows, behind.packed(), baseline.packed(), edges)

    def _second_answer(self) -> None:
        disputes, dice = self.chain.disputes, self.dice
        for number in range(1, disputes.counts(ROUND).cells + 1):
            cell = disputes.cell(ROUND, number)
            question = disputes.question(ROUND, cell.question)
            shown = self._shown_for(question.statement)
            compared = answers.compared_rows(
                shown.rows, self.orders, self.required, question.row, has_best=self.has_best
            )
            against = compared[cell.voice - 1] if cell.voice else 0
            whose = dice.choice([self.truth, self.lie])
            guesses = [
                (self._random_points(), self._at(shown, against, cell.place)),
                (self._at(shown, question.row, cell.place)[::-1], self._random_points()),
                (
                    self._at(whose, question.row, cell.place),
                    self._at(whose, against, cell.place),
                ),
                (
                    self._at(shown, question.row, cell.place),
                    self._at(shown, against, cell.place),
                ),
            ]
            for position, (first, second) in enumerate(guesses):
                is_honest = shown is self.truth and position == len(guesses) - 1
                answer = actions.AnswerCell(
                    number,
                    shown.rows,
                    shown.behind[question.row].packed(),
                    shown.behind[against].packed(),
                    first,
                    second,
                )
                self._send(answer, HONEST if is_honest else LIAR)

    def _at(self, shown: Shown, row: int, place: int) -> bytes:
        points = shown.points[row]
        if points is None:
            return b""
        return points[place * self.samples : (place + 1) * self.samples].tobytes()

    # ---- proofs

    def _prove(self) -> None:
        disputes, dice = self.chain.disputes, self.dice
        for number in range(1, disputes.counts(ROUND).cells + 1):
            cell = disputes.cell(ROUND, number)
            if not cell.is_answered:
                continue
            answered = self._cell_points(number)
            for _ in range(2):
                sample, second = dice.randrange(self.samples), dice.random() < 0.5
                proof = self._proof(number, sample, second, answered[second] or answered[0])
                self._prove_as(LIAR, self._spoiled_proof(proof))
            true = tuple(
                self._at(self.truth, row, cell.place) for row in (cell.first_row, cell.second_row)
            )
            false = false_sample(answered, (true[0], true[1]))
            if false is not None:
                stated = answered[false.second]
                proof = self._proof(number, false.sample, false.second, stated)
                self._prove_as(HONEST, proof)
        for number in range(1, disputes.counts(ROUND).questions + 1):
            question = disputes.question(ROUND, number)
            if question.kind is QuestionKind.FORM:
                for sender, file in (
                    (LIAR, dice.randbytes(2)),
                    (LIAR, self.files[question.row]),
                    (HONEST, self.files[question.row]),
                ):
                    self._prove_as(sender, actions.ProveForm(number, SALT, file))

    def _cell_points(self, number: int) -> tuple[bytes, bytes]:
        return next(
            (record.first, record.second)
            for record in self.chain.environment.records
            if isinstance(record, CellAnswered) and record.cell == number
        )

    def _proof(self, number: int, sample: int, second: bool, stated: bytes) -> actions.Prove:
        cell = self.chain.disputes.cell(ROUND, number)
        word, part = stated_points(stated, sample), self._test_part(cell.place)
        records = self.records[cell.place]
        roots = [part_root(of_part) for of_part in records]
        path = sample_path(records[part], sample, roots, part)
        proof = Proof(
            salt=SALT,
            sample=sample,
            second=second,
            record=self.data[cell.place],
            sample_record=records[part][sample],
            sample_path=path.in_part,
            part_path=path.in_transaction,
            word=word.word,
            word_path=word.path,
            model=self.files[cell.second_row if second else cell.first_row],
        )
        return actions.Prove(number, proof)

    def _spoiled_proof(self, action: actions.Prove) -> actions.Prove:
        dice, proof = self.dice, action.proof
        other = dice.randrange(self.places)
        part, sample = dice.randrange(PARTS), dice.randrange(self.samples)
        change: dict[str, object] = dice.choice(
            [
                {},
                {"sample": sample},
                {"second": not proof.second},
                {"word": self._random_points().ljust(32, b"\0")},
                {"sample_record": self.records[other][part][sample]},
                {"record": self.data[other]},
                {"model": dice.choice(self.files)},
                {"model": dice.randbytes(2)},
                {"sample_record": self._record(), "sample_path": proof.sample_path[1:]},
                {"part_path": proof.sample_path},
            ]
        )
        return replace(action, proof=replace(proof, **change))  # type: ignore[arg-type]

    def _prove_as(self, sender: str, action: actions.Prove | actions.ProveForm) -> None:
        match action:
            case actions.Prove(number, proof):
                is_cell, sample = True, proof.sample
            case actions.ProveForm(number, _, _):
                is_cell, sample = False, 0
        commitment = proof_commitment(
            DOMAIN, ROUND, sender, is_cell=is_cell, number=number, sample=sample, salt=SALT
        )
        self._send(actions.CommitProof(commitment), sender)
        self._send(action, sender)
