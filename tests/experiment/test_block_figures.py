"""Accuracy, precision, recall and F1 from predictions, and where a round's time goes."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from offchain.errors import VerificationError
from offchain.experiment.observer import JudgedBlock
from offchain.experiment.reporting.block_figures import (
    model_figures,
    require_attested,
    round_seconds,
)
from offchain.experiment.stopwatch import Stopwatch, Work


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


def test_predictions_that_are_not_the_attested_ones_are_refused():
    labels = np.array([0, 1, 2, 2], np.uint8)
    found = model_figures(np.array([0, 1, 2, 0], np.int64), labels, 3)
    counted = (found.correct, found.samples)
    require_attested("a model", counted, (3, 4))
    with pytest.raises(VerificationError, match="3 of 4 are correct here, attested are 4 of 4"):
        require_attested("a model", counted, (4, 4))
    with pytest.raises(VerificationError):
        require_attested("a model", counted, (3, 5))


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
    stage("UNSEAL", 2.0)
    for node in (0, 1):
        stage("REVEAL", 0.5, Work.JUDGING, node)
        stage("ATTEST", 0.5, Work.JUDGING, node)
    stage("FINALIZE", 3.0)
    watch.round, watch.stage = 4, "UNSEAL"
    with watch.passing():
        clock.now += 1_000.0
    block = JudgedBlock(1, 3, (), 0, b"", 0, None, 0, "")
    found = round_seconds(watch, block, winner=1, nodes=2)
    assert found.training == found.training_mean == 10.0
    assert found.verification == 10.0
    assert found.judging == 20.0
    assert found.consensus_in_turn == 2.0 + 4 * 10.5 + 3.0
    assert found.consensus == found.consensus_in_turn - 20.0
    assert found.stages["COMMIT"] == 22.0


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
