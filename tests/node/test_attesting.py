"""Judging: one model keeps no other from its score, whatever becomes of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from offchain.errors import EvaluationError
from offchain.learning.tasks.learner import DigitsLearner
from offchain.node.attesting import Attesting, RoundData
from offchain.node.background import Background
from offchain.protocol.rules.dataset import assemble
from tests.node.test_payloads import MAXIMUM_SAMPLES, SCOPE, Bench, samples
from tests.support.tampering.hostile import poisonous_model, sound_model
from tests.support.waiting import PATIENCE_SECONDS

FAULTY = b"a model that brings out a fault"


class Faulty(DigitsLearner):
    """A task with a fault for one model, on a machine with a trouble of its own or none."""

    trouble: Exception | None = None

    def check_model(self, model):
        if model == FAULTY:
            raise IndexError("list index out of range")
        super().check_model(model)

    def evaluate(self, model, test):
        if model == sound_model() and self.trouble is not None:
            raise self.trouble
        return super().evaluate(model, test)


@pytest.fixture
def bench(tmp_path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    bench.journal.close()


def judge(attesting: Attesting, data: RoundData, models: list[bytes]) -> None:
    attesting.start(data, models, {})
    assert attesting._background.wait(PATIENCE_SECONDS)
    outcome = attesting._background.take()
    assert outcome is not None
    attesting.finish(outcome)


@pytest.mark.parametrize(
    "trouble", [MemoryError(), EvaluationError("no device"), OSError(5, "I/O error")], ids=repr
)
def test_a_fault_scores_nothing_and_own_trouble_is_tried_again(bench, trouble):
    item, _ = bench.sealed(samples(12))
    bench.payloads.open_some([item], 1)
    learner = Faulty(MAXIMUM_SAMPLES, device="cpu")
    attesting = Attesting(
        bench.payloads, bench.store, learner, bench.journal, Background(), bench.clock
    )
    found = assemble(SCOPE, [item], bench.payloads.samples)
    data = RoundData(found, bytes(32))
    models = [bench.store.put(model) for model in (FAULTY, sound_model(), poisonous_model())]
    learner.trouble = trouble
    judge(attesting, data, models)
    assert [attesting.score(data, model) for model in models] == [0, None, 0]
    assert attesting.is_evaluating
    learner.trouble = None
    bench.clock.now += 2.0
    judge(attesting, data, models[1:2])
    score = attesting.score(data, models[1])
    assert score == learner.evaluate(sound_model(), [samples(12)] * len(found.test))
