"""Shared parts: opened where they are sound, told apart where not, sought while missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from offchain.learning.tasks.digits import DigitsLearner
from offchain.node.payloads import DataState, PayloadNotOpen
from offchain.protocol.deciding.retention import EARLIER_ROUNDS
from tests.support.data_bench import (
    PARTS,
    SAMPLES,
    TEST_PART,
    DataBench,
    samples,
    without_keys,
    without_test_keys,
)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[DataBench]:
    bench = DataBench(tmp_path)
    yield bench
    bench.close()


def test_a_sound_data_transaction_opens(bench):
    data = bench.data()
    assert bench.payloads.state(data) is DataState.WAITING
    bench.payloads.open_some([data], PARTS)
    assert bench.payloads.state(data) is DataState.OPEN
    opened = [bench.payloads.plaintext(data, part) for part in range(PARTS)]
    assert opened == bench.plaintexts(0)


def test_parts_open_when_their_keys_come_and_no_sooner(bench):
    data = bench.data()
    sealed, half = without_keys(data), without_test_keys(data)
    bench.payloads.open_some([sealed], PARTS)
    assert bench.payloads.training_state(sealed) is DataState.SEALED
    with pytest.raises(PayloadNotOpen, match="part 0 of data transaction 0 of round 3"):
        bench.payloads.plaintext(sealed, 0)
    bench.payloads.open_some([half], PARTS)
    assert bench.payloads.training_state(half) is DataState.OPEN
    assert bench.payloads.state(half) is DataState.SEALED
    with pytest.raises(PayloadNotOpen, match="its key is not published"):
        bench.payloads.plaintext(half, TEST_PART)


def spoiled(bench: DataBench) -> dict:
    """Data transactions with one part that cannot be used, by what is wrong with it."""
    stolen = bench.data(9)
    copied = bench.store.get(stolen.shared.payload_hashes[2])
    opened = bench.data(4)
    return {
        "no payload of the task": bench.data(1, {2: b"nonsense"}),
        "too few samples": bench.data(2, {2: samples(22, SAMPLES - 1)}),
        "too many samples": bench.data(3, {2: samples(22, SAMPLES + 1)}),
        "a wrong key": replace(opened, training_words=(*opened.training_words[:2], bytes(32)) * 2),
        "copied from another data transaction": bench.data(5, files={2: copied}),
        "hardly any bytes": bench.data(6, files={2: bytes(5)}),
    }


def test_one_part_that_cannot_be_used_puts_its_data_transaction_out(bench):
    transactions = spoiled(bench)
    bench.payloads.open_some(transactions.values(), 100)
    for name, data in transactions.items():
        assert bench.payloads.state(data) is DataState.UNUSABLE, name
        assert bench.payloads.training_state(data) is DataState.UNUSABLE, name


def test_a_bad_test_part_does_not_keep_from_training(bench):
    data = bench.data(spoiled={TEST_PART: b"nonsense"})
    bench.payloads.open_some([data], PARTS)
    assert bench.payloads.training_state(data) is DataState.OPEN
    assert bench.payloads.state(data) is DataState.UNUSABLE


def test_samples_other_than_the_signed_root_names_put_it_out(bench):
    """All parts are canonical: only their root shows that they are not what was signed."""
    data = bench.data(spoiled={0: samples(99)})
    bench.payloads.open_some([data], PARTS)
    assert bench.payloads.training_state(data) is DataState.OPEN
    assert bench.payloads.state(data) is DataState.UNUSABLE


def test_what_cannot_be_fetched_waits_until_it_comes(bench):
    data = bench.data(kept=[0, 1, 2])
    bench.payloads.open_some([data], PARTS)
    assert bench.payloads.state(data) is DataState.WAITING
    assert not bench.payloads.is_cut_off
    bench.data()
    # It is asked for again only after a while, which grows.
    bench.payloads.open_some([data], PARTS)
    assert bench.payloads.state(data) is DataState.WAITING
    bench.clock.now += 0.6
    bench.payloads.open_some([data], PARTS)
    assert bench.payloads.state(data) is DataState.OPEN


def test_bytes_that_are_not_what_their_hash_says_are_missing(bench):
    data = bench.data(kept=[0])
    [file] = (bench.folder / "store").glob("*/*")
    file.write_bytes(file.read_bytes()[:-1] + b"\x00")
    bench.payloads.open_some([data], PARTS)
    assert bench.payloads.state(data) is DataState.WAITING


def test_no_more_parts_are_opened_at_once_than_asked_for(bench):
    transactions = [bench.data(index) for index in range(3)]
    seen = []
    for _ in range(3):
        bench.payloads.open_some(transactions, PARTS + 1)
        states = [bench.payloads.state(data) for data in transactions]
        seen.append(states.count(DataState.OPEN))
    assert seen == [1, 2, 3]


def test_what_was_found_is_known_after_a_restart_without_the_bytes(bench):
    sound, bad = bench.data(0), bench.data(1, {2: b"nonsense"})
    bench.payloads.open_some([sound, bad], 100)
    for file in (bench.folder / "store").glob("*/*"):
        file.unlink()
    payloads = bench.restart()
    assert payloads.state(sound) is DataState.OPEN
    assert payloads.state(bad) is DataState.UNUSABLE
    with pytest.raises(PayloadNotOpen, match="no content"):
        payloads.plaintext(sound, 0)
    bench.data(0)
    assert payloads.plaintext(sound, 0) == bench.plaintexts(0)[0]


def test_what_is_older_than_training_looks_back_is_let_go_of(bench):
    """Else a node's memory would grow with every round, up to the cache's bound."""
    old = bench.data()
    later, newest = (
        replace(old, shared=replace(old.shared, round=old.shared.round + rounds))
        for rounds in (EARLIER_ROUNDS, EARLIER_ROUNDS + 1)
    )
    bench.payloads.open_some([old], PARTS)
    for file in (bench.folder / "store").glob("*/*"):
        file.unlink()
    bench.payloads.state(later)
    assert bench.payloads.plaintext(old, 0) == bench.plaintexts(0)[0]
    bench.payloads.state(newest)
    with pytest.raises(PayloadNotOpen, match="no content"):
        bench.payloads.plaintext(old, 0)
    # What was found of it the journal knows.
    assert bench.payloads.state(old) is DataState.OPEN


class Troubled(DigitsLearner):
    """A task on a machine that has no memory for a while."""

    trouble: Exception | None = MemoryError()

    def sample_records(self, payload):
        if self.trouble is not None:
            raise self.trouble
        return super().sample_records(payload)


def test_a_nodes_own_trouble_puts_nothing_out_and_ends_nothing(bench):
    data = bench.data()
    bench.learner = Troubled(SAMPLES)
    bench.restart()
    bench.payloads.open_some([data], PARTS)
    assert bench.payloads.state(data) is DataState.WAITING
    # It is tried again only after a while.
    bench.learner.trouble = None
    bench.payloads.open_some([data], PARTS)
    assert bench.payloads.state(data) is DataState.WAITING
    bench.clock.now += 0.6
    bench.payloads.open_some([data], PARTS)
    assert bench.payloads.state(data) is DataState.OPEN
