"""Takes the snapshot that `decide` looks at: chain, records, and what the node holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from offchain.node.attesting import Attesting, RoundData, baseline_model
from offchain.node.claiming import Claiming
from offchain.node.modelling import Modelling
from offchain.node.own import Own
from offchain.node.payloads import Payloads, PayloadState
from offchain.node.sharing import Sharing
from offchain.protocol.deciding.policy import Policy
from offchain.protocol.deciding.snapshot import (
    CompetitionFacts,
    GenesisFacts,
    SharingFacts,
    Snapshot,
)
from offchain.protocol.history.entries import RoundHistory
from offchain.protocol.history.fold import History
from offchain.protocol.rules.dataset import DataItem
from offchain.protocol.words.status import ChainStatus, Phase
from offchain.protocol.words.transactions import Scores, attestation_commitment

EARLIER_ROUNDS = 1
"""How many rounds before the present one give training data too."""

OPENED_AT_ONCE = 64
"""Payloads opened between two looks at the chain: the loop must stay alive."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What a node consists of; ``sharing`` is missing where it has no data of its own."""

    sharing: Sharing | None
    payloads: Payloads
    modelling: Modelling
    attesting: Attesting
    claiming: Claiming


class SnapshotTaker:
    """Takes snapshots for one account.

    Args:
        own: the node itself.
        policy: the node's choices.
        parts: what the node consists of.
        clock: seconds.
    """

    def __init__(
        self,
        own: Own,
        policy: Policy,
        parts: Parts,
        clock: Callable[[], float],
    ) -> None:
        self._own = own
        self._policy = policy
        self._parts = parts
        self._clock = clock
        self._phase: tuple[int, int, Phase] | None = None
        self._phase_since = 0.0

    def take(self, status: ChainStatus, history: History) -> Snapshot:
        """The snapshot now. Opens payloads that have become readable, a bounded number."""
        sharing = self._parts.sharing
        return Snapshot(
            status=status,
            parameters=self._own.parameters,
            policy=self._policy,
            keepers=keepers(history, self._own.account),
            seconds_in_phase=self._seconds_in_phase(status),
            genesis=self._genesis(history),
            sharing=sharing.facts(status, history) if sharing else SharingFacts(),
            competition=self._competition(status, history),
            claims=self._parts.claiming.claims(status, history),
        )

    def training_items(self, history: History, round_number: int) -> list[DataItem]:
        """Training items of a round, and of the rounds before it, that are open here."""
        items: list[DataItem] = []
        for number in range(max(0, round_number - EARLIER_ROUNDS), round_number + 1):
            if number in history.rounds:
                items += [item for item in history.data_items(number) if not item.is_test]
        return [item for item in items if self._parts.payloads.state(item) is PayloadState.OPEN]

    def round_data(self, status: ChainStatus, history: History) -> RoundData | None:
        """D of the round in competition, once it is a fact and open here."""
        if status.competition.phase < Phase.REVEAL or not status.competition.phase.competes:
            return None
        return self._parts.attesting.data_of(history, status.competition.round)

    def table(self, status: ChainStatus, history: History) -> Scores | None:
        """The table of scores, once it is complete and nothing can change it."""
        data = self.round_data(status, history)
        if data is None or status.competition.phase < Phase.ATTEST:
            return None
        return self._parts.attesting.table(history, data)

    def _seconds_in_phase(self, status: ChainStatus) -> int:
        phase = (status.collection.round, status.competition.round, status.competition.phase)
        if phase != self._phase:
            self._phase, self._phase_since = phase, self._clock()
        return int(self._clock() - self._phase_since)

    def _genesis(self, history: History) -> GenesisFacts:
        owners = {key.owner for key in history.keys}
        registered = sum(account in owners for account in self._own.genesis_accounts)
        return GenesisFacts(len(self._own.genesis_accounts), registered, len(history.keys))

    def _competition(self, status: ChainStatus, history: History) -> CompetitionFacts:
        round_number = status.competition.round
        if round_number == 0 or not status.competition.phase.competes:
            return CompetitionFacts()
        entry = history.round(round_number)
        training = [item for item in history.data_items(round_number) if not item.is_test]
        self._open_payloads(history, entry)
        states = [self._parts.payloads.state(item) for item in training]
        modelling = self._parts.modelling
        committed = entry.commitments.get(self._own.account)
        sealed_copy = committed.encrypted_model if committed is not None else None
        facts = CompetitionFacts(
            phase_block=entry.phases[-1].block_number,
            opened_training=states.count(PayloadState.OPEN),
            waiting_training=states.count(PayloadState.SEALED) + states.count(PayloadState.MISSING),
            training=modelling.is_training,
            held_model=modelling.commitment(round_number),
            sealed_copy=sealed_copy,
            recovery_failed=sealed_copy is not None and modelling.is_unrecoverable(sealed_copy),
            missing_items=self._missing_items(history, entry),
            missing_models=self._missing_models(entry),
            evaluating=self._parts.attesting.is_evaluating,
        )
        return self._with_evaluation(facts, status, history, entry)

    def _open_payloads(self, history: History, entry: RoundHistory) -> None:
        """Open what has become readable; look for the files of what is still sealed."""
        items = list(history.data_items(entry.number))
        payloads = self._parts.payloads
        payloads.open_some(items, OPENED_AT_ONCE)
        if entry.phase is Phase.UNSEAL:
            payloads.look_for(items, OPENED_AT_ONCE)

    def _missing_items(self, history: History, entry: RoundHistory) -> tuple[int, ...]:
        if entry.phase is not Phase.UNSEAL:
            return ()
        missing = self._parts.payloads.missing(history.data_items(entry.number))
        return tuple(
            number
            for number in missing
            if self._own.account not in entry.item_reports.get(number, set())
        )

    def _missing_models(self, entry: RoundHistory) -> tuple[int, ...]:
        if entry.phase is not Phase.AVAILABLE:
            return ()
        return tuple(
            index
            for index in self._parts.attesting.missing_models(entry)
            if self._own.account not in entry.model_reports.get(index, set())
        )

    def _with_evaluation(
        self,
        facts: CompetitionFacts,
        status: ChainStatus,
        history: History,
        entry: RoundHistory,
    ) -> CompetitionFacts:
        """The facts with those about D, the scores on it and the attestation."""
        data = self.round_data(status, history)
        if data is None:
            return facts
        attesting = self._parts.attesting
        held = self._parts.modelling.held(entry.number)
        own_model = held.hash if held is not None else None
        unevaluated = attesting.unevaluated(history, data, own_model)
        baseline = attesting.score(data, baseline_model(history, entry.number))
        own_score = attesting.score(data, own_model) if own_model is not None else None
        facts = replace(
            facts,
            data_set_known=True,
            scored=baseline is not None and own_score is not None,
            unevaluated=len(unevaluated),
        )
        table = self.table(status, history)
        if table is None:
            return facts
        statement = table.statement(self._own.domains.model_chain, entry.number)
        attestation = attestation_commitment(
            self._own.domains.model_chain,
            entry.number,
            self._own.account,
            statement,
            self._own.secrets.attestation_salt(entry.number),
        )
        return replace(facts, statement=statement, attestation=attestation)


def keepers(history: History, account: str) -> tuple[str, ...]:
    """Accounts that take turns in moving the chain on: all that lease keys, and the own one."""
    if history.rounds:
        owners = {key.owner for key in history.active_keys(max(history.rounds))}
    else:
        owners = {key.owner for key in history.keys}
    return tuple(sorted(owners | {account}))
