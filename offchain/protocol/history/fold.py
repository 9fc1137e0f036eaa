"""Everything that the contracts' events tell, as a fold: one record after the other.

`History.apply` takes a record in constant time (a partition, a publication and the fixing of D in
time linear in what they speak of), so that a chain is read once and then followed. The records are
trusted to come from the contracts; what a lying RPC endpoint could make up is caught where it does
not fit together (`HistoryError`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from offchain.crypto.hashing import keccak256
from offchain.crypto.sealing import key_commitment
from offchain.protocol.history.dispute_fold import DISPUTE_HANDLERS
from offchain.protocol.history.entries import EpochHistory, HistoryError, RoundHistory, SharedData
from offchain.protocol.history.state import ChainState
from offchain.protocol.rules import dataset, epochs, judging, partition, reports
from offchain.protocol.words import records as events
from offchain.protocol.words import reward_records
from offchain.protocol.words.records import Record
from offchain.protocol.words.transactions import statement


class History(ChainState):
    """The chain's past. Create it empty and apply every record in order."""

    def apply_all(self, records: Iterable[Record]) -> None:
        """Apply records one after the other."""
        for record in records:
            self.apply(record)

    def apply(self, record: Record) -> None:
        """Take one record in.

        Raises:
            HistoryError: it comes out of order, or does not fit to what came before.
        """
        if record.position <= self.position:
            raise HistoryError(
                f"{type(record).__name__} at {record.position} comes after {self.position}"
            )
        handler = _HANDLERS.get(type(record))
        if handler is None:
            raise HistoryError(f"{type(record).__name__} is no known record")
        handler(self, record)
        self.position = record.position

    def _require(self, condition: bool, record: Record, reason: str) -> None:
        if not condition:
            raise HistoryError(f"{type(record).__name__} at {record.position}: {reason}")

    def _require_equal(self, given: object, expected: object, record: Record, what: str) -> None:
        if given != expected:
            raise HistoryError(
                f"{type(record).__name__} at {record.position}: {what} is {_shown(given)}, "
                f"expected {_shown(expected)}"
            )

    # ---- members

    def _epoch(self, number: int) -> EpochHistory:
        return self.epochs.setdefault(number, EpochHistory(number))

    def _applied(self, record: events.Applied) -> None:
        entry = self._epoch(record.epoch)
        self._require(entry.frozen is None, record, f"epoch {record.epoch} was frozen")
        known = sum(applied.warm == record.warm for applied in entry.applications.values())
        self._require_equal(record.number, known + 1, record, "its number")
        entry.applications[record.account] = record

    def _epoch_frozen(self, record: events.EpochFrozen) -> None:
        entry = self._epoch(record.epoch)
        warm = sum(applied.warm for applied in entry.applications.values())
        counted = (warm, len(entry.applications) - warm)
        self._require_equal((record.warm, record.cold), counted, record, "the applicants")
        entry.frozen, entry.frozen_at = record, record.timestamp
        if not epochs.genesis_stays_warm(entry.own_warm, self.parameters.minimum_ring):
            self.genesis_is_warm = False

    def _epoch_extended(self, record: events.EpochExtended) -> None:
        self._epoch(record.epoch).last_round = record.last_round

    def _draw_seeded(self, record: events.DrawSeeded) -> None:
        self._epoch(record.epoch).seeded = record

    def _draw_renewed(self, record: events.DrawRenewed) -> None:
        self._epoch(record.epoch).frozen_at = record.frozen_at

    def _members_written(self, record: events.MembersWritten) -> None:
        entry = self._epoch(record.epoch)
        strangers = set(record.accounts) - set(entry.applications)
        self._require(not strangers, record, f"{sorted(strangers)} have not applied")
        self._require(
            record.accounts == entry.ascending(record.accounts), record, "not ascending by key"
        )
        entry.members = record.accounts

    def _stake_added(self, record: events.StakeAdded) -> None:
        self.stakes[record.account] = record.total

    def _stake_burned(self, record: events.StakeBurned) -> None:
        self.stakes[record.account] = record.left

    def _stake_confiscated(self, record: events.StakeConfiscated) -> None:
        self.stakes[record.account] = 0

    def _stake_returned(self, record: events.StakeReturned) -> None:
        self.stakes[record.account] = 0

    # ---- data

    def _data_shared(self, record: events.DataShared) -> None:
        entry = self.round(record.round)
        self._require(entry is self.collecting, record, f"round {record.round} does not collect")
        self._require_equal(record.index, len(entry.data), record, "its number")
        self._require_equal(
            record.id, record.record.identifier(self.domain), record, "its identifier"
        )
        self._require_equal(
            keccak256(b"".join(record.payload_hashes)),
            record.record.payloads_hash,
            record,
            "the payloads hash",
        )
        entry.data.append(SharedData(record))
        entry.nullifiers[record.record.nullifier_x] = record.index

    def _partitioned(self, record: events.Partitioned) -> None:
        entry = self.round(record.round)
        self._require(entry is self.collecting, record, f"round {record.round} does not collect")
        expected, known = entry.partitioned, len(entry.data)
        self._require(
            record.first == expected <= record.end <= known,
            record,
            f"takes {record.first} to {record.end}, of {expected} to {known}",
        )
        for index in range(record.first, record.end):
            data = entry.data[index]
            selected = partition.test_parts(
                self.domain,
                record.seed,
                data.id,
                self.parameters.parts,
                self.parameters.test_parts,
            )
            entry.data[index] = replace(
                data, partition=len(entry.partitions), test_parts=reports.bitmap(selected)
            )
        entry.partitions.append(record)

    def _training_keys_published(self, record: events.TrainingKeysPublished) -> None:
        entry, data = self._published(record, is_test=False)
        commitments = (
            word if data.is_test(part) else key_commitment(self.domain, word)
            for part, word in enumerate(record.words)
        )
        keys_hash = keccak256(b"".join(commitments))
        self._require_equal(keys_hash, data.record.keys_hash, record, "the keys hash")
        entry.data[record.index] = replace(data, training_words=record.words)

    def _test_keys_published(self, record: events.TestKeysPublished) -> None:
        entry, data = self._published(record, is_test=True)
        words = data.training_words or ()
        awaited = [word for part, word in enumerate(words) if data.is_test(part)]
        commitments = [key_commitment(self.domain, key) for key in record.keys]
        self._require(commitments == awaited, record, "other keys than the training keys left")
        keys = iter(record.keys)
        test_words = tuple(
            next(keys) if data.is_test(part) else word for part, word in enumerate(words)
        )
        entry.data[record.index] = replace(data, test_words=test_words)

    def _published(
        self, record: events.TrainingKeysPublished | events.TestKeysPublished, *, is_test: bool
    ) -> tuple[RoundHistory, SharedData]:
        """The round and the data transaction whose keys these are."""
        entry = self.round(record.round)
        due = dataset.publishing_phase(is_test=is_test)
        self._require_equal(entry.phase, due, record, "the phase")
        known = entry.partitioned
        self._require(record.index < known, record, f"number {record.index} of {known}")
        return entry, entry.data[record.index]

    # ---- rounds

    def _started(self, record: events.Started) -> None:
        self._require(self.started is None, record, "the chain had started")
        self._require_equal(record.genesis_hash, self.block_hashes[0], record, "the genesis hash")
        self.started = record

    def _round_opened(self, record: events.RoundOpened) -> None:
        self._require_equal(record.round, self.opened + 1, record, "the round")
        entry = self._epoch(record.epoch)
        self._require_equal(record.members, len(entry.members), record, "the number of members")
        if entry.first_round == 0:
            entry.first_round = record.round
            entry.last_round = record.round + self.parameters.epoch_rounds - 1
        self.rounds[record.round] = RoundHistory(record.round, record)

    def _round_closed(self, record: events.RoundClosed) -> None:
        entry = self.round(record.round)
        self._require(entry.closed is None, record, f"round {record.round} had closed")
        self._require_equal(record.data, entry.partitioned, record, "its data")
        entry.closed = record

    def _phase_started(self, record: events.PhaseStarted) -> None:
        entry = self.round(record.round)
        entry.phases.append(record)
        if entry.is_over:
            entry.forget_answers()

    def _keys_counted(self, record: events.KeysCounted) -> None:
        entry = self.round(record.round)
        published = entry.published.bit_count()
        counted = (published, judging.trimmed(published))
        self._require_equal((record.published, record.trim), counted, record, "n1 and k")
        entry.counted = record

    def _data_set_fixed(self, record: events.DataSetFixed) -> None:
        entry = self.round(record.round)
        expected = dataset.data_set(entry.published, entry.data_out)
        self._require_equal(record.data_set, expected, record, "the data set")
        root = dataset.data_root(self.domain, entry.ids(reports.positions(expected)))
        self._require_equal(record.data_root, root, record, "the data root")
        entry.fixed = record

    def _missing_fixed(self, record: events.MissingFixed) -> None:
        entry = self.round(record.round)
        expected = entry.models_out & ~reports.bitmap(entry.brought)
        self._require_equal(record.missing, expected, record, "what is missing")
        entry.missing = record.missing

    def _round_decided(self, record: events.RoundDecided) -> None:
        self.round(record.round).decided = record

    def _block_appended(self, record: events.BlockAppended) -> None:
        entry, block = self.round(record.round), record.data
        self._require_equal(record.number, self.head.number + 1, record, "its number")
        self._require_equal(
            (block.number, block.round), (record.number, record.round), record, "the block's number"
        )
        self._require_equal(
            block.previous_hash, self.block_hashes[-1], record, "the hash of the block before"
        )
        self._require_equal(block.hash(self.domain), record.block_hash, record, "its hash")
        entry.block = block
        self.blocks.append(block)
        self.block_hashes.append(record.block_hash)

    def _round_voided(self, record: events.RoundVoided) -> None:
        self.round(record.round).void_reason = record.reason

    # ---- models and statements

    def _model_committed(self, record: events.ModelCommitted) -> None:
        self.round(record.round).commitments[record.account] = record

    def _model_revealed(self, record: events.ModelRevealed) -> None:
        entry = self.round(record.round)
        self._require_equal(record.index, len(entry.reveals), record, "its index")
        entry.reveals.append(record)

    def _model_brought(self, record: events.ModelBrought) -> None:
        self.round(record.round).brought[record.index] = record.file

    def _data_reported(self, record: events.DataReported) -> None:
        self.round(record.round).data_reports[record.account] = record.bitmap

    def _models_reported(self, record: events.ModelsReported) -> None:
        self.round(record.round).model_reports[record.account] = record.bitmap

    def _attestation_committed(self, record: events.AttestationCommitted) -> None:
        self.round(record.round).attestation_commitments[record.account] = record.commitment

    def _statement_opened(self, record: events.StatementOpened) -> None:
        entry = self.round(record.round)
        if entry.fixed is None:
            raise HistoryError(f"a statement of round {record.round} before its data set is fixed")
        computed = statement(self.domain, record.round, entry.fixed.data_root, record.rows)
        self._require_equal(record.statement, computed, record, "the statement")
        entry.statements[record.statement] = record.rows

    def _attestation_opened(self, record: events.AttestationOpened) -> None:
        entry = self.round(record.round)
        self._require(record.statement in entry.statements, record, "nobody brought its rows")
        entry.stated[record.account] = record.statement

    def _disputed(self, record: Any) -> None:
        # Bonds may be settled long after.
        if self.is_forgotten(record.round):
            return
        DISPUTE_HANDLERS[type(record)](self.round(record.round), record)

    def _left_alone(self, record: Record) -> None:
        """Who attests is read from the contracts' views."""

    def _model_burned(self, record: events.ModelBurned) -> None:
        self.round(record.round).burned.add(record.index)

    # ---- rewards, heat, the relay

    def _best_rewarded(self, record: reward_records.BestRewarded) -> None:
        self.best_claimed.add(record.round)
        self._pay(record.account, record.amount)

    def _voice_rewarded(self, record: reward_records.VoiceRewarded) -> None:
        self.voices_claimed.add((record.round, record.account))
        self._pay(record.account, record.amount)

    def _attester_rewarded(self, record: reward_records.AttesterRewarded) -> None:
        self.attestations_claimed.add((record.round, record.account))
        self._pay(record.account, record.amount)

    def _data_rewarded(self, record: reward_records.DataRewarded) -> None:
        self.data_claimed.add((record.round, record.index))
        self._pay(record.reward_address, record.amount)

    def _pay(self, account: str, amount: int) -> None:
        self.rewards[account] = self.rewards.get(account, 0) + amount

    def _heat_gained(self, record: reward_records.HeatGained) -> None:
        self.heat[record.account] = (record.heat, self.opened)

    def _headers_accepted(self, record: events.HeadersAccepted) -> None:
        self.relay_height = record.last_height

    def _reorganised(self, record: events.Reorganised) -> None:
        self.relay_height = record.new_height


def _shown(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)


_HANDLERS: dict[type[Record], Callable[[History, Any], None]] = {
    events.Applied: History._applied,
    events.EpochFrozen: History._epoch_frozen,
    events.EpochExtended: History._epoch_extended,
    events.DrawSeeded: History._draw_seeded,
    events.DrawRenewed: History._draw_renewed,
    events.MembersWritten: History._members_written,
    events.StakeAdded: History._stake_added,
    events.StakeBurned: History._stake_burned,
    events.StakeConfiscated: History._stake_confiscated,
    events.StakeReturned: History._stake_returned,
    events.DataShared: History._data_shared,
    events.Partitioned: History._partitioned,
    events.TrainingKeysPublished: History._training_keys_published,
    events.TestKeysPublished: History._test_keys_published,
    events.Started: History._started,
    events.RoundOpened: History._round_opened,
    events.RoundClosed: History._round_closed,
    events.PhaseStarted: History._phase_started,
    events.KeysCounted: History._keys_counted,
    events.DataSetFixed: History._data_set_fixed,
    events.MissingFixed: History._missing_fixed,
    events.BlockAppended: History._block_appended,
    events.RoundVoided: History._round_voided,
    events.ModelCommitted: History._model_committed,
    events.ModelRevealed: History._model_revealed,
    events.ModelBrought: History._model_brought,
    events.DataReported: History._data_reported,
    events.ModelsReported: History._models_reported,
    events.AttestationCommitted: History._attestation_committed,
    events.StatementOpened: History._statement_opened,
    events.AttestationOpened: History._attestation_opened,
    reward_records.StandingGained: History._left_alone,
    reward_records.StandingKept: History._left_alone,
    reward_records.StandingLost: History._left_alone,
    events.ModelBurned: History._model_burned,
    events.RoundDecided: History._round_decided,
    reward_records.BestRewarded: History._best_rewarded,
    reward_records.VoiceRewarded: History._voice_rewarded,
    reward_records.AttesterRewarded: History._attester_rewarded,
    reward_records.DataRewarded: History._data_rewarded,
    reward_records.HeatGained: History._heat_gained,
    events.HeadersAccepted: History._headers_accepted,
    events.Reorganised: History._reorganised,
    **dict.fromkeys(DISPUTE_HANDLERS, History._disputed),
}
