"""A chain of the reference contracts whose newest blocks others take the place of, and nodes that
answer from any of its branches."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from offchain.crypto.hashing import keccak256
from offchain.ports import BlockPoint, Chain, Reading, Receipt
from offchain.protocol.reference.environment import Revert
from offchain.protocol.words.actions import Action
from offchain.protocol.words.chain_status import ChainStatus
from offchain.protocol.words.parameters import Parameters
from offchain.protocol.words.records import Record
from scripts.support.worlds.disputing import UnjudgedWorld
from scripts.support.worlds.steps import Node
from tests.support.worlds.random_play import RandomPlay
from tests.support.worlds.world_status import world_status


class RecordedWorld(UnjudgedWorld):
    """A world that remembers what was sent."""

    def __init__(self) -> None:
        super().__init__(genesis=4)
        self.sent: list[tuple[Action, Node | None]] = []

    def execute(self, action: Action, sender: Node | None = None) -> list[Record]:
        records = super().execute(action, sender)
        self.sent.append((action, sender))
        return records


@dataclass(frozen=True)
class ForkBlock:
    """A block: what the first node reads at it, its events, and the play as it stands then."""

    status: ChainStatus
    records: tuple[Record, ...]
    play: RandomPlay
    sent: tuple[tuple[Action, Node | None], ...]

    @property
    def point(self) -> BlockPoint:
        return BlockPoint(self.status.block_number, self.status.block_hash)


Branch = Sequence[ForkBlock]


class ForkingChain:
    """Grows by random play; the blocks of a branch that was left stay where they are."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self._hashes = 0
        self.blocks: list[ForkBlock] = []
        self.branches: list[Branch] = []
        self._mine(RandomPlay(RecordedWorld(), seed), 0)

    @property
    def world(self) -> RecordedWorld:
        """The world at the newest block."""
        world = self.blocks[-1].play.world
        assert isinstance(world, RecordedWorld)
        return world

    def grow(self, steps: int = 1) -> None:
        """A block of so many random transactions; none gives an empty one."""
        play = copy.deepcopy(self.blocks[-1].play)
        known = len(play.world.reference.environment.records)
        play.play(steps)
        self._mine(play, known)

    def reorganise(self, depth: int) -> None:
        """Others take the place of the newest blocks: fewer, as many or more of them.

        They have the same transactions in another order, other ones, or none.
        """
        assert 0 < depth < len(self.blocks)
        lost = self.blocks[-depth:]
        self.branches.append(tuple(self.blocks))
        del self.blocks[-depth:]
        longer = max(0, depth + self.chance.choice([-1, 0, 0, 1, 3]))
        kind = self.chance.choice(["order", "other", "nothing"])
        if kind == "order":
            sent = [call for block in lost for call in block.sent]
            self.chance.shuffle(sent)
            for number in range(longer):
                self._send(sent[number::longer], lost[-1].play.world)
        else:
            for _ in range(longer):
                self._reseed()
                self.grow(1 if kind == "other" else 0)

    def _reseed(self) -> None:
        top = self.blocks[-1]
        play = copy.deepcopy(top.play)
        play.random.seed(self.chance.random())
        self.blocks[-1] = replace(top, play=play)

    def _send(self, calls: Sequence[tuple[Action, Node | None]], known_by: RecordedWorld) -> None:
        play = copy.deepcopy(self.blocks[-1].play)
        # What the nodes know of what they sent is not undone.
        play.world.shared = dict(known_by.shared)
        play.world.models = dict(known_by.models)
        known = len(play.world.reference.environment.records)
        for action, sender in calls:
            try:
                play.world.execute(action, sender)
            except Revert:
                continue
        self._mine(play, known)

    def _mine(self, play: RandomPlay, known: int) -> None:
        world, number = play.world, len(self.blocks)
        assert isinstance(world, RecordedWorld)
        new = world.reference.environment.records[known:]
        self._hashes += 1
        status = replace(
            world_status(world, world.nodes[0]),
            block_number=number,
            block_hash=keccak256(self._hashes.to_bytes(8, "big")),
        )
        records = tuple(
            replace(record, block_number=number, log_index=index)
            for index, record in enumerate(new)
        )
        sent, world.sent = tuple(world.sent), []
        self.blocks.append(ForkBlock(status, records, play, sent))


class ForkReader(Chain):
    """Reads it through nodes of which some are behind, or on a branch that was left.

    Every request is answered by one of them; ``honest`` stops that.
    """

    def __init__(self, chain: ForkingChain, seed: int) -> None:
        self.chain = chain
        self.chance = random.Random(seed)
        self.honest = False

    @property
    def account(self) -> str:
        return self.chain.world.nodes[0].account

    @property
    def parameters(self) -> Parameters:
        return self.chain.world.parameters

    def _node(self) -> Branch:
        blocks = self.chain.blocks
        if self.honest or self.chance.random() < 0.6:
            return blocks
        if self.chain.branches and self.chance.random() < 0.3:
            return self.chance.choice(self.chain.branches[-2:])
        return blocks[: max(1, len(blocks) - self.chance.choice([1, 1, 2, 3, 8]))]

    def latest(self) -> BlockPoint:
        return self._node()[-1].point

    def block_hashes(self, numbers: Sequence[int]) -> list[bytes | None]:
        node = self._node()
        return [node[n].point.hash if n < len(node) else b"" for n in numbers]

    def status(self) -> ChainStatus:
        return self._node()[-1].status

    def records(self, from_block: int, to_block: int) -> Iterator[Record]:
        return iter(self.reading(from_block, to_block).records)

    def reading(self, from_block: int, to_block: int) -> Reading:
        blocks = self._node()[max(0, from_block) : to_block + 1]
        return Reading(
            tuple(record for block in blocks for record in block.records),
            tuple(block.point for block in blocks if block.records),
        )

    def execute(self, action: object) -> Receipt:
        raise NotImplementedError
