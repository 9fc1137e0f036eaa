"""DataRegistry in plain Python: data transactions, their arrival, partitions and published keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from offchain.crypto.data_identity import words_hash
from offchain.crypto.hashing import keccak256
from offchain.crypto.ring import Nullifier, RingSignature, verify_ring
from offchain.crypto.ring_errors import RingSignatureError
from offchain.crypto.sealing import key_commitment
from offchain.protocol.reference.environment import Environment, Revert
from offchain.protocol.reference.membership import ReferenceMembership
from offchain.protocol.reference.rounds import Rounds
from offchain.protocol.rules import partition as rules
from offchain.protocol.rules.dataset import data_root
from offchain.protocol.rules.reports import bitmap, positions
from offchain.protocol.rules.sharing import timestamp_range
from offchain.protocol.words.records import (
    DataShared,
    Partitioned,
    TestKeysPublished,
    TrainingKeysPublished,
)
from offchain.protocol.words.status import (
    ZERO_HASH,
    Collected,
    NextPartition,
    PartitionRecord,
    Phase,
)
from offchain.protocol.words.transactions import (
    DataRecord,
    DataTransaction,
    partition_seed,
)

RingChecker = Callable[..., None]
"""Checks a signature, with the arguments and errors of `verify_ring`."""


@dataclass(slots=True)
class RoundData:
    """Data transactions of one round, by number, and the last decision time so far."""

    decision_time: int = 0
    ids: list[bytes] = field(default_factory=list)
    arrivals: list[int] = field(default_factory=list)
    nullifiers: dict[int, int] = field(default_factory=dict)
    partitions: list[PartitionRecord] = field(default_factory=list)
    published: int = 0

    @property
    def partitioned(self) -> int:
        """How many a partition has taken."""
        return self.partitions[-1].end if self.partitions else 0

    @property
    def pending(self) -> list[int]:
        """Times of arrival of those that none has taken."""
        return self.arrivals[self.partitioned :]


class ReferenceDataRegistry:
    """See contracts/interfaces/IDataRegistry.sol.

    Args:
        environment: shared by all reference contracts.
        rounds: the model chain's.
        membership: gives the ring.
    """

    def __init__(
        self, environment: Environment, rounds: Rounds, membership: ReferenceMembership
    ) -> None:
        self.environment = environment
        self.parameters = environment.parameters
        self.rounds = rounds
        self.membership = membership
        # Whoever replays a chain may put the signatures aside and check them together later.
        self.check_ring: RingChecker = verify_ring
        self.data: dict[int, RoundData] = {}
        # By number, of the last round that had one: see `_awaited`.
        self.awaited: dict[int, bytes] = {}
        self.last_height = 0
        self.last_decision = 0

    # ---- transactions ----------------------------------------------------------------------------

    def share(
        self, transaction: DataTransaction, challenge: bytes, responses: Sequence[int]
    ) -> None:
        """Take a data transaction into the round that collects."""
        collecting = self.rounds.collecting_round()
        if collecting == 0 or transaction.round != collecting:
            raise Revert("WrongRound", transaction.round, collecting)
        data = self._data(collecting)
        self._require_timestamp(transaction.timestamp, data.decision_time)
        parts = len(transaction.payload_hashes), len(transaction.key_commitments)
        if parts != (self.parameters.parts, self.parameters.parts):
            raise Revert("WrongPartCount", *parts, self.parameters.parts)
        used = data.nullifiers.get(transaction.nullifier_x)
        if used is not None:
            raise Revert("NullifierUsed", transaction.nullifier_x, used)
        record = transaction.record
        data_id = self.identify(record)
        try:
            self.check_ring(
                self.environment.domain,
                collecting,
                data_id,
                Nullifier(record.nullifier_x, record.nullifier_v),
                self.membership.ring(self.rounds.collection.epoch),
                RingSignature(challenge, tuple(responses)),
            )
        except RingSignatureError as error:
            raise Revert(type(error).__name__, *error.arguments) from error

        index, now = len(data.ids), self.environment.now
        data.nullifiers[record.nullifier_x] = index
        data.ids.append(data_id)
        data.arrivals.append(now)
        self.environment.emit(
            DataShared, collecting, index, data_id, now, record, transaction.payload_hashes
        )

    def partition(self, height: int, end: int) -> None:
        """Partition what is pending of the round that collects by a Bitcoin block."""
        collecting = self.rounds.collecting_round()
        data = self._data(collecting)
        decision = self._forced_decision(height, data)
        first = data.partitioned
        if end != rules.partition_end(data.arrivals, decision):
            raise Revert("WrongEnd", end, decision)
        seed = partition_seed(self.environment.domain, self.environment.relay.block_hash(height))
        data.partitions.append(PartitionRecord(first, end, seed))
        data.decision_time = self.last_decision = decision
        self.last_height = height
        self.environment.emit(Partitioned, collecting, height, seed, first, end, decision)

    def publish_training_keys(
        self, record: DataRecord, index: int, number: int, words: Sequence[bytes]
    ) -> None:
        """Publish all training keys of a data transaction, which a partition took."""
        self._require_phase(record.round, Phase.OPEN)
        if not self.is_recorded(record, index):
            raise Revert("UnknownData", record.round, index, self.identify(record))
        partitions = self._data(record.round).partitions
        taken = partitions[number] if number < len(partitions) else None
        if taken is None or not taken.first <= index < taken.end:
            raise Revert("WrongPartition", index, number)
        test_parts = self.test_parts(record.round, index)
        commitments = [
            word if test_parts >> part & 1 else key_commitment(self.environment.domain, word)
            for part, word in enumerate(words)
        ]
        if words_hash(commitments) != record.keys_hash:
            raise Revert("WrongKeys", words_hash(commitments), record.keys_hash)
        awaited = _awaited(record.round, [words[part] for part in positions(test_parts)])
        if self.awaited.get(index) == awaited:
            raise Revert("AlreadyPublished", record.round, index)
        self.awaited[index] = awaited
        self.environment.emit(TrainingKeysPublished, record.round, index, tuple(words))

    def publish_test_keys(self, round_number: int, index: int, keys: Sequence[bytes]) -> None:
        """Publish all test keys of a data transaction whose training keys were published."""
        self._require_phase(round_number, Phase.UNSEAL)
        commitments = [key_commitment(self.environment.domain, key) for key in keys]
        awaited = _awaited(round_number, commitments)
        if self.awaited.get(index) != awaited:
            raise Revert("WrongKeys", awaited, self.awaited.get(index, ZERO_HASH))
        data = self._data(round_number)
        if data.published >> index & 1:
            raise Revert("AlreadyPublished", round_number, index)
        data.published |= 1 << index
        self.environment.emit(TestKeysPublished, round_number, index, tuple(keys))

    # ---- for the model chain ---------------------------------------------------------------------

    def open_round(self, round_number: int) -> None:
        """A round begins to collect; what is pending of the one before is out."""
        self.data[round_number] = RoundData(self.last_decision)

    # ---- views -----------------------------------------------------------------------------------

    def identify(self, record: DataRecord) -> bytes:
        """A data transaction's identifier."""
        return record.identifier(self.environment.domain)

    def is_recorded(self, record: DataRecord, index: int) -> bool:
        """Whether a data transaction was accepted under this number."""
        ids = self._data(record.round).ids
        return index < len(ids) and ids[index] == self.identify(record)

    def collected(self, round_number: int) -> Collected:
        """How far a round is."""
        data = self._data(round_number)
        return Collected(len(data.ids), data.partitioned, len(data.partitions), data.decision_time)

    def partition_of(self, round_number: int, index: int) -> PartitionRecord | None:
        """The partition that took a data transaction, if one did."""
        partitions = self._data(round_number).partitions
        return next((partition for partition in partitions if index < partition.end), None)

    def test_parts(self, round_number: int, index: int) -> int:
        """Bitmap of the test parts of a data transaction that a partition has taken."""
        partition = self.partition_of(round_number, index)
        if partition is None:
            raise Revert("NothingThere", round_number, index, self._data(round_number).partitioned)
        parts = rules.test_parts(
            self.environment.domain,
            partition.seed,
            self._data(round_number).ids[index],
            self.parameters.parts,
            self.parameters.test_parts,
        )
        return bitmap(parts)

    def published(self, round_number: int) -> int:
        """Bitmap of the data transactions whose keys are all published."""
        return self._data(round_number).published

    def data_root(self, round_number: int, data_set: int) -> bytes:
        """Merkle root over the leaves of the data transactions in a bitmap, by number."""
        ids = self._data(round_number).ids
        return data_root(self.environment.domain, [ids[index] for index in positions(data_set)])

    def pending_due(self) -> bool:
        """Whether something pending arrived before the decision time of the relay's tip."""
        pending = self._data(self.rounds.collecting_round()).pending
        relay = self.environment.relay
        if not pending or relay.tip < relay.lowest_height:
            return False
        return pending[0] < relay.decision_time(relay.tip)

    def next_partition(self) -> NextPartition:
        """The one partition that is possible now."""
        data, relay = self._data(self.rounds.collecting_round()), self.environment.relay
        if not data.pending:
            return rules.NO_PARTITION
        heights = rules.height_range(relay.lowest_height, self.last_height, relay.tip)
        height = rules.next_height(
            heights, relay.decision_time, data.pending[0], self.environment.now
        )
        if height is None:
            return rules.NO_PARTITION
        end = rules.partition_end(data.arrivals, relay.decision_time(height))
        return NextPartition(height, end)

    # ---- inside ----------------------------------------------------------------------------------

    def _data(self, round_number: int) -> RoundData:
        return self.data.get(round_number) or RoundData()

    def _require_timestamp(self, timestamp: int, last_decision: int) -> None:
        step = self.parameters.timestamp_step
        if timestamp % step:
            raise Revert("TimestampNotAStep", timestamp, step)
        accepted = timestamp_range(
            last_decision, self.environment.now, self.parameters.maximum_clock_skew, step
        )
        if timestamp > accepted.latest:
            raise Revert("TimestampAhead", timestamp, accepted.latest)
        if timestamp < accepted.earliest:
            raise Revert("TimestampBehind", timestamp, accepted.earliest)

    def _forced_decision(self, height: int, data: RoundData) -> int:
        """Decision time of the height, which must be the one that partitions what is pending."""
        relay, now = self.environment.relay, self.environment.now
        if not data.pending:
            raise Revert("NothingPending")
        heights = rules.height_range(relay.lowest_height, self.last_height, relay.tip)
        if not heights.lowest <= height <= heights.highest:
            raise Revert("HeightNotPartitionable", height, self.last_height, relay.tip)
        first_arrival, decision = data.pending[0], relay.decision_time(height)
        if decision <= first_arrival:
            raise Revert("DecisionTooEarly", height, decision, first_arrival)
        if decision > now:
            raise Revert("DecisionAhead", height, decision, now)
        if height > heights.lowest:
            previous = relay.decision_time(height - 1)
            if previous > first_arrival:
                raise Revert("NotLowestHeight", height, previous, first_arrival)
        return decision

    def _require_phase(self, round_number: int, due: Phase) -> None:
        competing, phase = self.rounds.current_phase()
        if (round_number, due) != (competing, phase):
            raise Revert("WrongPhase", round_number, competing, phase, due)


def _awaited(round_number: int, test_commitments: Sequence[bytes]) -> bytes:
    """What training keys leave of a data transaction: the test keys must lead to it."""
    return keccak256(round_number.to_bytes(32, "big") + words_hash(test_commitments))
