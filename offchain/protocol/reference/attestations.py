"""Attestations in plain Python: standing, reports of what is missing, statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from offchain.protocol.reference.environment import Environment, Revert
from offchain.protocol.reference.membership import ReferenceMembership
from offchain.protocol.reference.model_transactions import ReferenceModelTransactions
from offchain.protocol.reference.rounds import Rounds
from offchain.protocol.rules import standing
from offchain.protocol.rules.reports import out, positions
from offchain.protocol.words.records import (
    AttestationCommitted,
    AttestationOpened,
    DataReported,
    ModelsReported,
    StandingGained,
    StatementOpened,
)
from offchain.protocol.words.status import (
    NO_ATTESTATION,
    ZERO_HASH,
    Attestation,
    Phase,
)
from offchain.protocol.words.transactions import EMPTY_ROW, Row, attestation_commitment, statement


@dataclass(slots=True)
class RoundAttestations:
    """What the attesters of one round did. Reports are bitmaps by account."""

    data_reports: dict[str, int] = field(default_factory=dict)
    model_reports: dict[str, int] = field(default_factory=dict)
    attestations: dict[str, Attestation] = field(default_factory=dict)
    majority: bytes = ZERO_HASH


class ReferenceAttestations:
    """See contracts/interfaces/IAttestations.sol."""

    def __init__(
        self,
        environment: Environment,
        rounds: Rounds,
        membership: ReferenceMembership,
        models: ReferenceModelTransactions,
    ) -> None:
        self.environment = environment
        self.parameters = environment.parameters
        self.rounds = rounds
        self.membership = membership
        self.models = models
        self.standing: dict[str, int] = {}
        self.entries: dict[int, RoundAttestations] = {}

    # ---- transactions ----------------------------------------------------------------------------

    def report_data(self, sender: str, bitmap: int) -> None:
        """Report data transactions that cannot be used."""
        round_number = self._require_attester(Phase.REPORT, sender)
        reports = self.entries[round_number].data_reports
        count = self.rounds.closed_round(round_number).data
        self._report(round_number, sender, reports, bitmap, count)
        self.environment.emit(DataReported, round_number, sender, bitmap)

    def report_models(self, sender: str, bitmap: int) -> None:
        """Report revealed models that cannot be fetched."""
        round_number = self._require_attester(Phase.AVAILABLE, sender)
        reports = self.entries[round_number].model_reports
        _, count = self.models.counts(round_number)
        self._report(round_number, sender, reports, bitmap, count)
        self.environment.emit(ModelsReported, round_number, sender, bitmap)

    def commit_attestation(self, sender: str, commitment: bytes) -> None:
        """Commit to an attestation; a later one replaces the earlier."""
        round_number = self._require_attester(Phase.ATTEST, sender)
        if commitment == ZERO_HASH:
            raise Revert("EmptyCommitment")
        self.membership.act(sender, round_number)
        self.entries[round_number].attestations[sender] = Attestation(commitment, ZERO_HASH)
        self.environment.emit(AttestationCommitted, round_number, sender, commitment)

    def open_statement(self, sender: str, rows: Sequence[Row], salt: bytes) -> None:
        """Open the sender's attestation, and bring the rows of its statement."""
        round_number = self.rounds.require_phase(Phase.ATTEST_REVEAL)
        self._require_rows(round_number, rows)
        data_root = self.rounds.closed_round(round_number).data_root
        stated = statement(self.environment.domain, round_number, data_root, rows)
        self._require_opening(round_number, sender, stated, salt)
        if self.support(round_number, stated) == 0:
            self.environment.emit(StatementOpened, round_number, stated, tuple(rows))
        self._open(round_number, sender, stated)

    def open_attestation(self, sender: str, stated: bytes, salt: bytes) -> None:
        """Open the sender's attestation to a statement whose rows somebody has brought."""
        round_number = self.rounds.require_phase(Phase.ATTEST_REVEAL)
        if self.support(round_number, stated) == 0:
            raise Revert("StatementUnknown", stated)
        self._require_opening(round_number, sender, stated, salt)
        self._open(round_number, sender, stated)

    # ---- for the other contracts -----------------------------------------------------------------

    def freeze(self, round_number: int) -> standing.FrozenSet:
        """A round has closed: fixes who attests in it."""
        self.entries[round_number] = RoundAttestations()
        return standing.frozen_set(
            standing.accounts_with_standing(self.standing.values(), round_number),
            len(self.membership.genesis_members),
            self.parameters.minimum_standing,
        )

    def grant_standing(self, round_number: int, accounts: Sequence[str]) -> None:
        """Voices have standing from the next round on."""
        until = standing.standing_until(round_number, self.parameters.standing_rounds)
        for account in accounts:
            self.standing[account] = until
            self.environment.emit(StandingGained, round_number, account, until)

    # ---- views -----------------------------------------------------------------------------------

    def is_attester(self, round_number: int, account: str) -> bool:
        """Whether an account belongs to the frozen set of the round in competition."""
        current = self.rounds.competition
        if round_number != current.round or not current.phase.competes:
            return False
        return standing.is_attester(
            round_number,
            genesis_acts=current.genesis_acts,
            is_genesis_member=account in self.membership.genesis_members,
            until_round=self.standing_until(account),
        )

    def standing_until(self, account: str) -> int:
        """The last round in which an account has standing; 0 if it never had."""
        return self.standing.get(account, 0)

    def attestation_of(self, round_number: int, account: str) -> Attestation:
        """An account's attestation in a round."""
        return self._entry(round_number).attestations.get(account, NO_ATTESTATION)

    def data_out(self, round_number: int) -> int:
        """Bitmap of the data transactions that are out by the reports so far."""
        return out(list(self._entry(round_number).data_reports.values()))

    def models_out(self, round_number: int) -> int:
        """Bitmap of the models that are out by the reports so far."""
        return out(list(self._entry(round_number).model_reports.values()))

    def support(self, round_number: int, stated: bytes) -> int:
        """Attesters that opened a statement; who did not open has one of zeros."""
        return sum(
            entry.statement == stated != ZERO_HASH
            for entry in self._entry(round_number).attestations.values()
        )

    def majority_of(self, round_number: int) -> bytes:
        """The statement with more than half of the attesters behind it; zeros: none."""
        return self._entry(round_number).majority

    # ---- inside ----------------------------------------------------------------------------------

    def _entry(self, round_number: int) -> RoundAttestations:
        return self.entries.get(round_number) or RoundAttestations()

    def _require_attester(self, phase: Phase, account: str) -> int:
        round_number = self.rounds.require_phase(phase)
        if not self.is_attester(round_number, account):
            raise Revert("NotAttester", round_number, account)
        return round_number

    def _report(
        self, round_number: int, sender: str, reports: dict[str, int], bitmap: int, count: int
    ) -> None:
        if sender in reports:
            raise Revert("AlreadyReported", round_number, sender)
        if bitmap >> count:
            raise Revert("ReportOutOfRange", bitmap, count)
        reports[sender] = bitmap

    def _require_rows(self, round_number: int, rows: Sequence[Row]) -> None:
        """There is a row for the baseline and for each reveal; what is missing has zeros."""
        _, reveals = self.models.counts(round_number)
        if len(rows) != reveals + 1:
            raise Revert("WrongRowCount", len(rows), reveals + 1)
        missing = self.rounds.closed_round(round_number).missing
        for index in positions(missing):
            if rows[index + 1] != EMPTY_ROW:
                raise Revert("MissingRowNotEmpty", index)

    def _require_opening(self, round_number: int, sender: str, stated: bytes, salt: bytes) -> None:
        known = self.attestation_of(round_number, sender)
        if known.commitment == ZERO_HASH:
            raise Revert("NotCommitted", round_number, sender)
        commitment = attestation_commitment(
            self.environment.domain, round_number, sender, stated, salt
        )
        if commitment != known.commitment:
            raise Revert("CommitmentMismatch", known.commitment, commitment)

    def _open(self, round_number: int, sender: str, stated: bytes) -> None:
        entry = self.entries[round_number]
        entry.attestations[sender] = Attestation(ZERO_HASH, stated)
        supporters = self.support(round_number, stated)
        if standing.is_majority(supporters, self.rounds.competition.attesters):
            entry.majority = stated
        self.environment.emit(AttestationOpened, round_number, sender, stated, supporters)
