"""A file of the content store that is missing or has one other bit is found and named."""

import random
from dataclasses import replace

import pytest

from offchain.errors import StoreError, StoreUnreachableError
from offchain.learning.tasks.learner import DigitsLearner
from offchain.protocol.rules.dataset import DataItem
from offchain.protocol.words.records import BlockAppended, DataShared, ModelRevealed
from offchain.verification.full.content import ContentReader
from offchain.verification.full.replay import Replay
from offchain.verification.full.verifier import verify
from offchain.verification.recording.differences import ContentDifference
from scripts.support.chains.real_chain import RecordedChain
from scripts.support.tampering import with_flipped_bit
from scripts.support.verifying import refusal, verify_copy
from scripts.support.worlds.content_world import MemoryStore


def needed_files(chain: RecordedChain) -> dict[str, bytes]:
    """One file of each use, by its digest."""
    records = list(chain.recording.records)
    first, second = [record for record in records if isinstance(record, BlockAppended)]
    shared = [record for record in records if isinstance(record, DataShared)]
    revealed = [record for record in records if isinstance(record, ModelRevealed)]
    return {
        "the payload of a sound item": shared[9].item.payload_hash,
        "the payload of an item that does not decrypt": shared[0].item.payload_hash,
        "the best model of a block": second.model_hash,
        "the baseline of a round": first.model_hash,
        "a model that scored nothing": revealed[4].transaction.model_hash,
    }


USES = [
    "the payload of a sound item",
    "the payload of an item that does not decrypt",
    "the best model of a block",
    "the baseline of a round",
    "a model that scored nothing",
]


@pytest.mark.parametrize("use", USES)
def test_a_missing_file_is_named(chain: RecordedChain, use: str):
    digest = needed_files(chain)[use]
    files = {key: content for key, content in chain.files.items() if key != digest}
    found = refusal(lambda: verify_copy(chain, chain.recording, files))
    assert isinstance(found, ContentDifference)
    assert found.digest == digest
    assert digest.hex() in str(found)


@pytest.mark.parametrize("use", USES)
def test_a_file_with_one_other_bit_is_not_used(chain: RecordedChain, use: str):
    digest = needed_files(chain)[use]
    changed = with_flipped_bit(chain.files[digest], random.Random(use))
    found = refusal(lambda: verify_copy(chain, chain.recording, {**chain.files, digest: changed}))
    assert isinstance(found, ContentDifference)
    assert found.digest == digest


def test_a_file_of_which_the_end_is_cut_off_is_not_used(chain: RecordedChain):
    digest = needed_files(chain)["the best model of a block"]
    files = {**chain.files, digest: chain.files[digest][:-1]}
    found = refusal(lambda: verify_copy(chain, chain.recording, files))
    assert isinstance(found, ContentDifference)


def test_the_earliest_of_two_missing_files_is_named(chain: RecordedChain):
    needed = needed_files(chain)
    gone = {needed["the best model of a block"], needed["the payload of a sound item"]}
    files = {key: content for key, content in chain.files.items() if key not in gone}
    found = refusal(lambda: verify_copy(chain, chain.recording, files))
    assert isinstance(found, ContentDifference)
    assert found.digest == needed["the payload of a sound item"]


def test_files_that_nothing_rests_on_are_not_asked_for(chain: RecordedChain):
    needed = {
        record.item.payload_hash
        for record in chain.recording.records
        if isinstance(record, DataShared)
    } | {
        record.transaction.model_hash
        for record in chain.recording.records
        if isinstance(record, ModelRevealed)
    }
    files = {key: content for key, content in chain.files.items() if key in needed}
    assert len(files) < len(chain.files)
    verify_copy(chain, chain.recording, files)


class SilentStore(MemoryStore):
    """A store that does not answer."""

    def get(self, digest: bytes) -> bytes:
        del digest
        raise StoreUnreachableError("the daemon", "connection refused")


def test_a_store_that_does_not_answer_says_nothing_of_the_chain(chain: RecordedChain):
    content = replace(chain.content(), open_store=SilentStore)
    with pytest.raises(StoreError, match="no answer from the daemon") as raised:
        verify(Replay(chain.deployment), chain.recording, content)
    assert raised.type is StoreError


class FaultyLearner(DigitsLearner):
    """The task with a fault that every file brings out."""

    def sample_count(self, payload: bytes) -> int:
        raise ValueError(f"cannot reshape array of size {len(payload)}")

    def check_model(self, model: bytes) -> None:
        raise RecursionError(f"maximum recursion depth exceeded in {len(model)} bytes")


def test_a_file_that_brings_out_a_fault_counts_as_malformed_here_as_at_every_node(
    chain: RecordedChain,
):
    needed = needed_files(chain)
    shared = next(
        record
        for record in chain.recording.records
        if isinstance(record, DataShared)
        and record.item.payload_hash == needed["the payload of a sound item"]
    )
    items = [item for item in replayed_items(chain) if item.item == shared.item]
    sound, faulty = (
        ContentReader(replace(chain.content(), open_learner=learner))
        for learner in (chain.content().open_learner, FaultyLearner)
    )
    assert sound.sample_counts(items) == [40]
    assert faulty.sample_counts(items) == [None]
    assert faulty.score(needed["the best model of a block"], items) == 0


def replayed_items(chain: RecordedChain) -> list[DataItem]:
    """Every item of the chain, with its key if it was published in time."""
    replay = Replay(chain.deployment)
    for transaction in chain.recording.transactions:
        replay.apply(transaction)
    return [item for number in replay.history.rounds for item in replay.history.candidates(number)]
