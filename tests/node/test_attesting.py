"""Evaluation: one model keeps no other from its points, and rows follow from points alone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from offchain.errors import EvaluationError
from offchain.learning.tasks.digits import DigitsLearner
from offchain.node.attesting import MALFORMED, Attesting
from offchain.node.background import Background
from offchain.node.round_data import RoundData
from offchain.protocol.history.entries import RoundHistory
from offchain.protocol.history.fold import History
from offchain.protocol.words.parameters import DEMO
from offchain.protocol.words.records import DataSetFixed, ModelRevealed, RoundOpened
from offchain.protocol.words.status import ZERO_HASH
from offchain.protocol.words.transactions import ModelTransaction, Row
from tests.support.data_bench import ADDRESS, DOMAIN, PARTS, ROUND, SAMPLES, TEST_PART, DataBench
from tests.support.tampering.poisonous import poisonous_model, sound_model
from tests.support.waiting import PATIENCE_SECONDS

FAULTY = b"a model that brings out a fault"
ROOT = b"\x01" * 32
PLACE = {"block_number": 1, "log_index": 0, "timestamp": 1}
PARAMETERS = replace(DEMO, parts=PARTS, test_parts=1, samples_per_part=SAMPLES)
ENTRY = RoundHistory(ROUND, RoundOpened(ROUND, 1, 4, 100, **PLACE))


class Faulty(DigitsLearner):
    """A task with a fault for one model, on a machine with a trouble of its own or none."""

    trouble: Exception | None = None
    evaluated = 0

    def check_model(self, model):
        if model == FAULTY:
            raise IndexError("list index out of range")
        super().check_model(model)

    def points(self, model, payloads):
        if model == sound_model() and self.trouble is not None:
            raise self.trouble
        self.evaluated += 1
        return super().points(model, payloads)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[DataBench]:
    bench = DataBench(tmp_path, Faulty(SAMPLES, device="cpu"))
    yield bench
    bench.close()


def attesting_of(bench: DataBench) -> Attesting:
    return Attesting(
        PARAMETERS,
        bench.payloads,
        bench.store,
        bench.learner,
        bench.journal,
        Background(),
        bench.clock,
    )


def data_of(bench: DataBench, count: int = 2) -> RoundData:
    transactions = tuple(bench.data(index) for index in range(count))
    bench.payloads.open_some(transactions, 100)
    return RoundData(ROUND, ROOT, transactions)


def judge(attesting: Attesting, data: RoundData, models: list[bytes]) -> None:
    attesting.start(ENTRY, data, models, {})
    assert attesting._background.wait(PATIENCE_SECONDS)
    outcome = attesting._background.take()
    assert outcome is not None
    attesting.finish(outcome)


@pytest.mark.parametrize(
    "trouble", [MemoryError(), EvaluationError("no device"), OSError(5, "I/O error")], ids=repr
)
def test_a_fault_earns_nothing_and_own_trouble_is_tried_again(bench, trouble):
    data, attesting = data_of(bench), attesting_of(bench)
    models = [bench.store.put(model) for model in (FAULTY, sound_model(), poisonous_model())]
    bench.learner.trouble = trouble
    judge(attesting, data, models)
    assert [attesting.points(data, model) is MALFORMED for model in (models[0], models[2])]
    assert attesting.points(data, models[1]) is None
    assert attesting.is_evaluating
    bench.learner.trouble = None
    bench.clock.now += 2.0
    judge(attesting, data, models[1:2])
    test = [bench.plaintexts(index)[TEST_PART] for index in range(2)]
    expected = bench.learner.points(sound_model(), test)
    assert np.array_equal(attesting.points(data, models[1]), expected)
    assert attesting.evaluation(data, models[1]) == expected.sum()
    assert attesting.evaluation(data, models[0]) == 0


def test_nothing_is_evaluated_twice_even_after_a_restart(bench):
    data, model = data_of(bench), bench.store.put(sound_model())
    first = attesting_of(bench)
    judge(first, data, [model])
    again = attesting_of(bench)
    assert np.array_equal(again.points(data, model), first.points(data, model))
    assert again.unevaluated(ENTRY, data, model, None) == ()
    assert bench.learner.evaluated == 1


def test_points_that_a_journal_has_for_another_number_of_samples_are_not_taken(bench):
    data, model = data_of(bench), bench.store.put(sound_model())
    bench.journal.keep_points(data.judged_on, model, bytes(3))
    assert attesting_of(bench).points(data, model) is None


def test_points_on_other_test_parts_of_the_same_data_are_no_points(bench):
    """Blocks were taken back, and the partition drew others."""
    data, attesting = data_of(bench), attesting_of(bench)
    model = bench.store.put(sound_model())
    judge(attesting, data, [model])
    drawn = tuple(replace(item, test_parts=item.test_parts << 1) for item in data.transactions)
    assert attesting.points(replace(data, transactions=drawn), model) is None
    assert attesting.points(data, model) is not None


def test_a_statement_is_of_the_reveals_as_they_are_in_a_chain_that_was_read_anew(bench):
    """The same reveals in another order: every node would else state the rows of before."""
    data, attesting = data_of(bench), attesting_of(bench)
    models = [bytes([number]) * 32 for number in (1, 2)]
    for number, model in enumerate(models, 1):
        points = bytes(sample % 3 < number for sample in range(2 * SAMPLES))
        bench.journal.keep_points(data.judged_on, model, points)

    def rows(attesting: Attesting, order: list[bytes]) -> tuple[Row, ...] | None:
        history = History(PARAMETERS, DOMAIN)
        reveals = [
            ModelRevealed(
                ROUND,
                ADDRESS,
                index,
                1 + index,
                ModelTransaction(ADDRESS, m, ROOT, 5, ROOT, ROOT),
                **PLACE,
            )
            for index, m in enumerate(order)
        ]
        history.rounds[ROUND] = replace(replace_reveals(*reveals), missing=0)
        first = attesting.rows(history, data)
        assert attesting.rows(history, data) is first
        return first

    there, back = rows(attesting, models), rows(attesting, models[::-1])
    assert there is not None
    assert there != back == rows(attesting_of(bench), models[::-1])


def test_models_are_evaluated_once_they_can_be_had(bench):
    data, attesting = data_of(bench), attesting_of(bench)
    revealed = hashlib.sha256(sound_model()).digest()
    transaction = ModelTransaction(ADDRESS, revealed, bytes(32), 5, ROOT, bytes(32))
    entry = replace_reveals(ModelRevealed(ROUND, ADDRESS, 0, 1, transaction, **PLACE))
    own = b"\x07" * 32
    assert attesting.unfetched_models(entry) == 0b1
    assert attesting.unevaluated(entry, data, ZERO_HASH, own) == (own,)
    # Brought in a transaction it can be had whatever the store has.
    entry.brought[0] = sound_model()
    bench.clock.now += 1.0
    assert attesting.unfetched_models(entry) == 0
    assert attesting.unevaluated(entry, data, ZERO_HASH, own) == (revealed, own)
    # What is missing by fact matters to nobody.
    entry.missing = 0b1
    assert attesting.unevaluated(entry, data, ZERO_HASH, None) == ()


def replace_reveals(*reveals: ModelRevealed) -> RoundHistory:
    return RoundHistory(ROUND, ENTRY.opened, reveals=list(reveals))


def test_a_data_set_with_something_that_is_not_open_here_is_not_judged_on(bench):
    sound, bad = bench.data(0), bench.data(1, {2: b"nonsense"})
    bench.payloads.open_some([sound, bad], 100)
    attesting = attesting_of(bench)
    entry = replace(ENTRY, data=[sound, bad])
    assert attesting.data_of(entry) is None
    for bitmap, expected in ((0b11, None), (0b01, (sound,))):
        fixed = DataSetFixed(ROUND, bitmap, ROOT, **PLACE)
        found = attesting.data_of(replace(entry, fixed=fixed))
        assert (None if found is None else found.transactions) == expected
