"""A fault that a stranger's file brings out is its refusal; a node's own trouble is not."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from offchain.crypto.hashing import Domain
from offchain.crypto.ring import nullifier
from offchain.crypto.sealing import payload_associated_data, seal
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
from offchain.protocol.rules.dataset import DataItem
from offchain.protocol.words.transactions import Item
from offchain.storage.opened import check_model, count_samples, open_payload, score_model

ADDRESS = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
DOMAIN = Domain(31_337, ADDRESS)
KEY = b"\x07" * 32
POINT = nullifier(DOMAIN, ShareKey(1), 3)
FILE = b"a file that brings out a fault"
DIGEST = hashlib.sha256(FILE).digest()
ITEM = DataItem(0, bytes(32), Item(3, DIGEST, bytes(32), 0, ADDRESS, POINT.x, POINT.v), False, KEY)

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
    """Any bytes are as many samples, and a model that scores them all; but `FILE` is a fault."""

    name = "faulty"

    def __init__(self, error: BaseException, in_score: bool = False) -> None:
        self.error, self.in_score = error, in_score

    def decode_payload(self, plaintext):
        if plaintext == FILE:
            raise self.error
        return plaintext

    def sample_count(self, samples):
        return len(samples)

    def decode_model(self, data):
        if data == FILE and not self.in_score:
            raise self.error
        return data

    def score(self, network, samples):
        if network == FILE:
            raise self.error
        return sum(map(len, samples))

    def train(self, samples, previous, seed, progress, ages=()) -> TrainedModel:
        raise NotImplementedError


def uses(error: BaseException) -> dict[type[Exception], list[Callable[[], object]]]:
    """All that is done with a stranger's file, by the refusal that is due."""
    learner, late = TaskLearner(FaultyTask(error)), TaskLearner(FaultyTask(error, in_score=True))
    return {
        PayloadError: [lambda: count_samples(FILE, ITEM, learner, 100)],
        ModelError: [
            lambda: check_model(FILE, DIGEST, learner),
            lambda: score_model(FILE, DIGEST, [b"abc"], learner),
            lambda: score_model(FILE, DIGEST, [b"abc"], late),
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
        score_model(b"model", bytes(32), [FILE], learner)


def test_other_files_are_counted_and_scored():
    learner = TaskLearner(FaultyTask(ValueError()))
    assert count_samples(b"abc", ITEM, learner, 3) == 3
    assert score_model(b"model", bytes(32), [b"abc", b"de"], learner) == 5


@pytest.mark.parametrize("count", [0, 4])
def test_no_samples_or_too_many_are_refused(count):
    learner = TaskLearner(FaultyTask(ValueError()))
    with pytest.raises(PayloadError, match=f"{count} samples, allowed are 1 to 3"):
        count_samples(b"x" * count, ITEM, learner, 3)


def test_a_payload_opens_with_its_own_key_alone():
    data = payload_associated_data(DOMAIN, 3, POINT)
    sealed = seal(b"plain", KEY, data, lambda size: bytes(size))
    assert open_payload(sealed, ITEM, KEY, DOMAIN) == b"plain"
    for content, key in ((sealed, bytes(32)), (sealed[:-1], KEY), (b"", KEY), (sealed, b"short")):
        with pytest.raises(PayloadError, match="does not decrypt"):
            open_payload(content, ITEM, key, DOMAIN)
