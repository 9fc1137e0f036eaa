"""Workers as the program assembles them, which a test lets go through round 1 on a real chain."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog

from offchain.config import DEFAULT_TASK
from offchain.learning.preparation import use_threads
from offchain.node.assembly import Adapters, Choices, assemble_worker
from offchain.node.direct_outlet import DirectOutlet
from offchain.node.feeder.replay import ReplayingFeeder
from offchain.node.feeder.schedule import ReplaySchedule
from offchain.node.journal import Journal
from offchain.node.loop import LoopSettings, Worker
from offchain.ports import DataSource, Learner
from offchain.protocol.deciding.policy import ALL_ROLES, Policy, Role
from offchain.protocol.history.entries import RoundHistory
from offchain.protocol.rules.ring_selection import STRATEGIES
from offchain.protocol.words.actions import Share
from offchain.protocol.words.transactions import DataTransaction
from offchain.storage.local import LocalStore
from offchain.toolchain.anvil import Anvil
from tests.support.chains.node_chain import KEYS, NodeChain
from tests.support.waiting import PATIENCE_SECONDS

PATIENCE = 8
TURNS = 400


@dataclass(frozen=True)
class Part:
    """A node's part in the round: what it learns with, what it shares and what it does."""

    learner: Learner
    source: DataSource | None
    roles: frozenset[Role] = ALL_ROLES


@dataclass
class WorkedRound:
    """A chain on which workers went through round 1."""

    chain: NodeChain
    store: LocalStore
    workers: list[Worker]

    @property
    def round(self) -> RoundHistory:
        return self.chain.view.history.round(1)


@contextmanager
def started_chain(
    folder: Path, nodes: int, source: Callable[[int], DataSource], task: str = DEFAULT_TASK
) -> Iterator[tuple[NodeChain, LocalStore]]:
    """A chain in round 1 with a store, in a process that computes with one thread."""
    use_threads(1)
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    with Anvil(accounts=nodes + 3) as anvil:
        chain = NodeChain(anvil.url, folder, nodes, source, task=task)
        chain.start()
        yield chain, LocalStore(folder / "store")
        chain.contracts.ethereum.close()
    structlog.reset_defaults()


def share(
    chain: NodeChain, store: LocalStore, drawn: Sequence[tuple[DataTransaction, bytes]]
) -> None:
    """Share data transactions with their payloads, as many at once as a node has keys."""
    for start in range(0, len(drawn), KEYS):
        batch = drawn[start : start + KEYS]
        for _, payload in batch:
            store.put(payload)
        chain.chains[0].execute(Share(tuple(transaction for transaction, _ in batch)))


@contextmanager
def worked_round(
    chain: NodeChain,
    store: LocalStore,
    parts: Mapping[int, Part],
    meanwhile: Callable[[], None] = lambda: None,
) -> Iterator[WorkedRound]:
    """Let workers, by number of node, take turns with a feeder until round 1 is over.

    ``meanwhile`` is what others do in each turn. The workers' journals stay open.
    """
    now = [0.0]
    nodes = chain.plan.nodes
    feeder = ReplayingFeeder(
        chain.chains[nodes + 1],
        chain.follower(),
        chain.source,
        chain.clock,
        chain.contracts.deployment.relay,
        ReplaySchedule(chain.parameters, chain.contracts.deployment.checkpoint.height, nodes, 20.0),
        lambda: now[0],
    )
    with ExitStack() as journals:
        workers = [
            _worker(
                chain,
                store,
                node,
                part,
                journals.enter_context(Journal(chain.plan.folder / f"{node}.sqlite")),
                lambda: now[0],
            )
            for node, part in parts.items()
        ]
        worked = WorkedRound(chain, store, workers)
        for _ in range(TURNS):
            chain.refresh()
            if 1 in chain.view.history.rounds and worked.round.is_over:
                break
            for worker in workers:
                worker.step(threading.Event())
                worker._background.wait(PATIENCE_SECONDS)
            meanwhile()
            feeder.step()
            now[0] += 0.5
        yield worked


def _worker(
    chain: NodeChain,
    store: LocalStore,
    node: int,
    part: Part,
    journal: Journal,
    clock: Callable[[], float],
) -> Worker:
    return assemble_worker(
        Adapters(
            chain.chains[node],
            store,
            part.learner,
            part.source,
            DirectOutlet(chain.chains[node], store),
        ),
        chain.own(node),
        Choices(
            Policy(part.roles, 0, PATIENCE), STRATEGIES["windows"], LoopSettings(poll=0.0, turn=0.0)
        ),
        journal,
        clock,
        secrets.token_bytes,
    )
