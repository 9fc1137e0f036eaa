"""DataRegistry in plain Python: data transactions, their arrival, partitions and published keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from offchain.crypto.hashing import Domain
from offchain.crypto.ring import RingSignature, ShareMessage, verify_ring
from offchain.crypto.ring_errors import RingSignatureError
from offchain.crypto.sealing import key_commitment
from offchain.protocol.reference.environment import Environment, Revert
from offchain.protocol.reference.key_registry import ReferenceKeyRegistry
from offchain.protocol.rules.partition import (
    NO_PARTITION,
    HeightRange,
    end_arrival,
    height_range,
    next_height,
)
from offchain.protocol.rules.sharing import is_scope_accepted, timestamp_range
from offchain.protocol.words.actions import MAXIMUM_REVEALS, MAXIMUM_SHARES
from offchain.protocol.words.parameters import Parameters
from offchain.protocol.words.records import DataShared, KeyPublished
from offchain.protocol.words.status import DataTotals, NextPartition, Phase
from offchain.protocol.words.transactions import DataTransaction, KeyReveal

RingChecker = Callable[[Domain, ShareMessage, Sequence[int], RingSignature, int], None]
"""Checks a signature over a message by a ring of at least so many keys, as `verify_ring` does."""


class ReferenceDataRegistry:
    """See contracts/interfaces/IDataRegistry.sol.

    Args:
        environment: shared by all reference contracts.
        parameters: the protocol's.
        domain: DataRegistry's.
        key_registry: gives the keys of a ring.
        current_phase: round and phase of the competition.
    """

    def __init__(
        self,
        environment: Environment,
        parameters: Parameters,
        domain: Domain,
        key_registry: ReferenceKeyRegistry,
        current_phase: Callable[[], tuple[int, Phase]],
    ) -> None:
        self.environment = environment
        self.parameters = parameters
        self.domain = domain
        self.key_registry = key_registry
        self.current_phase = current_phase
        # Whoever replays a chain may put the signatures aside and check them together later.
        self.check_ring: RingChecker = verify_ring
        self.round = 0
        self.opened_at = 0
        self.items: list[bytes] = []
        self.used: dict[tuple[int, int], int] = {}
        # One entry for each block time at which items arrived: the time, and the items so far.
        self.arrivals: list[tuple[int, int]] = []
        self.taken_arrivals = 0
        self.taken_items = 0
        self.last_height = 0
        self.last_decision = 0

    # ---- transactions ----------------------------------------------------------------------------

    def share(self, transaction: DataTransaction) -> None:
        """Accept one data transaction."""
        item = transaction.item
        number = self.used.get((item.scope, item.nullifier_x))
        if number is not None:
            raise Revert("NullifierUsed", item.nullifier_x, number)
        self._require_acceptable(transaction)
        self._accept(transaction)

    def share_batch(self, transactions: Sequence[DataTransaction]) -> None:
        """Accept several; used nullifiers are skipped, any other fault reverts all."""
        if len(transactions) > MAXIMUM_SHARES:
            raise Revert("BatchTooLarge", len(transactions), MAXIMUM_SHARES)
        fresh: dict[tuple[int, int], DataTransaction] = {}
        for transaction in transactions:
            item = transaction.item
            nullifier = item.scope, item.nullifier_x
            if nullifier not in self.used and nullifier not in fresh:
                self._require_acceptable(transaction)
                fresh[nullifier] = transaction
        for transaction in fresh.values():
            self._accept(transaction)

    def publish_keys(self, reveals: Sequence[KeyReveal]) -> None:
        """Publish payload keys; each must be the one that its item commits to."""
        if len(reveals) > MAXIMUM_REVEALS:
            raise Revert("BatchTooLarge", len(reveals), MAXIMUM_REVEALS)
        numbers = [self._require_opens(reveal) for reveal in reveals]
        round_number, phase = self.current_phase()
        for number, reveal in zip(numbers, reveals, strict=True):
            self.environment.emit(KeyPublished, number, reveal.key, round_number, phase)

    # ---- for the model chain ---------------------------------------------------------------------

    def open_round(self, round_number: int) -> None:
        """A round begins to collect; the one before it closed just now."""
        self.round = round_number
        self.opened_at = self.environment.now

    def take(self, height: int, end: int) -> tuple[int, int, int, bytes]:
        """Take the pending items that arrived before the decision time of ``height``.

        Returns:
            The first item's number, the last one's plus 1, the decision time and the Bitcoin hash.
        """
        decision = self._forced_decision(height)
        is_end = (
            self.taken_arrivals < end <= len(self.arrivals)
            and self.arrivals[end - 1][0] < decision
            and (end == len(self.arrivals) or self.arrivals[end][0] >= decision)
        )
        if not is_end:
            raise Revert("WrongEndArrival", end, decision)
        first_item, end_item = self.taken_items, self.arrivals[end - 1][1]
        self.taken_arrivals, self.taken_items = end, end_item
        self.last_height, self.last_decision = height, decision
        return first_item, end_item, decision, self.environment.relay.block_hash(height)

    # ---- views -----------------------------------------------------------------------------------

    def pending_due(self) -> bool:
        """Whether a pending item arrived before the decision time of the relay's tip."""
        first = self._first_pending()
        relay = self.environment.relay
        tip = relay.tip
        if first is None or tip < relay.lowest_height:
            return False
        return first < relay.decision_time(tip)

    def next_partition(self) -> NextPartition:
        """The one partition that is possible now."""
        first = self._first_pending()
        if first is None:
            return NO_PARTITION
        relay = self.environment.relay
        height = next_height(self._heights(), relay.decision_time, first, self.environment.now)
        if height is None:
            return NO_PARTITION
        times = [timestamp for timestamp, _ in self.arrivals]
        return NextPartition(height, end_arrival(times, relay.decision_time(height)))

    def totals(self) -> DataTotals:
        """Items accepted and taken, the last partition's height and decision time."""
        return DataTotals(len(self.items), self.taken_items, self.last_height, self.last_decision)

    # ---- rules -----------------------------------------------------------------------------------

    def _require_acceptable(self, transaction: DataTransaction) -> None:
        item, signature = transaction.item, transaction.signature
        now, parameters = self.environment.now, self.parameters
        if not is_scope_accepted(parameters, item.scope, self.round, self.opened_at, now):
            raise Revert("ScopeNotAccepted", item.scope, self.round)
        allowed = timestamp_range(parameters, self.last_decision, now)
        if item.timestamp > allowed.latest:
            raise Revert("TimestampAhead", item.timestamp, allowed.latest)
        if item.timestamp < allowed.earliest:
            raise Revert("TimestampBehind", item.timestamp, allowed.earliest)
        size = len(signature.ring) // 2
        if size > parameters.maximum_ring:
            raise Revert("RingTooLarge", size, parameters.maximum_ring)
        ring = self.key_registry.ring_keys(item.scope, signature.ring)
        try:
            self.check_ring(
                self.domain,
                transaction.message,
                ring,
                transaction.ring_signature,
                parameters.minimum_ring,
            )
        except RingSignatureError as error:
            raise Revert(type(error).__name__, *error.arguments) from error

    def _accept(self, transaction: DataTransaction) -> None:
        item = transaction.item
        number, now = len(self.items), self.environment.now
        item_id = item.identifier(self.domain)
        self.items.append(item_id)
        self.used[item.scope, item.nullifier_x] = number
        pending = len(self.arrivals) > self.taken_arrivals
        if pending and self.arrivals[-1][0] == now:
            self.arrivals[-1] = now, number + 1
        else:
            self.arrivals.append((now, number + 1))
        self.environment.emit(
            DataShared, number, item.scope, item_id, now, item, transaction.signature
        )

    def _require_opens(self, reveal: KeyReveal) -> int:
        item_id = reveal.item.identifier(self.domain)
        number = self.used.get((reveal.item.scope, reveal.item.nullifier_x))
        if number is None or self.items[number] != item_id:
            raise Revert("UnknownItem", item_id)
        commitment = key_commitment(self.domain, reveal.key)
        if commitment != reveal.item.key_commitment:
            raise Revert("WrongKey", commitment, reveal.item.key_commitment)
        return number

    def _first_pending(self) -> int | None:
        if self.taken_arrivals == len(self.arrivals):
            return None
        return self.arrivals[self.taken_arrivals][0]

    def _heights(self) -> HeightRange:
        relay = self.environment.relay
        return height_range(relay.lowest_height, self.last_height, relay.tip)

    def _forced_decision(self, height: int) -> int:
        first = self._first_pending()
        if first is None:
            raise Revert("NothingPending")
        heights, relay = self._heights(), self.environment.relay
        if not heights.lowest <= height <= heights.highest:
            raise Revert("HeightNotPartitionable", height, self.last_height, heights.highest)
        decision = relay.decision_time(height)
        if decision <= first:
            raise Revert("DecisionTooEarly", height, decision, first)
        if decision > self.environment.now:
            raise Revert("DecisionAhead", height, decision, self.environment.now)
        if height > heights.lowest:
            previous = relay.decision_time(height - 1)
            if previous > first:
                raise Revert("NotLowestHeight", height, previous, first)
        return decision
