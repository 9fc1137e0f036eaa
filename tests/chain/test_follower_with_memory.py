"""A follower that forgets: what it tells is what a new reader tells, whatever was taken back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from offchain.chain.agreement import agrees
from offchain.chain.checkpoint import Checkpoint, CheckpointFile, Memory
from offchain.chain.follower import ChainFollower
from offchain.errors import ChainError
from offchain.ports import BlockPoint, Reading
from offchain.protocol.deciding.retention import Retention
from tests.support.chains.forking_chain import ForkingChain, ForkReader

GENESIS = b"\x01" * 32
DEPTH = 8
DEEPEST = 6
BLOCKS = 45


class CountingReader(ForkReader):
    """Notes from which block on events are asked for."""

    def __init__(self, chain: ForkingChain, seed: int) -> None:
        super().__init__(chain, seed)
        self.honest = True
        self.first: list[int] = []

    def reading(self, from_block: int, to_block: int) -> Reading:
        self.first.append(from_block)
        return super().reading(from_block, to_block)


def memory(reader: ForkReader, file: Path | None = None) -> Memory:
    retention = Retention(reader.account, 3)
    kept = None if file is None else CheckpointFile(file, GENESIS, retention)
    return Memory(retention, kept, depth=DEPTH, pieces=5)


def follow(reader: ForkReader, remembered: Memory) -> ChainFollower:
    return ChainFollower(reader, reader.chain.world.domain, 0, remembered)


def grown(seed: int, blocks: int = 24) -> ForkingChain:
    chain = ForkingChain(seed)
    for _ in range(blocks):
        chain.grow(2)
    return chain


def as_new(follower: ChainFollower, reader: ForkReader) -> None:
    fresh = follow(reader, memory(reader))
    assert vars(follower.history) == vars(fresh.history)
    assert follower.status == fresh.status
    assert agrees(follower.status, follower.history)


@pytest.mark.parametrize("seed", range(30, 32))
def test_after_any_play_of_forks_it_tells_what_a_new_reader_does(seed: int, tmp_path: Path) -> None:
    chain = ForkingChain(seed)
    chain.grow(DEEPEST)
    reader = ForkReader(chain, seed)
    reader.honest = True
    remembered = memory(reader, tmp_path / "checkpoint")
    follower = follow(reader, remembered)
    for _ in range(BLOCKS):
        reader.honest = False
        if chain.chance.random() < 0.2:
            chain.reorganise(chain.chance.randint(1, min(DEEPEST, len(chain.blocks) - 1)))
        else:
            chain.grow(chain.chance.choice([0, 1, 1, 2]))
        try:
            follower.refresh()
        except ChainError:
            continue
        if chain.chance.random() < 0.2:
            reader.honest = True
            chain.grow()
            follower.refresh()
            as_new(follower, reader)
        if chain.chance.random() < 0.1 and remembered.file is not None:
            reader.honest = True
            remembered.file.wait(60.0)
            follower = follow(reader, remembered)
            as_new(follower, reader)


def test_records_that_lie_deep_are_let_go_of() -> None:
    chain = grown(1)
    reader = ForkReader(chain, 1)
    reader.honest = True
    follower = follow(reader, memory(reader))
    everything = sum(len(block.records) for block in chain.blocks)
    assert len(follower.records) < everything / 2
    for _ in range(2 * DEPTH):
        chain.grow(1)
        follower.refresh()
        oldest = min(record.block_number for record in follower.records)
        assert oldest > len(chain.blocks) - 3 * DEPTH
    as_new(follower, reader)


def test_nothing_is_read_twice_that_lies_deep(tmp_path: Path) -> None:
    chain = grown(2)
    reader = CountingReader(chain, 2)
    remembered = memory(reader, tmp_path / "checkpoint")
    assert remembered.file is not None
    follower = follow(reader, remembered)
    remembered.file.wait(60.0)
    reader.first.clear()
    chain.grow(2)
    follower.refresh()
    chain.reorganise(3)
    chain.grow(1)
    follower.refresh()
    again = follow(reader, remembered)
    assert vars(again.history) == vars(follower.history)
    assert min(reader.first) > len(chain.blocks) - 3 * DEPTH


@pytest.mark.parametrize("depth", [DEPTH + 2, 2 * DEPTH + 4])
def test_more_blocks_taken_back_than_it_allows_for_are_read_from_the_start(
    depth: int, tmp_path: Path
) -> None:
    chain = grown(3)
    reader = CountingReader(chain, 3)
    remembered = memory(reader, tmp_path / "checkpoint")
    assert remembered.file is not None
    follower = follow(reader, remembered)
    for _ in range(3):
        chain.grow(1)
        follower.refresh()
    remembered.file.wait(60.0)
    chain.reorganise(depth)
    for _ in range(4):
        chain.grow(1)
    reader.first.clear()
    try:
        follower.refresh()
    except ChainError:
        follower.refresh()
    as_new(follower, reader)
    # The file may name a block that is no more.
    as_new(follow(reader, remembered), reader)


class ForgetfulReader(ForkReader):
    """Answers for no deep block: a node that is far behind, and says so of hashes."""

    def block_hashes(self, numbers: Sequence[int]) -> list[bytes | None]:
        known = super().block_hashes(numbers)
        top = len(self.chain.blocks) - 1
        return [
            b"" if top - 2 * DEPTH > number else digest
            for number, digest in zip(numbers, known, strict=True)
        ]


def test_a_node_that_lacks_deep_blocks_is_not_believed() -> None:
    chain = grown(4)
    reader = ForgetfulReader(chain, 4)
    reader.honest = True
    with pytest.raises(ChainError, match="does not have a block that lies deep"):
        follow(reader, memory(reader))


def test_a_checkpoint_whose_block_was_taken_back_is_dropped(tmp_path: Path) -> None:
    chain = grown(5)
    reader = CountingReader(chain, 5)
    remembered = memory(reader, tmp_path / "checkpoint")
    assert remembered.file is not None
    found = follow(reader, remembered).history
    remembered.file.wait(60.0)
    for point in (BlockPoint(9, b"\x09" * 32), BlockPoint(9_000, b"\x09" * 32)):
        remembered.file.keep(Checkpoint(point, found))
        remembered.file.wait(60.0)
        reader.first.clear()
        as_new(follow(reader, remembered), reader)
        assert reader.first[0] == 0
        remembered.file.wait(60.0)


class SilentAdapter(ForkReader):
    """Knows no hashes."""

    def block_hashes(self, numbers: Sequence[int]) -> list[bytes | None]:
        return [None for _ in numbers]

    def latest(self) -> BlockPoint:
        return BlockPoint(super().latest().number, None)


def test_without_hashes_no_checkpoint_is_used(tmp_path: Path) -> None:
    chain = grown(7)
    reader = SilentAdapter(chain, 7)
    reader.honest = True
    follower = follow(reader, memory(reader, tmp_path / "checkpoint"))
    assert not (tmp_path / "checkpoint").exists()
    as_new(follower, reader)
