"""Nodes on a real chain in this process: deployed contracts, real headers, real signatures."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from offchain.bitcoin.rules import MAINNET
from offchain.chain.follower import ChainFollower
from offchain.chain.reading.contracts import DeployedContracts
from offchain.chain.rpc.development_clock import DevelopmentClock
from offchain.chain.web3_chain import Web3Chain
from offchain.config import DEFAULT_TASK, RECORDED_HEADERS
from offchain.crypto.derivation import NodeSecrets, node_seed_from_mnemonic
from offchain.headers.recorded import RecordedHeaders
from offchain.learning.formats.digits import DigitSamples, encode_payload
from offchain.learning.tasks.known import make_learner
from offchain.node.demo.local_network import DemoPlan, account, deploy_on
from offchain.node.feeder.replay import ReplayingFeeder
from offchain.node.feeder.schedule import ReplaySchedule
from offchain.node.journal import Journal
from offchain.node.own import Own
from offchain.node.sharing import Sharing
from offchain.ports import DataSource, Outlet
from offchain.protocol.deciding.policy import Policy
from offchain.protocol.words.actions import (
    Partition,
    PublishTestKeys,
    PublishTrainingKeys,
    Share,
    Start,
)
from offchain.protocol.words.parameters import DEMO
from offchain.toolchain.anvil import DEVELOPMENT_MNEMONIC
from scripts.support.chains.evm import ROOT

NODES = 4
SAMPLES = 10
"""Samples in a part."""


@dataclass(frozen=True)
class EasyDigits(DataSource):
    """Payloads that a small network learns within a few steps: every digit has its own stripe."""

    seed: int
    samples: int = SAMPLES

    def draw(self, round_number: int, parts: int) -> list[bytes]:
        random = np.random.default_rng([self.seed, round_number])
        return [encode_payload(self._samples(random)) for _ in range(parts)]

    def _samples(self, random: np.random.Generator) -> DigitSamples:
        labels = random.integers(0, 10, self.samples, dtype=np.uint8)
        images = random.integers(0, 40, (self.samples, 28, 28), dtype=np.uint8)
        for image, label in zip(images, labels, strict=True):
            stripe = image if label < 5 else image.T
            stripe[5 * (label % 5) : 5 * (label % 5) + 5] = 255
        return DigitSamples(images, labels)


@dataclass(frozen=True)
class RandomDigits(DataSource):
    """Payloads that pass the task's check; what they show does not matter."""

    seed: int
    samples: int = SAMPLES

    def draw(self, round_number: int, parts: int) -> list[bytes]:
        random = np.random.default_rng([self.seed, round_number])
        return [
            encode_payload(
                DigitSamples(
                    random.integers(0, 256, (self.samples, 28, 28), dtype=np.uint8),
                    random.integers(0, 10, self.samples, dtype=np.uint8),
                )
            )
            for _ in range(parts)
        ]


@dataclass
class Caught(Outlet):
    """Keeps what a node hands over, for the test to send."""

    shares: list[tuple[Share, Sequence[bytes]]] = field(default_factory=list)
    keys: list[PublishTrainingKeys | PublishTestKeys] = field(default_factory=list)

    def submit(self, share: Share, payloads: Sequence[bytes]) -> None:
        self.shares.append((share, payloads))

    def publish(self, keys: PublishTrainingKeys | PublishTestKeys) -> None:
        self.keys.append(keys)


class NodeChain:
    """A deployment with some nodes, of which the test decides every step.

    ``changes`` are parameters other than the demo's.
    """

    def __init__(
        self,
        url: str,
        folder: Path,
        nodes: int = NODES,
        source: Callable[[int], DataSource] = RandomDigits,
        task: str = DEFAULT_TASK,
        **changes: int,
    ) -> None:
        parameters = replace(DEMO, **{"samples_per_part": SAMPLES, **changes})
        self.plan = DemoPlan(ROOT, folder, RECORDED_HEADERS, nodes, parameters, task=task)
        self.source = RecordedHeaders(RECORDED_HEADERS, MAINNET)
        self.contracts: DeployedContracts = deploy_on(url, self.plan, self.source, account(nodes))
        self.chains = [Web3Chain(self.contracts, account(node)) for node in range(nodes + 3)]
        self.parameters = self.contracts.parameters
        self.domain = self.contracts.deployment.domain()
        self.learner = make_learner(self.plan.task_file)
        self.outlets = [Caught() for _ in range(nodes)]
        self.sharing = [self._sharing(node, source(node)) for node in range(nodes)]
        self.clock = DevelopmentClock(self.contracts.ethereum)
        self.feeder = self.feeding(0.0, time.monotonic)
        self.view = self.follower()

    def feeding(self, patience: float, monotonic: Callable[[], float]) -> ReplayingFeeder:
        """What feeds the recorded headers to this chain, after so many seconds at the latest."""
        found = self.contracts.deployment
        return ReplayingFeeder(
            self.chains[self.plan.nodes + 1],
            self.follower(),
            self.source,
            self.clock,
            found.relay,
            ReplaySchedule(self.parameters, patience=patience),
            monotonic,
        )

    def follower(self) -> ChainFollower:
        """A new reader of the chain from its start."""
        return ChainFollower(self.chains[0], self.domain, self.contracts.deployment.block_number)

    def secrets(self, node: int) -> NodeSecrets:
        """A node's secrets."""
        return self.own(node).secrets

    def own(self, node: int) -> Own:
        """What a node itself is."""
        return Own.of(self.chains[node], node_seed_from_mnemonic(DEVELOPMENT_MNEMONIC, node))

    def refresh(self) -> None:
        """Read what is new."""
        self.view.refresh()

    def start(self) -> None:
        """All nodes apply, the chain starts."""
        for node, sharing in enumerate(self.sharing):
            self.chains[node].execute(sharing.application(1, self.parameters.stake))
        self.refresh()
        first = self.view.history.epoch(1)
        self.chains[0].execute(Start(first.ascending(first.applications)))
        self.refresh()

    def signed(self, node: int) -> tuple[Share, Sequence[bytes]]:
        """A node's data transaction of the collecting round, with its sealed parts."""
        self.refresh()
        self.sharing[node].share(self.view.status, self.view.history, anew=True)
        return self.outlets[node].shares.pop()

    def partition(self) -> None:
        """Relay headers until what is pending is partitioned."""
        while not self.view.status.next_partition.possible:
            self.feeder.step()
            self.refresh()
        found = self.view.status.next_partition
        self.chains[0].execute(Partition(found.height, found.end))
        self.refresh()

    def _sharing(self, node: int, source: DataSource) -> Sharing:
        return Sharing(
            self.own(node),
            Policy(phase_seconds=0),
            source,
            self.learner,
            self.outlets[node],
            Journal(self.plan.folder / f"sharing-{node}.sqlite"),
            secrets.token_bytes,
            time.monotonic,
        )
