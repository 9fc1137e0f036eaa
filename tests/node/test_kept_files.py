"""Files that a program put into its store: kept for some rounds, and nobody else's ever touched."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from offchain.errors import ConfigurationError, StoreError
from offchain.node.kept_files import AT_ONCE, KeptFiles
from offchain.protocol.words.parameters import DEMO
from offchain.protocol.words.status import Head
from offchain.storage.local import LocalStore
from scripts.support.growth.synthetic import SyntheticChain

ROUNDS = 4
STATUS = SyntheticChain(3, DEMO).status()


class Bench:
    def __init__(self, folder: Path, rounds: int = ROUNDS) -> None:
        self.store = LocalStore(folder / "store")
        self.kept = KeptFiles(self.store, folder / "state" / "files", rounds)

    def at(self, number: int, best: bytes = bytes(32)) -> None:
        """It is this round, and what is too old for it is gone."""
        collection = dataclasses.replace(STATUS.collection, round=number)
        head = Head(1, bytes(32), best)
        self.kept.look(dataclasses.replace(STATUS, collection=collection, head=head))
        if self.kept._forgetting is not None:
            self.kept._forgetting.join(60.0)


def test_a_file_goes_when_its_rounds_are_over_and_not_before(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.at(1)
    digest = bench.kept.put(b"of round 1")
    bench.at(2)
    other = bench.kept.put(b"of round 2")
    bench.at(4)
    assert bench.kept.get(digest) == b"of round 1"
    bench.at(5)
    assert not bench.kept.has(digest)
    assert bench.kept.has(other)
    bench.at(6)
    assert not bench.store.has(other)


def test_a_file_that_is_put_again_is_kept_from_then(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.at(1)
    digest = bench.kept.put(b"content")
    bench.at(4)
    bench.kept.put(b"content")
    bench.at(6)
    assert bench.store.has(digest)


def test_the_last_best_model_stays_until_it_is_another(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.at(1)
    model = bench.kept.put(b"a model")
    bench.at(90, best=model)
    assert bench.store.has(model)
    bench.at(91, best=bytes([1]) * 32)
    assert not bench.store.has(model)


def test_what_others_put_is_never_removed(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    foreign = bench.store.put(b"somebody else's")
    bench.at(1)
    bench.kept.put(b"own")
    bench.at(100)
    assert list(bench.store.digests()) == [foreign]


def test_what_was_put_before_a_restart_goes_after_it(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.at(1)
    digest = bench.kept.put(b"content")
    bench.kept.close()
    again = Bench(tmp_path)
    assert again.store.has(digest)
    again.at(5)
    assert not again.store.has(digest)


def test_with_no_rounds_everything_stays(tmp_path: Path) -> None:
    bench = Bench(tmp_path, rounds=0)
    bench.at(1)
    digest = bench.kept.put(b"content")
    bench.at(10_000)
    assert bench.store.has(digest)


def test_more_files_than_are_looked_at_together_all_go(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.at(1)
    for number in range(AT_ONCE + 3):
        bench.kept.put(number.to_bytes(4, "big"))
    bench.at(9)
    assert list(bench.store.digests()) == []


@pytest.mark.parametrize("rounds", [1, 3])
def test_fewer_rounds_than_rules_need_are_refused(tmp_path: Path, rounds: int) -> None:
    with pytest.raises(ConfigurationError, match="4 at least"):
        Bench(tmp_path, rounds)


def test_a_damaged_list_costs_no_file(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.at(1)
    digest = bench.kept.put(b"content")
    bench.kept.close()
    for leftover in (tmp_path / "state").iterdir():
        leftover.write_bytes(b"no database" * 1_000)
    again = Bench(tmp_path)
    again.at(100)
    assert again.store.has(digest)


class Refusing(LocalStore):
    """Removes nothing at first."""

    refuses = True

    def forget(self, digest: bytes) -> None:
        if self.refuses:
            raise StoreError("not now")
        super().forget(digest)


def test_what_cannot_be_removed_now_is_removed_later(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.store = Refusing(tmp_path / "store")
    bench.kept = KeptFiles(bench.store, tmp_path / "list", ROUNDS)
    bench.at(1)
    digest = bench.kept.put(b"content")
    bench.at(5)
    assert bench.store.has(digest)
    bench.store.refuses = False
    bench.at(6)
    assert not bench.store.has(digest)
