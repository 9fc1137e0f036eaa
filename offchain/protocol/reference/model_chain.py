"""ModelChain in plain Python: when rounds open, collect, close and compete, and the blocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from offchain.protocol.reference.attestations import ReferenceAttestations
from offchain.protocol.reference.data_registry import ReferenceDataRegistry
from offchain.protocol.reference.disputes import ReferenceDisputes
from offchain.protocol.reference.environment import Environment, Revert
from offchain.protocol.reference.membership import ReferenceMembership
from offchain.protocol.reference.model_transactions import ReferenceModelTransactions
from offchain.protocol.reference.rounds import Rounds
from offchain.protocol.rules import clock, dataset, judging
from offchain.protocol.words.records import (
    BlockAppended,
    DataSetFixed,
    KeysCounted,
    MissingFixed,
    PhaseStarted,
    RoundClosed,
    RoundOpened,
    RoundVoided,
    Started,
)
from offchain.protocol.words.status import (
    NO_CLOSED_ROUND,
    ZERO_HASH,
    ClosedRound,
    Collection,
    Competition,
    Phase,
    VoidReason,
)
from offchain.protocol.words.transactions import Block

DISPUTABLE = tuple(phase for phase in Phase if Phase.ATTEST_REVEAL <= phase <= Phase.PROVE)
"""Phases at whose ends a round is void if no statement stands any more."""

_VOID_REASONS = {
    Phase.UNSEAL: VoidReason.TOO_FEW_DATA,
    Phase.REPORT: VoidReason.TOO_FEW_DATA,
    **dict.fromkeys(DISPUTABLE, VoidReason.NO_STATEMENT),
    Phase.FINALIZE: VoidReason.NOT_FINALIZED,
}
"""Why a round is void that ends with a phase."""


class ReferenceModelChain:
    """See contracts/interfaces/IModelChain.sol."""

    def __init__(
        self,
        environment: Environment,
        rounds: Rounds,
        membership: ReferenceMembership,
        data_registry: ReferenceDataRegistry,
        model_transactions: ReferenceModelTransactions,
        attestations: ReferenceAttestations,
        disputes: ReferenceDisputes,
    ) -> None:
        self.environment = environment
        self.parameters = environment.parameters
        self.rounds = rounds
        self.membership = membership
        self.data_registry = data_registry
        self.model_transactions = model_transactions
        self.attestations = attestations
        self.disputes = disputes

    # ---- transactions ----------------------------------------------------------------------------

    def start(self, accounts: Sequence[str]) -> None:
        """Open round 1 with the genesis accounts that have applied, ascending by share key."""
        if self.rounds.collection.round != 0:
            raise Revert("AlreadyStarted")
        self.membership.start(accounts)
        self.environment.emit(Started, len(accounts), self.rounds.block_hashes[0])
        self._open_collection(1)

    def advance(self) -> None:
        """End the current phase; while no round competes, close the round that collects."""
        if self.rounds.competition.phase.competes:
            self._end_phase()
            return
        collection = self.rounds.collection
        if collection.round == 0:
            raise Revert("NotStarted")
        collected = self.data_registry.collected(collection.round)
        may_close = clock.may_close(
            partitioned=collected.partitioned,
            members=collection.members,
            open_height=collection.open_height,
            collect_heights=self.parameters.collect_heights,
            tip=self.environment.relay.tip,
            pending_due=self.data_registry.pending_due(),
            is_last_of_epoch=False,
            next_members_written=True,
        )
        if not may_close:
            raise Revert("NothingToAdvance")
        self.membership.require_next_members(collection.round + 1)
        self._close()

    def append(self, data: Block) -> None:
        """Append the block of the round in competition, numbered and dated here."""
        current = self.rounds.competition
        closed = self.rounds.closed[current.round]
        number = len(self.rounds.blocks)
        block = replace(
            data,
            number=number,
            round=current.round,
            timestamp=closed.decision_time,
            previous_hash=self.rounds.block_hashes[-1],
            idle=0 if data.voices else self.rounds.blocks[-1].idle + 1,
        )
        block_hash = block.hash(self.environment.domain)
        self.rounds.blocks.append(block)
        self.rounds.block_hashes.append(block_hash)
        self._note(block_number=number)
        self.environment.emit(BlockAppended, number, current.round, block_hash, block)
        self._end_round(Phase.FINAL)

    # ---- phases ----------------------------------------------------------------------------------

    def _end_phase(self) -> None:
        current = self.rounds.competition
        tip, now = self.environment.relay.tip, self.environment.now
        seconds = self.parameters.minimum_phase_seconds
        if not clock.phase_may_end(current.end_height, current.phase_start, seconds, tip, now):
            earliest = clock.earliest_end(current.phase_start, seconds)
            raise Revert("PhaseNotOver", current.end_height, tip, earliest, now)
        enough_data = is_model_missing = True
        match current.phase:
            case Phase.UNSEAL:
                enough_data = self._count_keys(current.round)
            case Phase.REPORT:
                enough_data = self._fix_data_set(current.round)
            case Phase.REVEAL:
                self.model_transactions.end_reveal(current.round)
            case Phase.AVAILABLE:
                is_model_missing = self._find_missing(current.round)
            case Phase.BRING:
                self._fix_missing(current.round)
            case Phase.ANSWER | Phase.SECOND_ANSWER:
                self.disputes.end_answers(current.round)
            case _:
                pass
        following = clock.next_phase(
            current.phase,
            enough_data=enough_data,
            has_commitments=self._commitments(current.round) > 0,
            is_model_missing=is_model_missing,
            has_statement=self.attestations.standing_statement(current.round) != ZERO_HASH,
            disputed=self.disputes.counts(current.round),
            has_judge=self.attestations.has_judge,
        )
        if following == Phase.VOID:
            self._void(_VOID_REASONS[current.phase])
        else:
            self._enter(following)

    def _count_keys(self, round_number: int) -> bool:
        """Unseal has ended: n1 and k are fixed. Returns whether the round goes on."""
        published = self._published(round_number).bit_count()
        trim = judging.trimmed(published)
        self._note(published=published, trim=trim)
        self.environment.emit(KeysCounted, round_number, published, trim)
        if not judging.has_enough_data(published, self.parameters.minimum_data):
            return False
        self.attestations.count_round()
        return True

    def _fix_data_set(self, round_number: int) -> bool:
        """Report has ended: D is fixed. Returns whether the round goes on."""
        data_set = dataset.data_set(
            self._published(round_number), self.attestations.data_out(round_number)
        )
        if not judging.can_be_judged(data_set.bit_count(), self._closed(round_number).trim):
            return False
        data_root = self.data_registry.data_root(round_number, data_set)
        self._note(data_set=data_set, data_root=data_root)
        self.environment.emit(DataSetFixed, round_number, data_set, data_root)
        return True

    def _find_missing(self, round_number: int) -> bool:
        """Available has ended: what is reported may be brought. Returns whether anything is."""
        missing = self.attestations.models_out(round_number)
        self._note(missing=missing)
        if not missing:
            self.environment.emit(MissingFixed, round_number, 0)
        return missing != 0

    def _fix_missing(self, round_number: int) -> None:
        """Bring has ended: what was not brought is missing."""
        brought = self.model_transactions.brought(round_number)
        missing = self._closed(round_number).missing & ~brought
        self._note(missing=missing)
        self.environment.emit(MissingFixed, round_number, missing)

    def _published(self, round_number: int) -> int:
        """Bitmap of the data transactions whose keys were all published in time."""
        return self.data_registry.published(round_number)

    def _commitments(self, round_number: int) -> int:
        commitments, _ = self.model_transactions.counts(round_number)
        return commitments

    def _enter(self, phase: Phase) -> None:
        end_height = self.environment.relay.tip + clock.phase_blocks(self.parameters, phase)
        self.rounds.competition = replace(
            self.rounds.competition,
            phase=phase,
            end_height=end_height,
            phase_start=self.environment.now,
        )
        self.environment.emit(PhaseStarted, self.rounds.competition.round, phase, end_height)

    # ---- rounds ----------------------------------------------------------------------------------

    def _close(self) -> None:
        closing, environment = self.rounds.collection, self.environment
        collected = self.data_registry.collected(closing.round)
        frozen = self.attestations.freeze(closing.round, closing.epoch)
        self.rounds.closed[closing.round] = replace(
            NO_CLOSED_ROUND,
            data=collected.partitioned,
            epoch=closing.epoch,
            closed_at=environment.now,
            decision_time=collected.decision_time,
        )
        environment.emit(
            RoundClosed, closing.round, collected.partitioned, frozen.attesters, frozen.electorate
        )
        self.rounds.competition = Competition(
            closing.round, Phase.NONE, 0, 0, frozen.attesters, frozen.electorate
        )
        if collected.partitioned < self.parameters.minimum_data:
            self._void(VoidReason.TOO_FEW_DATA)
        else:
            self._enter(Phase.OPEN)
        self._open_collection(closing.round + 1)

    def _open_collection(self, round_number: int) -> None:
        epoch, members = self.membership.open_round(round_number)
        self.data_registry.open_round(round_number)
        tip, now = self.environment.relay.tip, self.environment.now
        self.rounds.collection = Collection(round_number, epoch, members, tip, now)
        self.environment.emit(RoundOpened, round_number, epoch, members, tip)

    def _void(self, reason: VoidReason) -> None:
        """End the round in competition without a block."""
        self._note(void_reason=reason)
        self.environment.emit(RoundVoided, self.rounds.competition.round, reason)
        self._end_round(Phase.VOID)

    def _end_round(self, phase: Phase) -> None:
        self.rounds.competition = replace(self.rounds.competition, phase=phase)
        self.environment.emit(PhaseStarted, self.rounds.competition.round, phase, 0)

    def _closed(self, round_number: int) -> ClosedRound:
        return self.rounds.closed[round_number]

    def _note(self, **changes: object) -> None:
        """Change what is kept of the round in competition."""
        number = self.rounds.competition.round
        self.rounds.closed[number] = replace(self.rounds.closed[number], **changes)  # type: ignore[arg-type]
