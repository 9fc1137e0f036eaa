"""A file of the content store that is missing or has one other bit is found and named."""

import random
from dataclasses import replace

import pytest

from offchain.errors import StoreError, StoreUnreachableError
from offchain.learning.tasks.digits import DigitsLearner
from offchain.protocol.words.records import DataSetFixed, ModelBrought
from offchain.verification.full.cases import RoundCase
from offchain.verification.full.content import ContentReader
from offchain.verification.full.verifier import verify
from offchain.verification.recording.differences import ContentDifference
from scripts.support.chains.real_chain import RecordedChain
from scripts.support.tampering import with_flipped_bit
from scripts.support.verifying import cases, refusal, verify_copy
from scripts.support.worlds.content_world import PARAMETERS, MemoryStore


def needed_files(chain: RecordedChain) -> dict[str, bytes]:
    """One file of each use, by its digest."""
    first, _, third, _ = cases(chain)
    data = third.data[1]
    [test] = data.test_parts
    blocks = chain.recording.state.blocks
    return {
        "a training part": data.payload_hashes[(test + 1) % len(data.keys)],
        "a test part": data.payload_hashes[test],
        "the best model of a block": blocks[3].model_hash,
        "the baseline of a round": blocks[1].model_hash,
        "a model that was not the best": first.models[1 - blocks[1].best_reveal].model_hash,
    }


USES = [
    "a training part",
    "a test part",
    "the best model of a block",
    "the baseline of a round",
    "a model that was not the best",
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
    gone = {needed["the best model of a block"], needed["the baseline of a round"]}
    files = {key: content for key, content in chain.files.items() if key not in gone}
    found = refusal(lambda: verify_copy(chain, chain.recording, files))
    assert isinstance(found, ContentDifference)
    assert found.digest == needed["the baseline of a round"]


def used_files(found: list[RoundCase]) -> set[bytes]:
    """All files that the statements rest on."""
    parts = {digest for case in found for data in case.data for digest in data.payload_hashes}
    models = {model.model_hash for case in found for model in case.models if model is not None}
    return parts | models | {case.baseline for case in found if case.baseline is not None}


def test_files_that_nothing_rests_on_are_not_asked_for(chain: RecordedChain):
    brought = [r for r in chain.recording.records if isinstance(r, ModelBrought)]
    used = used_files(cases(chain))
    # What was brought stands on the chain; the second model of round 2 is one of the cases'.
    needed = used - {model.model_hash for model in cases(chain)[1].models if model is not None}
    files = {key: content for key, content in chain.files.items() if key in needed}
    assert len(brought) == 1
    assert len(files) == len(used) - 1 < len(chain.files) - 1
    verify_copy(chain, chain.recording, files)


class SilentStore(MemoryStore):
    """A store that does not answer."""

    def get(self, digest: bytes) -> bytes:
        del digest
        raise StoreUnreachableError("the daemon", "connection refused")


def test_a_store_that_does_not_answer_says_nothing_of_the_chain(chain: RecordedChain):
    content = replace(chain.content(), open_store=SilentStore)
    with pytest.raises(StoreError, match="no answer from the daemon") as raised:
        verify(chain.replay(), chain.recording, content)
    assert raised.type is StoreError


class FaultyLearner(DigitsLearner):
    """The task with a fault that every file brings out."""

    def __init__(self) -> None:
        super().__init__(PARAMETERS.samples_per_part, device="cpu")

    def sample_records(self, payload: bytes) -> list[bytes]:
        raise ValueError(f"cannot reshape array of size {len(payload)}")

    def check_model(self, model: bytes) -> None:
        raise RecursionError(f"maximum recursion depth exceeded in {len(model)} bytes")


def test_a_file_that_brings_out_a_fault_is_refused_here_as_at_every_node(chain: RecordedChain):
    case = cases(chain)[0]
    sound, faulty = (
        ContentReader(replace(chain.content(), open_learner=learner))
        for learner in (chain.content().open_learner, FaultyLearner)
    )
    model = case.models[0].model_hash
    assert sound.fault(case.data[0]) is None
    assert "cannot reshape" in (faulty.fault(case.data[0]) or "")
    samples = len(case.data) * PARAMETERS.test_parts * PARAMETERS.samples_per_part
    assert len(sound.points(model, None, case.data) or b"") == samples
    assert faulty.points(model, None, case.data) is None


def test_data_of_which_a_sample_is_another_is_not_usable(chain: RecordedChain):
    data = cases(chain)[0].data[0]
    reader = ContentReader(chain.content())
    other = replace(data, record=replace(data.record, samples_root=bytes(32)))
    assert (reader.fault(other) or "").startswith("its samples root is ")
    wrong_key = replace(data, keys=(bytes(32), *data.keys[1:]))
    assert (reader.fault(wrong_key) or "").startswith("part 0: it does not open")


def test_only_data_of_the_data_set_is_opened(chain: RecordedChain):
    fixed = [r for r in chain.recording.records if isinstance(r, DataSetFixed)]
    for case, record in zip(cases(chain), fixed, strict=False):
        assert sum(1 << data.index for data in case.data) == record.data_set
