"""Workers as the program assembles them, which a test lets go through rounds on a real chain."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from offchain.config import DEFAULT_TASK
from offchain.learning.preparation import use_threads
from offchain.node.assembly import Adapters, assemble_worker
from offchain.node.direct_outlet import DirectOutlet
from offchain.node.feeder.replay import ReplayingFeeder
from offchain.node.journal import Journal
from offchain.node.loop import LoopSettings, Worker
from offchain.ports import ContentStore, DataSource, Learner
from offchain.protocol.deciding.policy import DEFAULT_ROLES, Policy, Role
from offchain.protocol.history.entries import RoundHistory
from offchain.storage.local import LocalStore
from offchain.toolchain.anvil import Anvil
from tests.support.chains.node_chain import NodeChain
from tests.support.waiting import PATIENCE_SECONDS

PHASE_SECONDS = 16
FEEDER_SECONDS = 20.0
TURNS = 600


@dataclass(frozen=True)
class Part:
    """A node's part: what it learns with, what it shares and does, and its store if not all's.

    ``challenges``: see `Policy`.
    """

    learner: Learner
    source: DataSource | None
    roles: frozenset[Role] = DEFAULT_ROLES
    store: ContentStore | None = None
    challenges: bool = True


@dataclass
class WorkedChain:
    """A chain on which workers take turns with a feeder; a turn takes half a second of `now`."""

    chain: NodeChain
    store: LocalStore
    workers: list[Worker]
    feeder: ReplayingFeeder
    now: list[float] = field(default_factory=lambda: [0.0])

    def round(self, number: int = 1) -> RoundHistory:
        """A round as it is now."""
        return self.chain.view.history.round(number)

    def work(self, until: Callable[[], bool], meanwhile: Callable[[], None] = lambda: None) -> None:
        """Take turns until something holds; ``meanwhile`` is what others do in each turn."""
        for _ in range(TURNS):
            self.chain.refresh()
            if until():
                return
            for worker in self.workers:
                worker.step(threading.Event())
                worker.wait_for_computation(PATIENCE_SECONDS)
            meanwhile()
            self.feeder.step()
            self.now[0] += 0.5
        raise AssertionError(f"not there after {TURNS} turns: {self.workers[0].waiting}")

    def work_through(self, number: int, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Take turns until a round is over."""

        def is_over() -> bool:
            # Where blocks are taken back it is another history.
            entry = self.chain.view.history.rounds.get(number)
            return entry is not None and entry.is_over

        self.work(is_over, meanwhile)


@contextmanager
def node_chain(
    folder: Path,
    nodes: int,
    source: Callable[[int], DataSource],
    task: str = DEFAULT_TASK,
    **changes: int,
) -> Iterator[tuple[NodeChain, LocalStore]]:
    """A chain that has not started with a store, in a process that computes with one thread."""
    use_threads(1)
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    with Anvil(accounts=nodes + 3) as anvil:
        chain = NodeChain(anvil.url, folder, nodes, source, task, **changes)
        yield chain, LocalStore(folder / "store")
        chain.contracts.ethereum.close()
    structlog.reset_defaults()


@contextmanager
def working(
    chain: NodeChain, store: LocalStore, parts: Mapping[int, Part]
) -> Iterator[WorkedChain]:
    """Workers by number of node, whose journals stay open."""
    now = [0.0]
    with ExitStack() as journals:
        workers = [
            worker_of(
                chain,
                store,
                node,
                part,
                journals.enter_context(Journal(chain.plan.folder / f"{node}.sqlite")),
                lambda: now[0],
            )
            for node, part in parts.items()
        ]
        feeder = chain.feeding(FEEDER_SECONDS, lambda: now[0])
        yield WorkedChain(chain, store, workers, feeder, now)


def worker_of(
    chain: NodeChain,
    store: ContentStore,
    node: int,
    part: Part,
    journal: Journal,
    clock: Callable[[], float],
) -> Worker:
    """One worker."""
    store = part.store or store
    return assemble_worker(
        Adapters(
            chain.chains[node],
            store,
            part.learner,
            part.source,
            DirectOutlet(chain.chains[node], store),
        ),
        chain.own(node),
        Policy(part.roles, phase_seconds=PHASE_SECONDS, challenges=part.challenges),
        journal,
        clock,
        secrets.token_bytes,
        LoopSettings(poll=0.0, turn=0.0),
    )
