"""Light verification holds headers, votes, blocks and claims, and nothing else."""

import random

import pytest

from offchain.protocol.words import records, reward_records
from offchain.protocol.words.records import Record
from offchain.verification.light.verify import LIGHT_KINDS, LightReport, verify_light
from offchain.verification.recording.differences import (
    OrderDifference,
    RecordDifference,
    RefusedCall,
    StateDifference,
)
from offchain.verification.recording.values import Recording
from scripts.support import tampering
from scripts.support.chains.real_chain import RecordedChain
from scripts.support.verifying import refusal

TAKEN = {
    # These are taken as they are; what follows from them is held.
    "DataRewarded": {"reward_address"},
    "DataSetFixed": {"data_set", "data_root"},
    "EpochFrozen": {"epoch"},
    "KeysCounted": {"published"},
    "MembersWritten": {"code", "accounts"},
    "MissingFixed": {"missing"},
    "ModelCommitted": {"commitment", "sealed_model", "account"},
    "ModelRevealed": {"transaction"},
    "StakeAdded": {"account"},
    "StatementFell": {"reason", "by"},
}


def check(chain: RecordedChain, recording: Recording) -> LightReport:
    """Verify a recording of the chain lightly."""
    return verify_light(chain.deployment, recording.transactions, recording.ended)


@pytest.mark.parametrize("kind", LIGHT_KINDS, ids=lambda kind: kind.__name__)
def test_a_changed_header_vote_block_or_claim_is_refused(chain: RecordedChain, kind: type[Record]):
    chance = random.Random(kind.__name__)
    tried = 0
    while tried < 4:
        change = tampering.change_record(chain.recording, kind, chance)
        field = change.description.split(":")[0].split(".")[1]
        if field in TAKEN.get(kind.__name__, ()):
            continue
        tried += 1
        found = refusal(lambda change=change: check(chain, change.recording))
        assert isinstance(found, RecordDifference | OrderDifference | RefusedCall), (
            change.description
        )


def test_a_changed_header_is_refused(chain: RecordedChain):
    chance = random.Random(1)
    [submit] = [
        kind for kind in tampering.action_kinds(chain.recording) if kind.__name__ == "SubmitHeaders"
    ]
    for _ in range(4):
        change = tampering.change_call(chain.recording, submit, chance)
        found = refusal(lambda change=change: check(chain, change.recording))
        assert isinstance(found, RecordDifference | RefusedCall), change.description


@pytest.mark.parametrize("view", ["relay_height", "relay_hash", "head"])
def test_another_head_is_refused(chain: RecordedChain, view: str):
    change = tampering.change_view(chain.recording, view, random.Random(view))
    assert change is not None
    found = refusal(lambda: check(chain, change.recording))
    assert isinstance(found, StateDifference)
    assert found.what.startswith(view)


@pytest.mark.parametrize("kind", LIGHT_KINDS, ids=lambda kind: kind.__name__)
def test_a_header_vote_block_or_claim_that_is_there_twice_is_refused(
    chain: RecordedChain, kind: type[Record]
):
    change = tampering.repeat_record(chain.recording, kind, random.Random(kind.__name__))
    refusal(lambda: check(chain, change.recording))


OTHERS = (
    records.DataShared,
    records.TrainingKeysPublished,
    reward_records.HeatGained,
    records.Applied,
)


@pytest.mark.parametrize("kind", OTHERS, ids=lambda kind: kind.__name__)
def test_what_is_left_to_full_verification_is_not_looked_at(
    chain: RecordedChain, kind: type[Record]
):
    changed = tampering.change_record(chain.recording, kind, random.Random(3)).recording
    assert check(chain, changed) == check(chain, chain.recording)


def test_its_blocks_say_which_model_is_best_and_what_it_earned(chain: RecordedChain):
    recording = chain.recording
    blocks = check(chain, recording).blocks
    appended = [r for r in recording.records if isinstance(r, records.BlockAppended)]
    rows = {
        record.statement: record.rows
        for record in recording.records
        if isinstance(record, records.StatementOpened)
    }
    reveals = {
        (record.round, record.index): record.transaction
        for record in recording.records
        if isinstance(record, records.ModelRevealed)
    }
    assert [block.number for block in blocks] == [1, 2, 3, 4]
    best = None
    for block, record in zip(blocks, appended, strict=True):
        data = record.data
        baseline, *models = rows[data.statement]
        assert (block.hash, block.round, block.timestamp) == (
            record.block_hash,
            data.round,
            data.timestamp,
        )
        assert block.quiet == data.quiet
        assert block.previous_points == (None if best is None else baseline.middle)
        if data.quiet:
            assert (block.winner, block.points, block.net, block.spread) == (None,) * 4
            assert block.model_block == best
        else:
            best = block.number
            row, winner = models[data.best_reveal], reveals[data.round, data.best_reveal]
            assert (block.points, block.net, block.spread) == (row.middle, row.net, row.spread)
            assert (block.winner, block.model_hash) == (winner.account, winner.model_hash)
            assert block.model_block == block.number
        assert block.model_hash == data.model_hash
        assert 0 < block.judged_samples <= block.test_samples
        assert 0 < block.support <= block.attesters
        assert block.support == data.attestations
    assert {block.quiet for block in blocks} == {True, False}
