"""Takes the snapshot that `decide` looks at: chain, records, and what the node holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from offchain.errors import StoreError
from offchain.node.attesting import Attesting
from offchain.node.claiming import Claiming
from offchain.node.computations import Recheck
from offchain.node.disputing import Disputing
from offchain.node.modelling import Modelling
from offchain.node.own import Own
from offchain.node.payloads import DataState, Payloads
from offchain.node.rechecking import Rechecking
from offchain.node.round_data import RoundData
from offchain.node.sharing import Sharing
from offchain.protocol.deciding import facts
from offchain.protocol.deciding.disputing import in_dispute
from offchain.protocol.deciding.policy import Policy
from offchain.protocol.deciding.retention import EARLIER_ROUNDS
from offchain.protocol.deciding.snapshot import (
    CompetitionFacts,
    DisputeFacts,
    MembershipFacts,
    Snapshot,
)
from offchain.protocol.history.entries import RoundHistory, SharedData
from offchain.protocol.history.fold import History
from offchain.protocol.rules import reports
from offchain.protocol.words.chain_status import ChainStatus
from offchain.protocol.words.parameters import MAXIMUM_MODEL_BYTES
from offchain.protocol.words.status import ZERO_HASH, Phase
from offchain.protocol.words.transactions import attestation_commitment, statement

EARLIER_SAMPLES = 250_000
"""What earlier rounds than the last one together give: large ones are known by the model already,
and each would take memory again."""

OPENED_AT_ONCE = 40
"""Parts opened between two looks at the chain: the loop must stay alive."""


@dataclass(frozen=True, slots=True)
class Components:
    """What a node consists of."""

    sharing: Sharing
    payloads: Payloads
    modelling: Modelling
    attesting: Attesting
    rechecking: Rechecking
    disputing: Disputing
    claiming: Claiming


class SnapshotTaker:
    """Takes snapshots for one account.

    Args:
        own: the node itself.
        policy: the node's choices.
        components: what the node consists of.
        clock: seconds.
    """

    def __init__(
        self,
        own: Own,
        policy: Policy,
        components: Components,
        clock: Callable[[], float],
    ) -> None:
        self._own = own
        self._policy = policy
        self._components = components
        self._clock = clock
        self._phase: tuple[int, int, Phase] | None = None
        self._phase_since = 0.0

    def take(self, status: ChainStatus, history: History) -> Snapshot:
        """The snapshot now. Opens parts that have become readable, a bounded number."""
        return Snapshot(
            status=status,
            parameters=self._own.parameters,
            policy=self._policy,
            keepers=facts.keepers(history, self._own.account),
            seconds_in_phase=self._seconds_in_phase(status),
            membership=self._membership(history),
            sharing=self._components.sharing.facts(status, history),
            competition=self._competition(status, history),
            disputes=self._disputes(status, history),
            claims=self._components.claiming.claims(history),
        )

    def training_data(self, history: History, round_number: int) -> list[SharedData]:
        """Data transactions whose training parts are open here, of a round and those before it."""
        parameters = self._own.parameters
        each = parameters.parts * parameters.samples_per_part
        samples = max(1, len(history.round(round_number).data) * each)
        earlier = max(1, min(EARLIER_ROUNDS, EARLIER_SAMPLES // samples))
        return [
            data
            for number in range(max(1, round_number - earlier), round_number + 1)
            for data in history.round(number).data
            if self._components.payloads.training_state(data) is DataState.OPEN
        ]

    def round_data(self, status: ChainStatus, history: History) -> RoundData | None:
        """D of the round in competition, once it is a fact and open here."""
        if not status.competition.phase.competes:
            return None
        return self._components.attesting.data_of(history.round(status.competition.round))

    def _seconds_in_phase(self, status: ChainStatus) -> int:
        phase = (status.collection.round, status.competition.round, status.competition.phase)
        if phase != self._phase:
            self._phase, self._phase_since = phase, self._clock()
        return int(self._clock() - self._phase_since)

    def _membership(self, history: History) -> MembershipFacts:
        found = facts.membership_facts(
            history, self._own.account, self._own.genesis_accounts, self._own.earliest_start
        )
        collecting = history.collecting
        if collecting is None or not found.is_member:
            return found
        is_own = self._components.sharing.is_member(history, collecting.epoch)
        return replace(found, is_member=is_own)

    def _competition(self, status: ChainStatus, history: History) -> CompetitionFacts:
        round_number = status.competition.round
        if round_number == 0 or not status.competition.phase.competes:
            return CompetitionFacts()
        entry = history.round(round_number)
        payloads, modelling = self._components.payloads, self._components.modelling
        attesting, account = self._components.attesting, self._own.account
        payloads.open_some(entry.data, OPENED_AT_ONCE)
        training = [payloads.training_state(data) for data in entry.data]
        published = [entry.data[number] for number in reports.positions(entry.published)]
        committed = entry.commitments.get(account)
        sealed_copy = committed.sealed_model if committed is not None else None

        def published_in(state: DataState) -> int:
            return reports.bitmap(
                data.shared.index for data in published if payloads.state(data) is state
            )

        found = CompetitionFacts(
            phase_block=entry.phases[-1].block_number,
            opened_training=training.count(DataState.OPEN),
            waiting_training=training.count(DataState.WAITING),
            training=modelling.is_training,
            held_model=modelling.commitment(round_number),
            sealed_copy=sealed_copy,
            recovery_failed=sealed_copy is not None and modelling.is_unrecoverable(sealed_copy),
            unusable=published_in(DataState.UNUSABLE),
            unchecked=published_in(DataState.WAITING),
            evaluating=attesting.is_evaluating,
            own_reveal=next((r.index for r in entry.reveals if r.account == account), None),
            majority_rows=entry.statements.get(status.standing),
        )
        if entry.phase is Phase.AVAILABLE:
            found = replace(found, unfetched_models=attesting.unfetched_models(entry))
        if entry.phase is Phase.BRING:
            found = replace(found, bringable=self._bringable(entry))
        data = attesting.data_of(entry)
        return found if data is None else self._with_evaluation(found, history, entry, data)

    def _disputes(self, status: ChainStatus, history: History) -> DisputeFacts:
        """What can be disputed, once all points that it takes are known here."""
        if not in_dispute(status.competition.phase):
            return DisputeFacts()
        data = self.round_data(status, history)
        return (
            DisputeFacts()
            if data is None
            else self._components.disputing.facts(status, history, data)
        )

    def _bringable(self, entry: RoundHistory) -> tuple[int, ...]:
        """Reveals that are reported missing, whose files are at hand and may be brought."""
        due = entry.models_out & ~reports.bitmap(entry.brought)
        return tuple(
            index
            for index in reports.positions(due)
            if len(self.model_file(entry, index) or b"") in range(1, MAXIMUM_MODEL_BYTES + 1)
        )

    def model_file(self, entry: RoundHistory, index: int) -> bytes | None:
        """The file of a revealed model, in hand or in the store; None: it cannot be had."""
        model_hash = entry.reveals[index].transaction.model_hash
        held = self._components.modelling.held(entry.number)
        if held is not None and held.hash == model_hash:
            return held.data
        try:
            return self._components.attesting.file(entry, model_hash)
        except StoreError:
            return None

    def _with_evaluation(
        self, found: CompetitionFacts, history: History, entry: RoundHistory, data: RoundData
    ) -> CompetitionFacts:
        """The facts with those about points on D, the statement and the attestation."""
        attesting, own = self._components.attesting, self._own
        held = self._components.modelling.held(entry.number)
        own_model = held.hash if held is not None else None
        baseline = history.head.model_hash
        has_baseline = baseline == ZERO_HASH or attesting.points(data, baseline) is not None
        has_own = own_model is not None and attesting.points(data, own_model) is not None
        unevaluated = attesting.unevaluated(entry, data, baseline, own_model)
        found = replace(
            found,
            data_open=True,
            scored=has_baseline and has_own,
            unevaluated=len(unevaluated),
        )
        rows = attesting.rows(history, data)
        if rows is None:
            return found
        stated = statement(own.domain, entry.number, data.root, rows)
        salt = own.secrets.attestation_salt(entry.number)
        rechecking, on = self._components.rechecking, data.judged_on
        judged = tuple(sorted(attesting.judged(entry, data, baseline)))
        return replace(
            found,
            rechecked=rechecking.is_passed(Recheck(on, judged)),
            rechecking=rechecking.is_running,
            points_differ=rechecking.differ(on),
            statement=stated,
            attestation=attestation_commitment(own.domain, entry.number, own.account, stated, salt),
            rows_brought=stated in entry.statements,
        )
