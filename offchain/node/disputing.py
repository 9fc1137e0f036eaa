"""Disputes as a node takes part in them: its points, and what it can lay before the judge.

Nothing is kept for it but the points, which the journal has: questions, cells and proofs follow
from the records and the points, salts from the seed, samples and models from the store. A node that
was killed at any step goes on with the next one.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import structlog

from offchain.errors import ModelChainError
from offchain.learning.samples_root import sample_path
from offchain.node.attesting import Attesting
from offchain.node.own import Own
from offchain.node.payloads import Payloads
from offchain.node.round_data import RoundData
from offchain.ports import Learner
from offchain.protocol.deciding.dispute_plan import Disputant, plan
from offchain.protocol.deciding.evidence import Evidence, Exhibit
from offchain.protocol.deciding.objections import Truth
from offchain.protocol.deciding.snapshot import DisputeFacts
from offchain.protocol.history.entries import RoundHistory
from offchain.protocol.history.fold import History
from offchain.protocol.rules.answers import sample_place
from offchain.protocol.words.chain_status import ChainStatus
from offchain.protocol.words.dispute_actions import Prove, ProveForm
from offchain.protocol.words.transactions import statement

log = structlog.get_logger()


class Disputing:
    """What one node can do in disputes.

    Args:
        own: the node itself.
        payloads: the round's data.
        learner: knows the samples' records.
        attesting: has the points and the models.
    """

    def __init__(
        self, own: Own, payloads: Payloads, learner: Learner, attesting: Attesting
    ) -> None:
        self._own = own
        self._payloads = payloads
        self._learner = learner
        self._attesting = attesting
        self._held: _Held | None = None
        self.refused: frozenset[bytes] = frozenset()
        """Salts of proofs that the judge has refused."""

    def refuse(self, action: Prove | ProveForm) -> None:
        """Do not hand in this proof again: the judge agrees with what it is against."""
        proof = action.proof if isinstance(action, Prove) else action
        self.refused |= {proof.salt}

    def facts(self, status: ChainStatus, history: History, data: RoundData) -> DisputeFacts:
        """What is due in the present phase; nothing while a model is not evaluated here."""
        entry = history.round(data.round)
        evidence = self._evidence(history, entry, data)
        if evidence is None:
            return DisputeFacts()
        if self._held is None or not self._held.is_of(entry, data):
            self._held = _Held(
                self._own,
                self._payloads,
                self._learner,
                self._attesting,
                entry,
                data,
                history.head.model_hash,
            )
        disputant = Disputant(
            self._own.account,
            status.own.is_attester,
            self._own.domain,
            self._own.parameters.question_bond,
            history.stakes,
            self.refused,
        )
        return plan(entry, evidence, self._held, disputant)

    def _evidence(self, history: History, entry: RoundHistory, data: RoundData) -> Evidence | None:
        table = self._attesting.table(history, data)
        points = self._attesting.points_of_rows(history, data)
        if table is None or points is None:
            return None
        bounds = self._attesting.bounds(entry, data)
        orders = tuple(reveal.order for reveal in entry.reveals)
        return Evidence(
            data.round,
            statement(self._own.domain, data.round, data.root, table.rows),
            table,
            Truth(table.rows, orders, bounds.required),
            self._attesting.counts(data),
            bounds.trimmed,
            points,
            self._own.has_judge,
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Held:
    """What can be laid before the judge of one round; what was found is kept meanwhile."""

    own: Own
    payloads: Payloads
    learner: Learner
    attesting: Attesting
    entry: RoundHistory
    data: RoundData
    baseline: bytes
    samples: dict[tuple[int, int], Exhibit] = field(default_factory=dict)
    models: dict[int, bytes] = field(default_factory=dict)

    def is_of(self, entry: RoundHistory, data: RoundData) -> bool:
        """Whether this is about these records of a round, and the same test parts."""
        return self.entry is entry and self.data.judged_on == data.judged_on

    def sample(self, place: int, sample: int) -> Exhibit | None:
        """See `Exhibits.sample`."""
        if (place, sample) not in self.samples:
            try:
                self.samples[place, sample] = self._exhibit(place, sample)
            except ModelChainError as error:
                log.warning("a sample cannot be shown to the judge now", reason=str(error))
        return self.samples.get((place, sample))

    def _exhibit(self, place: int, sample: int) -> Exhibit:
        shared = self.data.transactions[place]
        at = sample_place(shared.test_parts, sample, self.learner.samples_per_part)
        records = self.learner.sample_records(self.payloads.plaintext(shared, at.part))
        path = sample_path(records, at.index, self.payloads.part_roots(shared), at.part)
        return Exhibit(shared.record, records[at.index], path.in_part, path.in_transaction)

    def model(self, row: int) -> bytes | None:
        """See `Exhibits.model`."""
        if row not in self.models:
            digest = self.entry.reveals[row - 1].transaction.model_hash if row else self.baseline
            try:
                self.models[row] = self.attesting.file(self.entry, digest)
            except ModelChainError as error:
                log.warning("a model cannot be shown to the judge now", reason=str(error))
        return self.models.get(row)

    def salt(self, *, is_cell: bool, number: int) -> bytes:
        """See `Exhibits.salt`."""
        return self.own.secrets.proof_salt(self.data.round, number, is_cell=is_cell)
