"""Puts a node together from its adapters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from offchain.chain.checkpoint import CheckpointFile, Memory
from offchain.chain.follower import ChainFollower
from offchain.crypto.hashing import keccak256
from offchain.node.attesting import Attesting
from offchain.node.background import Background
from offchain.node.claiming import Claiming
from offchain.node.computations import ComputationEnded
from offchain.node.disputing import Disputing
from offchain.node.flights import Flights
from offchain.node.journal import Journal
from offchain.node.kept_files import KeptFiles
from offchain.node.loop import LoopSettings, Worker
from offchain.node.modelling import Modelling
from offchain.node.monitoring.watch import Watch
from offchain.node.own import Own
from offchain.node.payloads import Payloads
from offchain.node.performing import Performer
from offchain.node.rechecking import Rechecking
from offchain.node.sharing import Sharing
from offchain.node.snapshots import Components, SnapshotTaker
from offchain.ports import Chain, ContentStore, DataSource, Learner, Outlet
from offchain.protocol.deciding.policy import Policy
from offchain.protocol.deciding.retention import Retention
from offchain.storage.fetching import FetchingStore


@dataclass(frozen=True, slots=True)
class Adapters:
    """What a node reaches the world through; without a ``source`` it has no data to share."""

    chain: Chain
    store: ContentStore
    learner: Learner
    source: DataSource | None
    outlet: Outlet


def assemble_worker(
    adapters: Adapters,
    own: Own,
    policy: Policy,
    journal: Journal,
    clock: Callable[[], float],
    randomness: Callable[[int], bytes],
    settings: LoopSettings | None = None,
    memory: Memory | None = None,
    flights: Flights | None = None,
    watch: Watch | None = None,
) -> Worker:
    """One node, ready to run.

    Without a ``memory`` it remembers all of the chain; without ``flights`` its loop waits for each
    of its transactions.

    Raises:
        ChainError: the chain cannot be read.
    """
    chain, learner = adapters.chain, adapters.learner
    background: Background[ComputationEnded] = Background()
    # Each kind of work has threads of its own: what hangs in one holds up no other.
    store, parts, models = (
        FetchingStore(adapters.store, background.is_current, clock) for _ in range(3)
    )
    payloads = Payloads(parts, learner, own.domain, journal, clock)
    attesting = Attesting(own.parameters, payloads, models, learner, journal, background, clock)
    components = Components(
        sharing=Sharing(
            own, policy, adapters.source, learner, adapters.outlet, journal, randomness, clock
        ),
        payloads=payloads,
        modelling=Modelling(own, store, learner, journal, background, clock),
        attesting=attesting,
        rechecking=Rechecking(payloads, learner, background, randomness, clock),
        disputing=Disputing(own, payloads, learner, attesting),
        claiming=Claiming(own.account),
    )
    taker = SnapshotTaker(own, policy, components, clock)
    return Worker(
        ChainFollower(chain, own.domain, own.first_block, memory),
        taker,
        Performer(chain, store, own.secrets, components, taker, flights or Flights()),
        components,
        background,
        clock,
        settings,
        watch,
        adapters.store if isinstance(adapters.store, KeptFiles) else None,
    )


def memory_beside(journal: Path, genesis_hash: bytes, retention: Retention) -> Memory:
    """What a program remembers of the chain, with checkpoints beside its journal or queue."""
    file = journal.with_suffix(".checkpoint")
    return Memory(retention, CheckpointFile(file, genesis_hash, retention))


def journal_file(folder: Path, genesis_hash: bytes, contract: str, account: str) -> Path:
    """Where a node's journal is: a file for every chain, deployment and account.

    The chain's first block tells apart development chains, which else look the same.
    """
    name = keccak256(genesis_hash + bytes.fromhex(contract[2:]) + bytes.fromhex(account[2:]))
    return folder / f"{account}-{name.hex()[:16]}.sqlite"
