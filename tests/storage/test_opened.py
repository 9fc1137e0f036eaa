"""A fault that a stranger's file brings out is its refusal; a node's own trouble is not."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from structlog.testing import capture_logs

from offchain.crypto.hashing import Domain
from offchain.crypto.ring import nullifier
from offchain.crypto.sealing import payload_associated_data, seal, seal_part
from offchain.crypto.secp256k1 import ShareKey
from offchain.errors import (
    ConfigurationError,
    EvaluationError,
    ModelError,
    PayloadError,
    ProtocolError,
    StoreError,
)
from offchain.learning.task import Task
from offchain.learning.tasks.learner import TaskLearner
from offchain.ports import TrainedModel
from offchain.protocol.words.transactions import DataRecord
from offchain.storage.opened import check_model, model_points, open_part, read_records

ADDRESS = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
DOMAIN = Domain(31_337, ADDRESS)
KEY = b"\x07" * 32
POINT = nullifier(DOMAIN, ShareKey(1), 3)
FILE = b"a file that brings out a fault"
DIGEST = hashlib.sha256(FILE).digest()
RECORD = DataRecord(3, bytes(32), bytes(32), bytes(32), 0, ADDRESS, POINT.x, POINT.v)
PART = 7
LENGTH = 40

UNFORESEEN = (
    ValueError("array is too big;\n\x1b[2J arr.size"),
    RuntimeError("shape '[4294967295]' is invalid"),
    RecursionError("maximum recursion depth exceeded"),
    OverflowError("int too large to convert"),
    KeyError("shape"),
    AssertionError(),
    ProtocolError("an error of ours that nobody expects here"),
)
OWN = (
    MemoryError(),
    OSError(28, "No space left on device"),
    ImportError("libtorch.so: cannot open shared object file"),
    StoreError("the store does not answer"),
    EvaluationError("nothing computes exactly"),
    ConfigurationError("a library is not installed"),
)


class FaultyTask(Task[bytes, bytes]):
    """Any bytes are as many samples, on which every model earns a point; but `FILE` is a fault."""

    name = "faulty"

    def __init__(self, error: BaseException, in_points: bool = False) -> None:
        super().__init__(3)
        self.error, self.in_points = error, in_points

    @property
    def payload_bytes(self):
        return LENGTH

    def rules(self):
        return {}

    def decode_payload(self, plaintext):
        if plaintext == FILE:
            raise self.error
        return plaintext

    def records(self, samples):
        return [bytes([sample]) for sample in samples]

    def decode_model(self, data):
        if data == FILE and not self.in_points:
            raise self.error
        return data

    def points(self, network, samples):
        if network == FILE:
            raise self.error
        return np.ones(sum(map(len, samples)), np.uint8)

    def points_by_definition(self, network, records):
        raise NotImplementedError

    def train(self, samples, previous, seed, progress, ages=()) -> TrainedModel:
        raise NotImplementedError


def uses(error: BaseException) -> dict[type[Exception], list[Callable[[], object]]]:
    """All that is done with a stranger's file, by the refusal that is due."""
    learner, late = TaskLearner(FaultyTask(error)), TaskLearner(FaultyTask(error, in_points=True))
    return {
        PayloadError: [lambda: read_records(FILE, DIGEST, learner)],
        ModelError: [
            lambda: check_model(FILE, DIGEST, learner),
            lambda: model_points(FILE, DIGEST, [b"abc"], learner),
            lambda: model_points(FILE, DIGEST, [b"abc"], late),
        ],
    }


@pytest.mark.parametrize("error", UNFORESEEN, ids=lambda error: type(error).__name__)
def test_an_error_that_nobody_foresaw_refuses_the_file_and_names_it(error):
    for refusal, calls in uses(error).items():
        for call in calls:
            with capture_logs() as logs, pytest.raises(refusal, match=DIGEST.hex()) as refused:
                call()
            [told] = logs
            assert (told["log_level"], told["file"]) == ("error", DIGEST.hex())
            assert type(error).__name__ in told["reason"]
            assert "test_opened.py:" in told["reason"]
            assert told["reason"].isprintable()
            assert refused.value.__cause__ is error


@pytest.mark.parametrize("error", OWN, ids=lambda error: type(error).__name__)
def test_a_nodes_own_trouble_is_not_the_files_fault(error):
    for calls in uses(error).values():
        for call in calls:
            with capture_logs() as logs, pytest.raises(type(error)) as raised:
                call()
            assert raised.value is error
            assert logs == []


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(1)], ids=repr)
def test_whoever_ends_the_program_ends_it(error):
    for calls in uses(error).values():
        for call in calls:
            with pytest.raises(type(error)):
                call()


def test_a_refusal_that_is_due_is_the_refusal_and_no_fault():
    for refusal in (PayloadError("bad"), ModelError("bad")):
        for call in uses(refusal)[type(refusal)]:
            with capture_logs() as logs, pytest.raises(type(refusal)) as raised:
                call()
            assert raised.value is refusal
            assert logs == []


def test_a_test_payload_that_is_refused_is_not_the_models_fault():
    learner = TaskLearner(FaultyTask(PayloadError("bad")))
    with pytest.raises(PayloadError):
        model_points(b"model", bytes(32), [FILE], learner)


def test_other_files_are_read_and_evaluated():
    learner = TaskLearner(FaultyTask(ValueError()))
    assert read_records(b"abc", DIGEST, learner) == [b"a", b"b", b"c"]
    points = model_points(b"model", bytes(32), [b"abc", b"de"], learner)
    assert points.tolist() == [1] * 5


def sealed_part(part: int = PART) -> bytes:
    return seal_part(b"plain", LENGTH, KEY, payload_associated_data(DOMAIN, 3, POINT, part))


def test_a_part_opens_with_its_own_key_in_its_own_place_alone():
    def opened(content=None, record=RECORD, part=PART, key=KEY, domain=DOMAIN) -> bytes:
        file = sealed_part() if content is None else content
        return open_part(file, hashlib.sha256(file).digest(), record, part, key, domain, LENGTH)

    assert opened() == b"plain"
    other = nullifier(DOMAIN, ShareKey(2), 3)
    wrong = [
        {"key": bytes(32)},
        {"key": b"short"},
        {"content": sealed_part()[:-1]},
        {"content": b""},
        {"content": seal(b"plain", KEY, payload_associated_data(DOMAIN, 3, POINT, PART))},
        {"part": PART + 1},
        {"record": replace(RECORD, round=4)},
        {"record": replace(RECORD, nullifier_x=other.x)},
        {"record": replace(RECORD, nullifier_v=55 - POINT.v)},
        {"domain": Domain(1, ADDRESS)},
    ]
    for changes in wrong:
        with pytest.raises(PayloadError, match="does not open"):
            opened(**changes)
