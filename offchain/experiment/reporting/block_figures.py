"""A block's figures: how good its models are on its test set, and how long everything took."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from offchain.errors import VerificationError
from offchain.experiment.observer import JudgedBlock
from offchain.experiment.stopwatch import Stopwatch, Work
from offchain.learning.formats.digits import (
    MAXIMUM_PAYLOAD_SAMPLES,
    DigitSamples,
    concatenate,
    decode_payload,
)

CONSENSUS_STAGES = ("UNSEAL", "REVEAL", "AVAILABLE", "ATTEST", "ATTEST_REVEAL", "FINALIZE")
"""Everything of a round after the models are trained and committed to."""


@dataclass(frozen=True, slots=True)
class ModelFigures:
    """How good a model is on a test set; precision and F1 are means over the classes (macro).

    A class that the model never says has precision 0, and F1 0 with it.
    """

    accuracy: float
    precision: float
    recall: float
    f1: float
    correct: int
    samples: int


@dataclass(frozen=True, slots=True)
class Seconds:
    """Where the time of a round went, in seconds.

    Attributes:
        training: of the block's best model.
        training_mean: of a node's model, over all nodes.
        verification: of judging one model on the test set, median over all that were judged.
        judging: of all that one node judges, mean over the nodes.
        consensus: of the round after training, as one node lives it: everything that the whole
            network does from the test keys to the block, with the judging of one node.
        consensus_in_turn: the same with the judging of all nodes, one after the other.
        stages: of the whole process, by part of the round, all nodes in turn.
    """

    training: float
    training_mean: float
    verification: float
    judging: float
    consensus: float
    consensus_in_turn: float
    stages: dict[str, float]


@dataclass(frozen=True, slots=True)
class BlockFigures:
    """A block: its number, round and test samples, its best and previous best model, the times."""

    number: int
    round: int
    test_samples: int
    models: int
    best: ModelFigures
    previous: ModelFigures | None
    seconds: Seconds

    def as_json(self) -> dict[str, Any]:
        """The block as it stands in the results."""
        return asdict(self)


def model_figures(
    classes: NDArray[np.int64], labels: NDArray[np.uint8], kinds: int
) -> ModelFigures:
    """Accuracy, macro precision, macro recall and macro F1 of predicted ``classes``, int64 [n].

    ``labels`` are uint8 [n], at least one, each below ``kinds``. All of it follows from the table
    of counts, so that the figures are as exact as the predictions. A class that is not in the test
    set counts like the others, with recall 0.
    """
    counts = np.zeros((kinds, kinds), np.int64)  # [label, prediction]
    np.add.at(counts, (labels, classes), 1)
    hits = np.diag(counts)
    said, there = counts.sum(axis=0), counts.sum(axis=1)
    precision = hits / np.maximum(said, 1)
    recall = hits / np.maximum(there, 1)
    f1 = 2 * hits / np.maximum(said + there, 1)
    correct = int(hits.sum())
    return ModelFigures(
        accuracy=correct / len(labels),
        precision=float(precision.mean()),
        recall=float(recall.mean()),
        f1=float(f1.mean()),
        correct=correct,
        samples=len(labels),
    )


def decoded_test(block: JudgedBlock) -> DigitSamples:
    """A block's test samples, in the order of its items."""
    return concatenate([decode_payload(item, MAXIMUM_PAYLOAD_SAMPLES) for item in block.test])


def require_attested(what: str, counted: tuple[int, int], attested: tuple[int, int]) -> None:
    """Raise `VerificationError` unless correct answers and samples are as attested."""
    if counted != attested:
        raise VerificationError(
            f"{what}: {counted[0]} of {counted[1]} are correct here, attested are "
            f"{attested[0]} of {attested[1]}"
        )


def round_seconds(stopwatch: Stopwatch, block: JudgedBlock, winner: int, nodes: int) -> Seconds:
    """Where the time of a block's round went.

    Args:
        stopwatch: has taken the whole round.
        block: the block.
        winner: the node whose model is best.
        nodes: how many there are.
    """
    trainings = stopwatch.of(block.round, Work.TRAINING)
    # A training that was done again counts once: the last one made the model.
    by_node = {entry.node: entry.seconds for entry in trainings}
    judgings = [entry.seconds for entry in stopwatch.of(block.round, Work.JUDGING)]
    stages = stopwatch.stage_seconds(block.round)
    in_turn = sum(stages.get(stage, 0.0) for stage in CONSENSUS_STAGES)
    judging = sum(judgings) / nodes
    return Seconds(
        training=by_node[winner],
        training_mean=sum(by_node.values()) / len(by_node),
        verification=float(np.median(judgings)),
        judging=judging,
        consensus=in_turn - sum(judgings) + judging,
        consensus_in_turn=in_turn,
        stages=stages,
    )
