"""Attestations in plain Python: standing, reports of what is missing, statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from offchain.protocol.reference.environment import Environment, Revert
from offchain.protocol.reference.membership import ReferenceMembership
from offchain.protocol.reference.model_transactions import ReferenceModelTransactions
from offchain.protocol.reference.rounds import Rounds
from offchain.protocol.reference.standing import ReferenceStanding
from offchain.protocol.rules import disputes
from offchain.protocol.rules.reports import out
from offchain.protocol.rules.standing import FrozenSet
from offchain.protocol.words.records import (
    AttestationCommitted,
    AttestationOpened,
    DataReported,
    ModelsReported,
    StatementOpened,
)
from offchain.protocol.words.status import (
    NO_ATTESTATION,
    ZERO_HASH,
    Attestation,
    Electorate,
    Phase,
)
from offchain.protocol.words.transactions import EMPTY_ROW, Row, attestation_commitment, statement


@dataclass(slots=True)
class RoundAttestations:
    """What the attesters of one round did. Reports are bitmaps by account.

    ``attesters`` are frozen; ``supporters`` are those of each statement, in order of first opening.
    """

    attesters: int = 0
    data_reports: dict[str, int] = field(default_factory=dict)
    model_reports: dict[str, int] = field(default_factory=dict)
    attestations: dict[str, Attestation] = field(default_factory=dict)
    supporters: dict[bytes, list[str]] = field(default_factory=dict)
    fallen: set[bytes] = field(default_factory=set)


class ReferenceAttestations:
    """See contracts/interfaces/IAttestations.sol."""

    def __init__(
        self,
        environment: Environment,
        rounds: Rounds,
        membership: ReferenceMembership,
        models: ReferenceModelTransactions,
        standing: ReferenceStanding,
        *,
        has_judge: bool,
    ) -> None:
        self.environment = environment
        self.parameters = environment.parameters
        self.rounds = rounds
        self.membership = membership
        self.models = models
        self.standing = standing
        self.has_judge = has_judge
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

    def freeze(self, round_number: int, epoch: int) -> FrozenSet:
        """A round has closed: fixes who attests in it."""
        stake = self.parameters.stake
        frozen = self.standing.freeze(
            [
                account
                for account in self.membership.genesis_accounts
                if self.membership.stake_of(account).amount >= stake
            ],
            self.membership.member_count(epoch),
        )
        self.entries[round_number] = RoundAttestations(frozen.attesters)
        return frozen

    def count_round(self) -> None:
        """Unseal ended with enough data: the round counts for how long standing lasts."""
        self.standing.tick += 1
        if self.rounds.competition.electorate is Electorate.GENESIS:
            self.standing.genesis_tick += 1

    def grant_standing(self, round_number: int, accounts: Sequence[str]) -> None:
        """Voices have standing for the next rounds that count."""
        self.standing.grant(round_number, accounts, self.rounds.competition.attesters)

    def keep_standing(self, round_number: int, stated: bytes) -> None:
        """A quiet block follows a statement."""
        self.standing.keep(round_number, stated, self.entries[round_number].supporters[stated])

    def fall(self, round_number: int, stated: bytes) -> tuple[int, int]:
        """A statement falls: its supporters lose their stakes and standing.

        Returns:
            What was taken, and the reward for it, in wei.
        """
        entry = self.entries[round_number]
        entry.fallen.add(stated)
        taken = sum(self.membership.confiscate(account) for account in entry.supporters[stated])
        return taken, disputes.reward(self.parameters.challenge_reward, taken)

    # ---- views -----------------------------------------------------------------------------------

    def is_attester(self, round_number: int, account: str) -> bool:
        """Whether an account belongs to the frozen set of the round in competition."""
        current = self.rounds.competition
        if round_number != current.round or not current.phase.competes:
            return False
        if current.electorate is Electorate.MEMBERS:
            epoch = self.membership.epoch_of(round_number)
            return self.membership.is_member(epoch, account)
        return self.standing.has(account) or account in self.standing.genesis_attesters

    def standing_end(self, account: str) -> int:
        """The first tick at which an account has no standing any more; 0: it never had any."""
        return self.standing.ends.get(account, 0)

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
        """Attesters that opened a statement."""
        return len(self._entry(round_number).supporters.get(stated, ()))

    def statements_of(self, round_number: int) -> tuple[bytes, ...]:
        """The statements of a round, in order of first opening."""
        return tuple(self._entry(round_number).supporters)

    def has_fallen(self, round_number: int, stated: bytes) -> bool:
        """Whether a statement has fallen."""
        return stated in self._entry(round_number).fallen

    def standing_statement(self, round_number: int) -> bytes:
        """The statement of a round that stands; zeros: none."""
        entry = self._entry(round_number)
        return disputes.standing_statement(
            [
                disputes.Backed(stated, len(supporters), stated in entry.fallen)
                for stated, supporters in entry.supporters.items()
            ],
            entry.attesters,
            has_judge=self.has_judge,
        )

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
        """There is a row for the baseline and for each reveal; what has no hash has zeros."""
        _, reveals = self.models.counts(round_number)
        if len(rows) != reveals + 1:
            raise Revert("WrongRowCount", len(rows), reveals + 1)
        missing = self.rounds.closed_round(round_number).missing
        has_best = self.rounds.head().model_hash != ZERO_HASH
        for number, row in enumerate(rows):
            if number == 0 and (row.hash != ZERO_HASH) != has_best:
                raise Revert("WrongBaselineRow")
            if row.hash == ZERO_HASH and row != EMPTY_ROW:
                raise Revert("RowNotEmpty", number)
            if number and missing >> number - 1 & 1 and row.hash != ZERO_HASH:
                raise Revert("MissingRowNotEmpty", number - 1)

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
        self.standing.open(sender)
        supporters = entry.supporters.setdefault(stated, [])
        supporters.append(sender)
        self.environment.emit(AttestationOpened, round_number, sender, stated, len(supporters))
