"""When rounds open, collect, close and compete."""

from __future__ import annotations

from dataclasses import replace

from offchain.protocol.reference.environment import Revert
from offchain.protocol.reference.state import ModelChainState, RoundRecords
from offchain.protocol.rules import clock, leases, standing
from offchain.protocol.rules.partition import round_test_items
from offchain.protocol.words.records import Partitioned, PhaseStarted, RoundClosed, Started
from offchain.protocol.words.status import (
    ZERO_HASH,
    ClosedRound,
    Collection,
    Competition,
    Phase,
    VoidReason,
)
from offchain.protocol.words.transactions import partition_seed


class RoundClock(ModelChainState):
    """start, partition and advance."""

    def start(self) -> None:
        """Open round 1, once enough genesis accounts have registered share keys."""
        parameters = self.parameters
        if self.collection.round != 0:
            raise Revert("AlreadyStarted")
        members = [
            account
            for account in self.genesis_accounts
            if self.key_registry.registered_keys(account) > 0
        ]
        if not standing.can_act(parameters, len(members)):
            raise Revert("TooFewGenesisMembers", len(members), parameters.minimum_standing)
        # All that is registered so far is active in round 1: a lease has at least one round.
        keys = self.key_registry.total_keys()
        if not leases.make_a_ring(parameters, keys):
            raise Revert("TooFewKeys", keys, parameters.minimum_ring)

        self.genesis_members = frozenset(members)
        relay = self.environment.relay
        tip = relay.tip
        seed = partition_seed(self.domain, relay.block_hash(tip))
        target = clock.next_target(parameters, len(members), 0, 0)
        self._open_collection(Collection(1, tip, 0, 0, target, 0, 0, seed))
        self.environment.emit(Started, len(members), keys, self.block_hashes[0], seed)

    def partition(self, height: int, end: int) -> None:
        """Partition the pending items by the Bitcoin block at ``height``."""
        current = self.collection
        if current.round == 0:
            raise Revert("NotStarted")
        first_item, end_item, decision, bitcoin_hash = self.data_registry.take(height, end)
        seed = partition_seed(self.domain, bitcoin_hash)
        items = current.items + end_item - first_item
        test_items = round_test_items(items, self.parameters.test_basis_points)
        self.environment.emit(
            Partitioned,
            current.round,
            height,
            seed,
            first_item,
            end_item,
            test_items - current.test_items,
            decision,
        )
        self.collection = replace(
            current, items=items, test_items=test_items, decision_time=decision, seed=seed
        )
        if clock.is_full(self.collection) and not self.competition.phase.competes:
            self._close()

    def advance(self) -> None:
        """End the current phase, or close the collecting round, or void an unfinished one."""
        if self.competition.phase.competes:
            self._next_phase()
            return
        if self.collection.round == 0:
            raise Revert("NotStarted")
        tip, pending_due = self.environment.relay.tip, self.data_registry.pending_due()
        if not clock.collection_may_close(self.parameters, self.collection, tip, pending_due):
            raise Revert("NothingToAdvance")
        self._close()

    def _next_phase(self) -> None:
        current = self.competition
        tip, now = self.environment.relay.tip, self.environment.now
        if not clock.phase_may_end(self.parameters, current, tip, now):
            earliest = clock.earliest_end(self.parameters, current)
            raise Revert("PhaseNotOver", current.end_height, tip, earliest, now)
        facts = current.commitments, current.reveals, current.majority
        if clock.ends_with_phase(current.phase, *facts):
            self.void_round(clock.void_reason(current.reveals, current.majority))
        else:
            self._enter_phase(Phase(current.phase + 1))

    def _enter_phase(self, phase: Phase) -> None:
        end_height = self.environment.relay.tip + clock.phase_blocks(self.parameters, phase)
        self.competition = replace(
            self.competition,
            phase=phase,
            end_height=end_height,
            phase_start=self.environment.now,
        )
        self.environment.emit(PhaseStarted, self.competition.round, phase, end_height)

    def _close(self) -> None:
        closing, parameters = self.collection, self.parameters
        accounts = self.standing_in(closing.round)
        frozen = standing.frozen_set(parameters, accounts, len(self.genesis_members))
        self.closed[closing.round] = ClosedRound(
            closing.first_item,
            closing.items,
            closing.test_items,
            self.environment.now,
            closing.decision_time,
            closing.seed,
            VoidReason.NONE,
            0,
        )
        self.environment.emit(
            RoundClosed,
            closing.round,
            closing.first_item,
            closing.items,
            closing.test_items,
            frozen.attesters,
            frozen.genesis_acts,
        )
        was_void = self.competition.phase == Phase.VOID
        voids_in_a_row = self.competition.voids_in_a_row if was_void else 0
        self.competition = Competition(
            closing.round,
            Phase.NONE,
            0,
            0,
            frozen.attesters,
            frozen.genesis_acts,
            0,
            0,
            0,
            voids_in_a_row,
            ZERO_HASH,
        )
        self.orders = 0
        self.reveal_orders = []
        self.rounds[closing.round] = RoundRecords()
        if clock.has_too_few_items(parameters, closing.items, closing.test_items):
            self.void_round(VoidReason.TOO_FEW_ITEMS)
        else:
            self._enter_phase(Phase.COMMIT)

        last = self.blocks[-1]
        last_items = last.training_items + last.test_items
        self._open_collection(
            replace(
                closing,
                round=closing.round + 1,
                open_height=self.environment.relay.tip,
                items=0,
                test_items=0,
                target=clock.next_target(parameters, accounts, last_items, closing.target),
                first_item=closing.first_item + closing.items,
            )
        )

    def _open_collection(self, collection: Collection) -> None:
        self.collection = collection
        self.key_registry.open_round(collection.round)
        self.data_registry.open_round(collection.round)
