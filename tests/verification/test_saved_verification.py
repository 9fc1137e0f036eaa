"""A checkpoint goes on exactly where it was made, and is used only while it means the same."""

import gzip
import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offchain.learning.kinds.images.digits_judge import DigitsJudge
from offchain.verification.full.final_state import compare_state, computed_state
from offchain.verification.full.replay import Replay
from offchain.verification.full.saved_verification import (
    SavedVerification,
    UnusableCheckpoint,
    read_checkpoint,
    write_checkpoint,
)
from offchain.verification.full.value_codec import MalformedValue, decode_value, encode_value
from offchain.verification.full.verifier import verify
from offchain.verification.recording.values import Recording
from offchain.whole_files import UnwritableFile
from scripts.support.chains.real_chain import RecordedChain
from scripts.support.verifying import refusal
from tests.support.tampering.hostile_files import altered_bytes, altered_json, read_or_refused

JUDGE = DigitsJudge()

BLOCK_HASH = bytes(range(32))
MANY = settings(max_examples=100, deadline=None, derandomize=True)


def replayed(chain: RecordedChain, transactions: int) -> Replay:
    """The state after so many transactions."""
    replay = chain.replay()
    for transaction in chain.recording.transactions[:transactions]:
        replay.apply(transaction)
    return replay


def rest_of(recording: Recording, transactions: int) -> Recording:
    """What comes after so many transactions."""
    first = recording.transactions[transactions].block_number
    kept = recording.transactions[transactions:]
    return replace(recording, first_block=first, transactions=kept)


@pytest.mark.parametrize("transactions", [0, 7, 30, 64, 100, 120, 150, 190, 223])
def test_what_goes_on_from_a_checkpoint_ends_in_the_same_state(
    chain: RecordedChain, tmp_path: Path, transactions: int
):
    file = tmp_path / "folder" / "checkpoint"
    before = replayed(chain, transactions)
    write_checkpoint(file, SavedVerification(77, BLOCK_HASH, before))
    read = read_checkpoint(file, chain.deployment, chain.deployed_at, JUDGE)
    assert (read.block_number, read.block_hash) == (77, BLOCK_HASH)
    assert computed_state(read.replay) == computed_state(before)
    for transaction in chain.recording.transactions[transactions:]:
        read.replay.apply(transaction)
    compare_state(read.replay, chain.recording.state, chain.recording.last_block)


def test_only_what_is_new_is_checked_again(chain: RecordedChain, tmp_path: Path):
    file = tmp_path / "checkpoint"
    write_checkpoint(file, SavedVerification(77, BLOCK_HASH, replayed(chain, 100)))
    replay = read_checkpoint(file, chain.deployment, chain.deployed_at, JUDGE).replay
    report = verify(replay, rest_of(chain.recording, 100), chain.content())
    everything = verify(chain.replay(), chain.recording, chain.content())
    assert (report.head, report.head_hash) == (everything.head, everything.head_hash)
    assert 0 < report.rings < everything.rings
    assert 0 < report.rounds < everything.rounds


def test_a_difference_after_a_checkpoint_is_found(chain: RecordedChain, tmp_path: Path):
    file = tmp_path / "checkpoint"
    write_checkpoint(file, SavedVerification(77, BLOCK_HASH, replayed(chain, 100)))
    replay = read_checkpoint(file, chain.deployment, chain.deployed_at, JUDGE).replay
    rest = rest_of(chain.recording, 101)  # one is missing
    refusal(lambda: verify(replay, rest, chain.content()))


def test_a_missing_checkpoint_is_said_to_be_missing(chain: RecordedChain, tmp_path: Path):
    with pytest.raises(UnusableCheckpoint, match="there is no checkpoint"):
        read_checkpoint(tmp_path / "none", chain.deployment, chain.deployed_at, JUDGE)


@pytest.mark.parametrize("place", [0, 40, 5_000, -200])
def test_a_damaged_checkpoint_is_not_used(chain: RecordedChain, tmp_path: Path, place: int):
    file = tmp_path / "checkpoint"
    write_checkpoint(file, SavedVerification(77, BLOCK_HASH, replayed(chain, 60)))
    content = bytearray(file.read_bytes())
    content[place] ^= 0x10
    file.write_bytes(content)
    with pytest.raises(UnusableCheckpoint):
        read_checkpoint(file, chain.deployment, chain.deployed_at, JUDGE)


def test_a_cut_checkpoint_is_not_used(chain: RecordedChain, tmp_path: Path):
    file = tmp_path / "checkpoint"
    write_checkpoint(file, SavedVerification(77, BLOCK_HASH, replayed(chain, 60)))
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(UnusableCheckpoint, match="cannot be read"):
        read_checkpoint(file, chain.deployment, chain.deployed_at, JUDGE)


def test_a_changed_state_is_not_used(chain: RecordedChain, tmp_path: Path):
    file = tmp_path / "checkpoint"
    write_checkpoint(file, SavedVerification(77, BLOCK_HASH, replayed(chain, 60)))
    head, body = gzip.decompress(file.read_bytes()).split(b"\n")
    changed = body.replace(b'"supply":', b'"supply":1')
    assert changed != body
    file.write_bytes(gzip.compress(head + b"\n" + changed))
    with pytest.raises(UnusableCheckpoint, match="damaged"):
        read_checkpoint(file, chain.deployment, chain.deployed_at, JUDGE)


@pytest.mark.parametrize("name", ["format", "program", "deployment"])
def test_a_checkpoint_of_another_program_or_deployment_is_not_used(
    chain: RecordedChain, tmp_path: Path, name: str
):
    file = tmp_path / "checkpoint"
    write_checkpoint(file, SavedVerification(77, BLOCK_HASH, replayed(chain, 20)))
    head, body = gzip.decompress(file.read_bytes()).split(b"\n")
    changed = json.dumps({**json.loads(head), name: "another"}).encode("ascii")
    file.write_bytes(gzip.compress(changed + b"\n" + body))
    with pytest.raises(UnusableCheckpoint, match=f"another {name}"):
        read_checkpoint(file, chain.deployment, chain.deployed_at, JUDGE)
    if name == "deployment":
        write_checkpoint(file, SavedVerification(77, BLOCK_HASH, replayed(chain, 20)))
        with pytest.raises(UnusableCheckpoint, match="another deployment"):
            read_checkpoint(file, replace(chain.deployment, token_cap=1), chain.deployed_at)


def test_a_folder_that_cannot_be_written_is_named(chain: RecordedChain, tmp_path: Path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(UnwritableFile, match="cannot be written"):
        write_checkpoint(
            tmp_path / "file" / "checkpoint",
            SavedVerification(1, BLOCK_HASH, chain.replay()),
        )


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"bytes": "zz"},
        {"bytes": 7},
        {"class": "os.system", "values": ["x"]},
        {"class": "protocol.words.status.Head", "values": [1]},
        {"enum": "protocol.words.status.Phase", "value": 77},
        {"enum": "protocol.words.status.Phase"},
        {"mapping": [[1]]},
        {"mapping": [[{"list": []}, 1]]},
        {"tuple": 7},
        1.5,
    ],
    ids=str,
)
def test_nothing_else_than_known_values_is_read(value: object):
    with pytest.raises(MalformedValue):
        decode_value(value)


@pytest.mark.parametrize(
    "value", [object(), 1.5, {1: object()}, len], ids=["object", "float", "inside", "function"]
)
def test_nothing_else_than_known_values_is_kept(value: object):
    with pytest.raises(MalformedValue):
        encode_value(value)


@pytest.fixture(scope="module")
def kept(chain: RecordedChain, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint's file."""
    file = tmp_path_factory.mktemp("kept") / "checkpoint"
    write_checkpoint(file, SavedVerification(77, BLOCK_HASH, replayed(chain, 30)))
    return file


@MANY
@given(st.data())
def test_an_altered_file_is_read_or_refused(chain: RecordedChain, kept: Path, data: st.DataObject):
    file = kept.with_name("altered")
    file.write_bytes(data.draw(altered_bytes(kept.read_bytes())))
    with read_or_refused(UnusableCheckpoint):
        read_checkpoint(file, chain.deployment, chain.deployed_at, JUDGE)


@MANY
@given(st.data())
def test_a_file_that_was_made_to_mislead_is_read_or_refused(
    chain: RecordedChain, kept: Path, data: st.DataObject
):
    """Its hash is right: only its own program's state is trusted, but no other error ends it."""
    head, body = map(json.loads, gzip.decompress(kept.read_bytes()).split(b"\n"))
    if data.draw(st.booleans()):
        text = data.draw(altered_json(body))
        head["sha256"] = hashlib.sha256(text).hexdigest()
        first = json.dumps(head).encode()
    else:
        text = json.dumps(body, separators=(",", ":")).encode()
        first = data.draw(altered_json(head))
    file = kept.with_name("altered")
    file.write_bytes(gzip.compress(first + b"\n" + text, compresslevel=1))
    with read_or_refused(UnusableCheckpoint):
        read_checkpoint(file, chain.deployment, chain.deployed_at, JUDGE)
