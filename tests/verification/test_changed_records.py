"""Any record, call or view that was changed is refused, at the place where it was changed."""

import inspect
import random
from dataclasses import fields

import pytest

from offchain.protocol.words import actions, records, reward_records
from offchain.verification.recording.differences import (
    Difference,
    OrderDifference,
    RecordDifference,
    RefusedCall,
    StateDifference,
    TokenDifference,
)
from offchain.verification.recording.values import FinalState, TokensMoved
from scripts.support import tampering
from scripts.support.chains.real_chain import RecordedChain
from scripts.support.verifying import refusal, replay

KINDS = sorted(
    (
        kind
        for module in (records, reward_records)
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, records.Record) and kind is not records.Record
    ),
    key=lambda kind: kind.__name__,
)
CALLS = [
    kind
    for kind in actions.Action.__args__
    # These say nothing beyond their kind.
    if kind not in (actions.Advance, actions.RenewDraw, actions.WithdrawStake)
]
CHANGES = 3


def name_of(kind: type) -> str:
    return kind.__name__


@pytest.mark.parametrize("kind", KINDS, ids=name_of)
def test_a_changed_field_of_a_record_is_refused_there(
    chain: RecordedChain, kind: type[records.Record]
):
    chance = random.Random(kind.__name__)
    for _ in range(CHANGES):
        change = tampering.change_record(chain.recording, kind, chance)
        found = refusal(lambda change=change: replay(chain, change.recording))
        assert isinstance(found, RecordDifference | OrderDifference), change.description
        assert found.place.name.startswith(kind.__name__), change.description
        assert found.expected != found.actual


def test_a_changed_movement_of_tokens_is_refused(chain: RecordedChain):
    chance = random.Random(1)
    for _ in range(CHANGES):
        change = tampering.change_record(chain.recording, TokensMoved, chance)
        found = refusal(lambda change=change: replay(chain, change.recording))
        assert isinstance(found, TokenDifference | OrderDifference), change.description


@pytest.mark.parametrize("kind", CALLS, ids=name_of)
def test_a_changed_value_of_a_call_is_refused(chain: RecordedChain, kind: type):
    chance = random.Random(kind.__name__)
    for _ in range(CHANGES):
        change = tampering.change_call(chain.recording, kind, chance)
        found = refusal(lambda change=change: replay(chain, change.recording))
        assert isinstance(found, RefusedCall | RecordDifference), change.description


@pytest.mark.parametrize("view", [item.name for item in fields(FinalState)])
def test_a_changed_view_at_the_end_is_refused_by_name(chain: RecordedChain, view: str):
    chance = random.Random(view)
    for _ in range(2):
        change = tampering.change_view(chain.recording, view, chance)
        assert change is not None
        found = refusal(lambda change=change: replay(chain, change.recording))
        assert isinstance(found, StateDifference), change.description
        assert found.what.startswith(view)
        assert found.place.block_number == chain.recording.last_block


@pytest.mark.parametrize("kind", KINDS, ids=name_of)
def test_a_record_that_is_left_out_or_repeated_is_refused(
    chain: RecordedChain, kind: type[records.Record]
):
    chance = random.Random(kind.__name__)
    for restructure in (tampering.leave_out_record, tampering.repeat_record):
        change = restructure(chain.recording, kind, chance)
        found = refusal(lambda change=change: replay(chain, change.recording))
        assert isinstance(found, Difference), change.description


# Training keys whose test keys are never published leave no trace: see docs/Verification.md.
LASTING = [kind for kind in KINDS if kind is not records.TrainingKeysPublished]


@pytest.mark.parametrize("kind", LASTING, ids=name_of)
def test_a_transaction_that_is_left_out_is_missed(chain: RecordedChain, kind: type[records.Record]):
    change = tampering.leave_out_transaction(chain.recording, kind, random.Random(kind.__name__))
    refusal(lambda: replay(chain, change.recording))


def test_transactions_in_another_order_are_refused(chain: RecordedChain):
    chance = random.Random(2)
    for _ in range(4):
        change = tampering.swap_transactions(chain.recording, chance)
        found = refusal(lambda change=change: replay(chain, change.recording))
        assert isinstance(found, OrderDifference | RefusedCall | RecordDifference | TokenDifference)
