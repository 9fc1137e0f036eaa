"""Accuracy, precision, recall and F1 from predictions, and where a round's time goes."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest

from offchain.crypto.hashing import Domain, keccak256
from offchain.crypto.merkle import merkle_root
from offchain.errors import VerificationError
from offchain.experiment.observer import JudgedBlock
from offchain.experiment.reporting.block_figures import (
    CONSENSUS_STAGES,
    Seconds,
    block_figures,
    model_figures,
    round_seconds,
)
from offchain.experiment.stopwatch import Stopwatch, Work
from offchain.learning.formats.digits import DigitSamples
from offchain.protocol.rules.statements import SampleCounts
from offchain.protocol.words.transactions import EMPTY_ROW, Row


def by_definition(classes, labels, kinds):
    """The same figures, class by class, with nothing shared with the code under test."""
    precisions, recalls, f1s = [], [], []
    for kind in range(kinds):
        right = sum(c == kind and t == kind for c, t in zip(classes, labels, strict=True))
        said = sum(c == kind for c in classes)
        there = sum(t == kind for t in labels)
        precision = right / said if said else 0.0
        recall = right / there if there else 0.0
        f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
        precisions.append(precision)
        recalls.append(recall)
        f1s.append(f1)
    accuracy = sum(c == t for c, t in zip(classes, labels, strict=True)) / len(labels)
    return accuracy, sum(precisions) / kinds, sum(recalls) / kinds, sum(f1s) / kinds


@pytest.mark.parametrize("seed", range(5))
def test_the_figures_are_those_of_their_definitions(seed):
    random = np.random.default_rng(seed)
    labels = random.integers(0, 10, 300).astype(np.uint8)
    classes = np.where(random.random(300) < 0.7, labels, random.integers(0, 10, 300))
    found = model_figures(classes.astype(np.int64), labels, 10)
    wanted = by_definition(classes.tolist(), labels.tolist(), 10)
    assert (found.accuracy, found.precision, found.recall, found.f1) == pytest.approx(wanted)
    assert found.correct == int((classes == labels).sum())
    assert found.samples == 300


def test_a_class_that_is_never_said_counts_as_zero():
    labels = np.array([0, 0, 1, 1, 2], np.uint8)
    found = model_figures(np.array([0, 0, 1, 1, 1], np.int64), labels, 3)
    assert found.precision == pytest.approx((1 + 2 / 3 + 0) / 3)
    assert found.f1 == pytest.approx((1 + 0.8 + 0) / 3)
    assert found.accuracy == 0.8


DOMAIN = Domain(31337, "0x" + 20 * "11")
NODES = ("first", "second", "third")
LABELS = np.array([0, 1, 2, 3, 4, 5], np.uint8)  # of three data transactions with two samples each
OLD = np.array([0, 9, 2, 9, 4, 5])
NEW = np.array([0, 1, 2, 3, 9, 5])
NO_TIME = Seconds(1.0, 1.0, 0.1, 0.3, 2.0, 3.0, {})


def row_by_definition(points, baseline):
    """A row with k = 1: of three data transactions the one in the middle counts."""
    own, base = points.reshape(3, 2).sum(1), baseline.reshape(3, 2).sum(1)
    squares = ((points - baseline) ** 2).reshape(3, 2).sum(1)
    words = [bytes(map(int, two)).ljust(32, b"\0") for two in points.reshape(3, 2)]
    packed = b"".join(
        int(sums[0]).to_bytes(4, "big") + int(sums[1]).to_bytes(4, "big") + merkle_root([word])
        for *sums, word in zip(own, squares, words, strict=True)
    )
    middle, net, spread = (int(sorted(values)[1]) for values in (own, own - base, squares))
    hashes = keccak256(packed), keccak256(b"")
    digest = DOMAIN.hash("row", ("uint256", "bytes32", "bytes32"), (7, *hashes))
    return Row(digest, middle, net, spread, 0)


def judged(best, previous):
    """Block 5 of round 7: what honest attesters say of two models by the classes they say."""
    zeros = np.zeros(6, int)
    old = zeros if previous is None else (previous == LABELS).astype(int)
    return JudgedBlock(
        domain=DOMAIN,
        number=5,
        round=7,
        test=(),
        counts=SampleCounts(3, 2),
        trimmed=1,
        best=b"best",
        best_row=None if best is None else row_by_definition((best == LABELS).astype(int), old),
        previous=None if previous is None else b"previous",
        previous_row=EMPTY_ROW if previous is None else row_by_definition(old, old),
        winner=None if best is None else "second",
        models=3,
        voices=2,
    )


def figures_of(block, best, previous):
    test = DigitSamples(np.zeros((6, 28, 28), np.uint8), LABELS)
    return block_figures(block, test, best, previous, NODES, NO_TIME)


def test_a_block_holds_its_best_model_against_the_previous_one():
    found = figures_of(judged(NEW, OLD), NEW, OLD)
    assert (found.number, found.round, found.quiet, found.winner) == (5, 7, False, 1)
    assert (found.models, found.voices) == (3, 2)
    assert (found.test_samples, found.judged_samples) == (6, 2)
    # +1, +1 and -1 correct: without the largest and the smallest advantage, one ahead.
    assert (found.net, found.spread) == (1, 1)
    written = found.as_json()
    assert (written["accuracy"], written["previous_accuracy"]) == (5 / 6, 4 / 6)
    assert written["best"]["correct"] == 5


def test_the_first_block_has_no_previous_model():
    found = figures_of(judged(NEW, None), NEW, None)
    assert found.previous is None
    assert found.as_json()["previous_accuracy"] is None
    assert found.net == 2


def test_a_quiet_block_keeps_the_previous_best_model():
    found = figures_of(judged(None, OLD), OLD, OLD)
    assert found.quiet
    assert found.winner is found.net is found.spread is None
    assert found.best == found.previous
    assert found.as_json()["accuracy"] == 4 / 6


def test_predictions_that_are_not_the_attested_ones_are_refused():
    block = judged(NEW, OLD)
    as_good = np.array([0, 1, 2, 3, 4, 9])  # as many correct answers, elsewhere
    other = np.array([9, 9, 2, 9, 4, 5])
    for best, previous, which in (
        (other, OLD, "best"),
        (as_good, OLD, "best"),
        (NEW, other, "previous best"),
    ):
        with pytest.raises(VerificationError, match=f"the {which} model of block 5 has"):
            figures_of(block, best, previous)
    with pytest.raises(VerificationError, match="the best model of block 5"):
        figures_of(replace(block, best_row=replace(block.best_row, hash=bytes(32))), NEW, OLD)
    with pytest.raises(VerificationError, match="the previous best model of block 5"):
        figures_of(judged(None, OLD), NEW, NEW)


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_consensus_has_the_judging_of_one_node_and_everything_else_of_all():
    clock = Clock()
    watch = Stopwatch(clock)

    def stage(name, seconds, work=None, node=0):
        watch.round, watch.stage = 3, name
        with watch.passing():
            clock.now += seconds
            if work is not None:
                with watch.computing(work, node):
                    clock.now += 10.0

    stage("COMMIT", 1.0, Work.TRAINING, 0)
    stage("COMMIT", 1.0, Work.TRAINING, 1)
    stage("UNSEAL", 1.5)
    stage("REPORT", 0.5)
    for node in (0, 1):
        stage("REVEAL", 0.5, Work.JUDGING, node)
        stage("ATTEST", 0.5, Work.JUDGING, node)
    stage("FINALIZE", 3.0)
    watch.round, watch.stage = 4, "UNSEAL"
    with watch.passing():
        clock.now += 1_000.0
    found = round_seconds(watch, 3, winner=1, nodes=2)
    assert found.training == found.training_mean == 10.0
    assert found.verification == 10.0
    assert found.judging == 20.0
    assert found.consensus_in_turn == 2.0 + 4 * 10.5 + 3.0
    assert found.consensus == found.consensus_in_turn - 20.0
    assert found.stages["COMMIT"] == 22.0
    assert round_seconds(watch, 3, winner=None, nodes=2).training is None


def test_consensus_is_everything_after_the_commitments():
    assert (
        *("UNSEAL", "REPORT", "REVEAL", "AVAILABLE", "BRING"),
        *("ATTEST", "ATTEST_REVEAL", "CHALLENGE", "ANSWER", "SECOND_CHALLENGE"),
        *("SECOND_ANSWER", "PROVE", "FINALIZE"),
    ) == CONSENSUS_STAGES


def test_a_computation_that_fails_is_named_and_not_timed():
    watch = Stopwatch(Clock(), round=2)
    with pytest.raises(ValueError, match="broken"), watch.computing(Work.TRAINING, 4):
        raise ValueError("broken")
    assert watch.computations == []
    assert watch.failures == ["training of node 4 in round 2: broken"]
    assert not watch.gate.locked()


def test_only_one_node_computes_at_a_time():
    watch = Stopwatch(Clock())
    inside, most = [], []

    def compute(node):
        for _ in range(50):
            with watch.computing(Work.JUDGING, node):
                inside.append(node)
                most.append(len(inside))
                inside.remove(node)

    threads = [threading.Thread(target=compute, args=(node,)) for node in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(watch.computations) == 200
    assert max(most) == 1
