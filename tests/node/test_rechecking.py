"""The second look: points that a second arithmetic does not confirm are never stated."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from structlog.testing import capture_logs

from offchain.errors import ContentMissingError
from offchain.node.background import Background
from offchain.node.computations import Recheck
from offchain.node.rechecking import Rechecking
from offchain.node.round_data import RoundData
from tests.support.data_bench import ROUND, SAMPLES, TEST_PART, DataBench
from tests.support.tampering.poisonous import sound_model
from tests.support.waiting import PATIENCE_SECONDS

ROOT = b"\x01" * 32
MODEL = hashlib.sha256(sound_model()).digest()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[DataBench]:
    bench = DataBench(tmp_path)
    yield bench
    bench.close()


@pytest.fixture
def data(bench: DataBench) -> RoundData:
    transactions = tuple(bench.data(index) for index in range(2))
    bench.payloads.open_some(transactions, 100)
    return RoundData(ROUND, ROOT, transactions)


def rechecking_of(bench: DataBench, randomness=os.urandom) -> Rechecking:
    return Rechecking(bench.payloads, bench.learner, Background(), randomness, bench.clock)


def true_points(bench: DataBench) -> np.ndarray:
    test = [bench.plaintexts(index)[TEST_PART] for index in range(2)]
    return bench.learner.points(sound_model(), test)


def look(rechecking: Rechecking, data: RoundData, points: np.ndarray, file=lambda _: sound_model()):
    rechecking.start(data, file, {MODEL: points})
    assert rechecking.is_running
    assert rechecking._background.wait(PATIENCE_SECONDS)
    ended = rechecking._background.take()
    assert ended is not None
    rechecking.finish(ended)


def test_true_points_pass_and_only_for_what_was_looked_at(bench, data):
    rechecking, recheck = rechecking_of(bench), Recheck(data.judged_on, (MODEL,))
    assert not rechecking.is_passed(recheck)
    look(rechecking, data, true_points(bench))
    assert rechecking.is_passed(recheck)
    assert not rechecking.differ(data.judged_on)
    assert not rechecking.is_running
    # One more model, or another data set, is another look.
    assert not rechecking.is_passed(replace(recheck, models=(MODEL, bytes(32))))
    assert not rechecking.is_passed(replace(recheck, judged_on=bytes(32)))


def test_parts_that_were_drawn_anew_are_looked_at_anew(bench, data):
    """Blocks were taken back, and another Bitcoin block draws other parts of the same data."""
    rechecking = rechecking_of(bench)
    look(rechecking, data, true_points(bench))
    assert rechecking.is_passed(Recheck(data.judged_on, (MODEL,)))
    drawn = [replace(item, test_parts=item.test_parts << 1) for item in data.transactions]
    redrawn = replace(data, transactions=tuple(drawn))
    assert redrawn.root == data.root
    assert not rechecking.is_passed(Recheck(redrawn.judged_on, (MODEL,)))


@pytest.mark.parametrize("sample", range(2 * SAMPLES))
def test_one_false_point_among_those_that_are_looked_at_stops_the_node(bench, data, sample):
    """So few samples are all looked at, whatever the randomness."""
    points = true_points(bench)
    points[sample] ^= 1
    rechecking = rechecking_of(bench)
    with capture_logs() as logs:
        look(rechecking, data, points)
    assert rechecking.differ(data.judged_on)
    assert not rechecking.is_passed(Recheck(data.judged_on, (MODEL,)))
    [told] = [line for line in logs if line["log_level"] == "error"]
    assert f"earns {points[sample]} on sample" in told["reason"]
    assert f"by the definition {1 - points[sample]}" in told["reason"]


def test_which_samples_are_looked_at_nobody_can_foresee(bench, data, monkeypatch):
    monkeypatch.setattr("offchain.node.rechecking.SAMPLES", 1)
    monkeypatch.setattr("offchain.node.rechecking.FEWEST", 1)
    looked_at = set()

    class Noting(type(bench.learner)):
        def check_points(self, model, records, points):  # noqa: ARG002
            looked_at.update(records)
            assert len(records) == len(points) == 1

    bench.learner = Noting(SAMPLES, device="cpu")
    for seed in range(24):
        rechecking = rechecking_of(bench, lambda count, seed=seed: seed.to_bytes(count, "big"))
        look(rechecking, data, true_points(bench))
    assert len(looked_at) > SAMPLES


def test_what_cannot_be_had_now_is_tried_again(bench, data):
    def gone(digest: bytes) -> bytes:
        raise ContentMissingError(digest)

    rechecking = rechecking_of(bench)
    look(rechecking, data, true_points(bench), gone)
    assert rechecking.is_running
    assert not rechecking.differ(data.judged_on)
    bench.clock.now += 2.0
    assert not rechecking.is_running
    look(rechecking, data, true_points(bench))
    assert rechecking.is_passed(Recheck(data.judged_on, (MODEL,)))
