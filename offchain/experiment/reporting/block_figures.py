"""A block's figures: how good its models are on its test set, and how long everything took."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from offchain.experiment.observer import JudgedBlock
from offchain.experiment.stopwatch import Stopwatch, Work
from offchain.learning.formats.digits import (
    CLASSES,
    DigitSamples,
    concatenate,
    decode_payload,
)
from offchain.protocol.words.status import Phase

CONSENSUS_STAGES = tuple(phase.name for phase in Phase if phase.competes and phase > Phase.COMMIT)
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
        training: of the block's best model; None in a quiet block.
        training_mean: of a node's model, over all nodes.
        verification: of judging one model on the test set, median over all that were judged.
        judging: of all that one node judges, mean over the nodes.
        consensus: of the round after training, as one node lives it: everything that the whole
            network does from the test keys to the block, with the judging of one node.
        consensus_in_turn: the same with the judging of all nodes, one after the other.
        stages: of the whole process, by part of the round, all nodes in turn.
    """

    training: float | None
    training_mean: float
    verification: float
    judging: float
    consensus: float
    consensus_in_turn: float
    stages: dict[str, float]


@dataclass(frozen=True, slots=True)
class BlockFigures:
    """A block and the best model after it, held against the previous one on the block's test set.

    Attributes:
        number: the block's.
        round: the round that made it.
        quiet: whether the best model is still the previous one.
        test_samples: the test set's.
        judged_samples: of them, those that count: without the k best and k worst of D.
        models: valid models.
        voices: how many of them are voices.
        winner: number of the node whose model is best; None: the block is quiet.
        net: advantage of the new best model on the samples that count, in correct answers; None:
            the block is quiet.
        spread: on how many of these samples the two models differ; None likewise.
        best: of the best model; None while there is none.
        previous: of the previous one; None: there was none.
        seconds: where the round's time went.
    """

    number: int
    round: int
    quiet: bool
    test_samples: int
    judged_samples: int
    models: int
    voices: int
    winner: int | None
    net: int | None
    spread: int | None
    best: ModelFigures | None
    previous: ModelFigures | None
    seconds: Seconds

    def as_json(self) -> dict[str, Any]:
        """The block as it stands in the results, with both accuracies on top."""
        found = asdict(self)
        models = {name: found.pop(name) for name in ("best", "previous", "seconds")}
        return {
            **found,
            "accuracy": None if self.best is None else self.best.accuracy,
            "previous_accuracy": None if self.previous is None else self.previous.accuracy,
            **models,
        }


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
    """A block's test samples, in the order of its parts."""
    each = block.test_samples // len(block.test)
    return concatenate([decode_payload(part, each) for part in block.test])


def block_figures(
    block: JudgedBlock,
    test: DigitSamples,
    best: NDArray[np.int64] | None,
    previous: NDArray[np.int64] | None,
    nodes: Sequence[str],
    seconds: Seconds,
) -> BlockFigures:
    """A block's figures from what its two models say of its test set.

    Args:
        block: the block.
        test: its test set.
        best: the classes that the best model gives its samples; None: there is none.
        previous: the same of the previous one.
        nodes: the nodes' accounts.
        seconds: where the round's time went.

    Raises:
        VerificationError: the attesters stand behind other rows.
    """

    def points(classes: NDArray[np.int64] | None) -> NDArray[np.uint8] | None:
        return None if classes is None else (classes == test.labels).astype(np.uint8)

    def figures(classes: NDArray[np.int64] | None) -> ModelFigures | None:
        return None if classes is None else model_figures(classes, test.labels, CLASSES)

    block.require_attested(points(best), points(previous))
    row = block.best_row
    return BlockFigures(
        number=block.number,
        round=block.round,
        quiet=block.is_quiet,
        test_samples=block.test_samples,
        judged_samples=block.judged_samples,
        models=block.models,
        voices=block.voices,
        winner=None if block.winner is None else nodes.index(block.winner),
        net=None if row is None else row.net,
        spread=None if row is None else row.spread,
        best=figures(best),
        previous=figures(previous),
        seconds=seconds,
    )


def round_seconds(
    stopwatch: Stopwatch, round_number: int, winner: int | None, nodes: int
) -> Seconds:
    """Where the time of a round went.

    Args:
        stopwatch: has taken the whole round.
        round_number: the round.
        winner: the node whose model is best; None: its block is quiet.
        nodes: how many there are.
    """
    trainings = stopwatch.of(round_number, Work.TRAINING)
    # A training that was done again counts once: the last one made the model.
    by_node = {entry.node: entry.seconds for entry in trainings}
    judgings = [entry.seconds for entry in stopwatch.of(round_number, Work.JUDGING)]
    stages = stopwatch.stage_seconds(round_number)
    in_turn = sum(stages.get(stage, 0.0) for stage in CONSENSUS_STAGES)
    judging = sum(judgings) / nodes
    return Seconds(
        training=None if winner is None else by_node[winner],
        training_mean=sum(by_node.values()) / max(1, len(by_node)),
        verification=float(np.median(judgings or [0.0])),
        judging=judging,
        consensus=in_turn - sum(judgings) + judging,
        consensus_in_turn=in_turn,
        stages=stages,
    )
