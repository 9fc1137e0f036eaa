"""Puts a node together from its adapters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from offchain.chain.follower import ChainFollower
from offchain.crypto.hashing import keccak256
from offchain.node.attesting import Attesting
from offchain.node.background import Background
from offchain.node.claiming import Claiming
from offchain.node.computations import ComputationEnded
from offchain.node.journal import Journal
from offchain.node.loop import LoopSettings, Worker
from offchain.node.modelling import Modelling
from offchain.node.own import Own
from offchain.node.payloads import Payloads
from offchain.node.performing import Performer
from offchain.node.sharing import Sharing
from offchain.node.snapshots import Parts, SnapshotTaker
from offchain.ports import Chain, ContentStore, DataSource, Learner, Outlet
from offchain.protocol.deciding.policy import TIMESTAMP_SHIFT_SECONDS, Policy
from offchain.protocol.rules.ring_selection import RingStrategy


@dataclass(frozen=True, slots=True)
class Adapters:
    """What a node reaches the world through; without a ``source`` it has no data to share."""

    chain: Chain
    store: ContentStore
    learner: Learner
    source: DataSource | None
    outlet: Outlet


@dataclass(frozen=True, slots=True)
class Choices:
    """A node's own choices; for ``timestamp_shift`` see `Sharing`."""

    policy: Policy
    strategy: RingStrategy
    settings: LoopSettings
    timestamp_shift: int = TIMESTAMP_SHIFT_SECONDS


def assemble_worker(
    adapters: Adapters,
    own: Own,
    choices: Choices,
    journal: Journal,
    clock: Callable[[], float],
    randomness: Callable[[int], bytes],
) -> Worker:
    """One node, ready to run.

    Raises:
        ChainError: the chain cannot be read.
    """
    chain, store, learner = adapters.chain, adapters.store, adapters.learner
    background: Background[ComputationEnded] = Background()
    payloads = Payloads(store, learner, own.domains, journal, own.parameters.maximum_samples, clock)
    attesting = Attesting(payloads, store, learner, journal, background, clock)
    sharing = None
    if adapters.source is not None:
        sharing = Sharing(
            own,
            adapters.source,
            adapters.outlet,
            choices.strategy,
            randomness,
            clock,
            choices.timestamp_shift,
        )
    parts = Parts(
        sharing=sharing,
        payloads=payloads,
        modelling=Modelling(own, store, learner, journal, background, randomness, clock),
        attesting=attesting,
        claiming=Claiming(own.account, attesting.data_of),
    )
    taker = SnapshotTaker(own, choices.policy, parts, clock)
    return Worker(
        ChainFollower(chain, own.domains, own.first_block),
        taker,
        Performer(chain, store, own.secrets, parts, taker),
        parts,
        background,
        clock,
        choices.settings,
    )


def journal_file(folder: Path, genesis_hash: bytes, contract: str, account: str) -> Path:
    """Where a node's journal is: a file for every chain, deployment and account.

    The chain's first block tells apart development chains, which else look the same.
    """
    name = keccak256(genesis_hash + bytes.fromhex(contract[2:]) + bytes.fromhex(account[2:]))
    return folder / f"{account}-{name.hex()[:16]}.sqlite"
