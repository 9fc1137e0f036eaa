"""Light verification of headers, seeds and rounds."""

from __future__ import annotations

from offchain.protocol.rules import clock, standing
from offchain.protocol.rules.partition import round_test_items
from offchain.protocol.words import actions
from offchain.protocol.words import records as events
from offchain.protocol.words.status import VoidReason
from offchain.protocol.words.transactions import partition_seed
from offchain.verification.light.state import (
    LightRound,
    LightState,
    call_behind,
    known_round,
    raise_difference,
    require,
)
from offchain.verification.recording.values import Transaction


def headers_accepted(
    state: LightState, record: events.HeadersAccepted, transaction: Transaction
) -> None:
    """Headers follow Bitcoin's rules, and the relay says what they make of its chain."""
    call = call_behind(state, record, transaction, actions.SubmitHeaders)
    accepted = state.relay.submit(call.headers, transaction.timestamp)
    if accepted is None:
        raise_difference(record, "the record", "none, since all headers were held", "recorded")
    state.headers += accepted.last_height - accepted.first_height + 1
    first, last = accepted.first_height, accepted.last_height
    require(record, first_height=first, last_height=last, last_hash=accepted.last_hash)
    replaced = [part for part in transaction.records if isinstance(part, events.Reorganised)]
    if (accepted.replaced_height is not None) != bool(replaced):
        raise_difference(record, "a reorganisation", accepted.replaced_height, replaced)
    for part in replaced:
        old = accepted.replaced_height
        require(part, fork_height=first - 1, old_height=old, new_height=last)


def reorganised(state: LightState, record: events.Reorganised, transaction: Transaction) -> None:
    """A reorganisation comes with the headers that make it; `headers_accepted` compares both."""
    call_behind(state, record, transaction, actions.SubmitHeaders)
    if not any(isinstance(part, events.HeadersAccepted) for part in transaction.records):
        raise_difference(record, "its HeadersAccepted", "in the same transaction", "missing")


def registered(state: LightState, record: events.KeysRegistered, transaction: Transaction) -> None:
    """Genesis accounts that leased keys before the start are its members."""
    call_behind(state, record, transaction, actions.RegisterKeys, record.account)
    state.registered.add(record.account)
    state.keys += len(record.keys)


def started(state: LightState, record: events.Started, transaction: Transaction) -> None:
    """Round 1 opens with the seed of the relay's tip."""
    call_behind(state, record, transaction, actions.Start)
    tip = state.relay.block_hash(state.relay.tip)
    seed = partition_seed(state.domain, tip)
    members = state.registered & set(state.deployment.genesis_accounts)
    require(
        record,
        genesis_members=len(members),
        keys=state.keys,
        genesis_hash=state.hashes[0],
        seed=seed,
    )
    state.genesis_members = frozenset(members)
    open_round(state, 1)


def open_round(state: LightState, number: int) -> None:
    """A round begins to collect."""
    state.collecting = number
    state.rounds[number] = LightRound()


def partitioned(state: LightState, record: events.Partitioned, transaction: Transaction) -> None:
    """The seed is the named Bitcoin block's, and so many items of the round test."""
    call = call_behind(state, record, transaction, actions.Partition)
    require(record, round=state.collecting, first_item=state.taken, height=call.height)
    entry = known_round(state, record, record.round)
    if record.end_item <= record.first_item:
        raise_difference(record, "end_item", f"above {record.first_item}", record.end_item)
    entry.items += record.end_item - record.first_item
    test_items = round_test_items(entry.items, state.parameters.test_basis_points)
    require(
        record,
        seed=partition_seed(state.domain, state.relay.block_hash(record.height)),
        decision_time=state.relay.decision_time(record.height),
        test_items=test_items - entry.test_items,
    )
    entry.test_items, entry.decision_time = test_items, record.decision_time
    state.taken = record.end_item


def round_closed(state: LightState, record: events.RoundClosed, transaction: Transaction) -> None:
    """The round has the items that were counted, and the attesters that have standing."""
    partitions = any(isinstance(call.action, actions.Partition) for call in transaction.calls)
    kind = actions.Partition if partitions else actions.Advance
    call_behind(state, record, transaction, kind)
    require(record, round=state.collecting)
    entry = known_round(state, record, record.round)
    accounts = standing.accounts_with_standing(state.standing.values(), record.round)
    frozen = standing.frozen_set(state.parameters, accounts, len(state.genesis_members))
    require(
        record,
        first_item=state.taken - entry.items,
        items=entry.items,
        test_items=entry.test_items,
        attesters=frozen.attesters,
        genesis_acts=frozen.genesis_acts,
    )
    entry.attesters, entry.genesis_acts = frozen.attesters, frozen.genesis_acts
    entry.voids_in_a_row = state.voids_in_a_row
    if clock.has_too_few_items(state.parameters, entry.items, entry.test_items):
        entry.void_reason = VoidReason.TOO_FEW_ITEMS
    open_round(state, record.round + 1)
