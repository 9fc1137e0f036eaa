"""Rounds by workers on a real chain whose newest blocks are taken back in every phase: the round
ends in a block, or somebody voids it, and all read what a new reader reads."""

from __future__ import annotations

import random
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from offchain.chain.rpc.ethereum import Ethereum
from offchain.chain.rpc.provider import RpcFault
from offchain.learning.tasks.known import make_learner, make_source, task_named
from offchain.protocol.words.status import Phase
from tests.support.chains.working_nodes import Part, WorkedChain, node_chain, working

NODES = 3
TASK = "diabetes"
FILE = task_named(TASK)
PATIENTS = FILE.samples_per_part
DEEPEST = 12
FORKS_A_PHASE = 3


def patients(node: int):
    return make_source(FILE, node, NODES, b"patients of %d" % node)


@dataclass
class Forks:
    """Takes blocks back: others come in their place, with the same transactions in another order
    where ``resends``, else with none."""

    ethereum: Ethereum
    chance: random.Random
    resends: bool
    depths: list[int] = field(default_factory=list)
    snapshots: list[tuple[int, str]] = field(default_factory=list)

    def remember(self) -> None:
        """A place to go back to."""
        self.snapshots.append((self.ethereum.block_number(), self.ethereum.request("evm_snapshot")))

    def fork(self) -> None:
        """Go back to one of the last places."""
        head = self.ethereum.block_number()
        near = [place for place in self.snapshots if 0 < head - place[0] <= DEEPEST]
        if not near:
            return
        number, snapshot = self.chance.choice(near)
        orphaned = [raw for block in range(number + 1, head + 1) for raw in self._raw(block)]
        assert self.ethereum.request("evm_revert", snapshot)
        self.snapshots = [place for place in self.snapshots if place[0] < number]
        self.depths.append(head - number)
        if self.resends:
            self.chance.shuffle(orphaned)
        for raw in orphaned if self.resends else []:
            # One may be there already: it waited for another's nonce.
            with suppress(RpcFault):
                self.ethereum.request("eth_sendRawTransaction", raw)
        for _ in range(self.chance.choice([0, 1, head - number])):
            self.ethereum.request("evm_mine")

    def _raw(self, number: int) -> list[str]:
        block = self.ethereum.request("eth_getBlockByNumber", hex(number), False)
        return [
            self.ethereum.request("eth_getRawTransactionByHash", digest)
            for digest in block["transactions"]
        ]


def work_on_forks(worked: WorkedChain, forks: Forks) -> None:
    """Go through round 1; in each of its phases the chain forks a few times."""
    left: dict[object, int] = {}

    def fork() -> None:
        rounds = worked.chain.view.history.rounds
        phase = rounds[1].phase if 1 in rounds else None
        if left.setdefault(phase, FORKS_A_PHASE) and forks.chance.random() < 0.7:
            left[phase] -= 1
            forks.fork()
        forks.remember()

    worked.work_through(1, fork)


@pytest.mark.full
@pytest.mark.parametrize("resends", [True, False], ids=["in another order", "gone"])
def test_a_round_is_over_whatever_is_taken_back(tmp_path: Path, resends: bool):
    changes = {"samples_per_part": PATIENTS, "minimum_ring": NODES, "significance": 100}
    with node_chain(tmp_path, NODES, patients, TASK, **changes) as (chain, store):
        parts = {node: Part(make_learner(FILE), patients(node)) for node in range(NODES)}
        forks = Forks(chain.contracts.ethereum, random.Random(5), resends)
        with working(chain, store, parts) as worked:
            work_on_forks(worked, forks)
            assert len(forks.depths) >= 6
            assert worked.round().phase in (Phase.FINAL, Phase.VOID)
            # Nothing that was taken back keeps a later round from its block.
            worked.work_through(2)
            assert worked.round(2).phase is Phase.FINAL, worked.round(2).void_reason
            chain.clock.mine()
            fresh = chain.follower()
            for worker in worked.workers:
                worker._follower.refresh()
                assert vars(worker._follower.history) == vars(fresh.history)
