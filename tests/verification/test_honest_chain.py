"""What honest nodes did is found to be right, all of it, in every way of looking at it."""

import inspect
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from offchain.protocol.words import actions, records
from offchain.protocol.words.status import VoidReason
from offchain.storage.local import LocalStore
from offchain.verification.full.content import ContentSetup
from offchain.verification.full.replay import Replay
from offchain.verification.full.verifier import verify
from offchain.verification.light.verify import LIGHT_KINDS, verify_light
from offchain.verification.recording.values import TokensMoved
from scripts.support.chains.real_chain import RecordedChain
from scripts.support.tampering import action_kinds, kinds
from scripts.support.worlds.content_world import make_learner


def test_the_small_chain_has_every_kind_of_record_and_call(chain: RecordedChain):
    every = {
        kind
        for _, kind in inspect.getmembers(records, inspect.isclass)
        if issubclass(kind, records.Record) and kind is not records.Record
    }
    assert set(kinds(chain.recording)) == every | {TokensMoved}
    assert set(action_kinds(chain.recording)) == set(actions.Action.__args__)


def test_the_real_contracts_chain_is_verified_from_its_transactions(chain: RecordedChain):
    report = verify(Replay(chain.deployment), chain.recording, chain.content())
    assert report.rings == report.items == 42
    assert (report.rounds, report.evaluations) == (3, 9)
    assert report.head == 2
    assert report.head_hash == chain.recording.state.head.hash
    reasons = [closed.void_reason for closed in chain.recording.state.closed_rounds]
    assert reasons == [
        VoidReason.NONE,
        VoidReason.NONE,
        VoidReason.TOO_FEW_ITEMS,
        VoidReason.NO_VALID_MODEL,
    ]


def test_items_are_out_for_every_reason_and_models_score_nothing_for_every_reason(
    chain: RecordedChain,
):
    appended = [r for r in chain.recording.records if isinstance(r, records.BlockAppended)]
    closed = [r for r in chain.recording.records if isinstance(r, records.RoundClosed)]
    first, second = appended
    # One item is sealed with another key, one holds no digits, one's key comes late, one's early;
    # the seed decides whether the last is one of the first two.
    out = closed[0].items - first.scores.training_items - first.scores.test_items
    assert out in (3, 4)
    # An item that most attesters cannot fetch.
    assert closed[1].items - second.scores.training_items - second.scores.test_items == 1
    # No model at all, and a model that most attesters cannot fetch.
    assert second.scores.scores[1] == second.scores.scores[3] == 0
    assert second.ranking == (2,)


def test_processes_find_the_same_as_one_process(chain: RecordedChain, tmp_path: Path):
    store = LocalStore(tmp_path)
    for content in chain.files.values():
        store.put(content)
    setup = ContentSetup(
        partial(LocalStore, tmp_path),
        make_learner,
        chain.deployment.domain("DataRegistry"),
        chain.deployment.parameters.maximum_samples,
    )
    alone = verify(Replay(chain.deployment), chain.recording, setup)
    assert verify(Replay(chain.deployment), chain.recording, setup, processes=2) == alone


def test_progress_is_told_of_every_stage_to_its_end(chain: RecordedChain):
    told: dict[str, tuple[int, int]] = {}

    def progress(stage: str, done: int, total: int) -> None:
        assert told.get(stage, (0, 0))[0] <= done <= total
        told[stage] = done, total

    verify(Replay(chain.deployment), chain.recording, chain.content(), progress=progress)
    transactions = len(chain.recording.transactions)
    assert told == {
        "transactions": (transactions, transactions),
        "ring signatures": (42, 42),
        "scores": (9, 9),
    }


@pytest.mark.parametrize("only", [True, False], ids=["its records only", "all records"])
def test_light_verification_accepts_the_chain_with(chain: RecordedChain, only: bool):
    recording = chain.recording
    if only:
        kept = (
            replace(entry, records=tuple(r for r in entry.records if type(r) in LIGHT_KINDS))
            for entry in recording.transactions
        )
        recording = replace(recording, transactions=tuple(entry for entry in kept if entry.records))
        assert len(recording.transactions) < len(chain.recording.transactions)
    report = verify_light(chain.deployment, recording)
    assert (report.head, report.head_hash) == (2, recording.state.head.hash)
    assert report.claims == sum(
        block.training_items + block.test_items for block in recording.state.blocks
    )
    assert report.attestations == 8
