"""What honest nodes did is found to be right, all of it, in every way of looking at it."""

import inspect
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from offchain.protocol.words import actions, dispute_records, records, reward_records
from offchain.protocol.words.status import VoidReason
from offchain.protocol.words.transactions import EMPTY_ROW
from offchain.storage.local import LocalStore
from offchain.verification.full.content import ContentSetup
from offchain.verification.full.verifier import verify
from offchain.verification.light.verify import LIGHT_CALLS, LIGHT_KINDS, verify_light
from offchain.verification.recording.values import TokensMoved
from scripts.support.chains.real_chain import RecordedChain
from scripts.support.tampering import action_kinds, kinds
from scripts.support.worlds.content_world import make_learner


def test_the_small_chain_has_every_kind_of_record_and_call(chain: RecordedChain):
    every = {
        kind
        for module in (records, reward_records, dispute_records)
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, records.Record) and kind is not records.Record
    }
    assert set(kinds(chain.recording)) == every | {TokensMoved}
    assert set(action_kinds(chain.recording)) == set(actions.Action.__args__)


def test_the_real_contracts_chain_is_verified_from_its_transactions(chain: RecordedChain):
    report = verify(chain.replay(), chain.recording, chain.content())
    assert report.rings == report.data == 21
    assert (report.rounds, report.evaluations, report.false_evaluations) == (4, 11, 0)
    assert report.head == 4
    assert report.head_hash == chain.recording.state.head.hash
    reasons = [entry.closed.void_reason for entry in chain.recording.state.rounds]
    assert reasons[:5] == [*[VoidReason.NONE] * 4, VoidReason.NO_STATEMENT]
    assert set(reasons[5:-1]) == {VoidReason.TOO_FEW_DATA}


def test_data_is_out_and_models_earn_nothing_for_every_reason(chain: RecordedChain):
    fixed = [r for r in chain.recording.records if isinstance(r, records.DataSetFixed)]
    counted = [r for r in chain.recording.records if isinstance(r, records.KeysCounted)]
    # One sharer keeps its test keys back, another signed other samples than its own.
    assert (counted[2].published, fixed[2].data_set.bit_count()) == (4, 3)
    stated = [r for r in chain.recording.records if isinstance(r, records.StatementOpened)]
    # Two statements about the first round, of which one is false, and two more in the last.
    assert [statement.round for statement in stated] == [1, 1, 2, 3, 4, 4, 4]
    # Nobody has the first model, the second is none; in the third round one repeats another.
    assert stated[2].rows[1:] == (EMPTY_ROW, EMPTY_ROW)
    assert [row.repeats for row in stated[3].rows] == [0, 0, 0, 2]


def test_processes_find_the_same_as_one_process(chain: RecordedChain, tmp_path: Path):
    store = LocalStore(tmp_path)
    for content in chain.files.values():
        store.put(content)
    setup = ContentSetup(partial(LocalStore, tmp_path), make_learner, chain.deployment.domain())
    alone = verify(chain.replay(), chain.recording, setup)
    assert verify(chain.replay(), chain.recording, setup, processes=2) == alone


def test_progress_is_told_of_every_stage_to_its_end(chain: RecordedChain):
    told: dict[str, tuple[int, int]] = {}

    def progress(stage: str, done: int, total: int) -> None:
        assert told.get(stage, (0, 0))[0] <= done <= total
        told[stage] = done, total

    verify(chain.replay(), chain.recording, chain.content(), progress=progress)
    transactions = len(chain.recording.transactions)
    assert told == {
        "transactions": (transactions, transactions),
        "ring signatures": (21, 21),
        "rounds": (4, 4),
    }


@pytest.mark.parametrize("only", [True, False], ids=["its records only", "all records"])
def test_light_verification_accepts_the_chain_with(chain: RecordedChain, only: bool):
    recording = chain.recording
    transactions = recording.transactions
    if only:
        kept = (
            replace(
                entry,
                records=tuple(r for r in entry.records if type(r) in LIGHT_KINDS),
                calls=entry.calls if any(type(r) in LIGHT_CALLS for r in entry.records) else (),
            )
            for entry in transactions
        )
        transactions = tuple(entry for entry in kept if entry.records)
        assert len(transactions) < len(recording.transactions)
    report = verify_light(chain.deployment, transactions, recording.ended)
    assert (report.head, report.head_hash) == (4, recording.state.head.hash)
    assert report.rounds == len(recording.state.rounds)
    rewarded = ("BestRewarded", "VoiceRewarded", "AttesterRewarded", "DataRewarded")
    assert report.claims == sum(type(record).__name__ in rewarded for record in recording.records)
    opened = sum(isinstance(record, records.AttestationOpened) for record in recording.records)
    assert report.attestations == opened > 3
