"""Nodes on a real chain in this process: deployed contracts, real headers, real signatures."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from offchain.chain.domains import Domains
from offchain.chain.follower import ChainFollower
from offchain.chain.reading.contracts import DeployedContracts
from offchain.chain.rpc.development_clock import DevelopmentClock
from offchain.chain.web3_chain import Web3Chain
from offchain.config import DEFAULT_TASK, RECORDED_HEADERS
from offchain.crypto.derivation import NodeSecrets, node_seed_from_mnemonic
from offchain.headers.recorded import RecordedHeaders
from offchain.learning.formats.digits import DigitSamples, encode_payload
from offchain.node.demo.local_network import DemoPlan, account, deploy_on
from offchain.node.feeder.replay import ReplayingFeeder
from offchain.node.feeder.schedule import ReplaySchedule
from offchain.node.own import Own
from offchain.node.sharing import Sharing
from offchain.ports import DataSource, Outlet
from offchain.protocol.rules.ring_selection import STRATEGIES
from offchain.protocol.words.actions import Partition, Start, WritePage
from offchain.protocol.words.transactions import DataTransaction, KeyReveal
from offchain.toolchain.anvil import DEVELOPMENT_MNEMONIC
from scripts.support.chains.evm import ROOT

NODES = 4
KEYS = 12


class EasyDigits(DataSource):
    """Payloads that a small network learns within a few steps: every digit has its own stripe."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def draw(self, round_number: int, count: int) -> list[bytes]:
        random = np.random.default_rng([self._seed, round_number])
        return [encode_payload(self._samples(random)) for _ in range(count)]

    @staticmethod
    def _samples(random: np.random.Generator) -> DigitSamples:
        labels = random.integers(0, 10, 30, dtype=np.uint8)
        images = random.integers(0, 40, (30, 28, 28), dtype=np.uint8)
        for image, label in zip(images, labels, strict=True):
            stripe = image if label < 5 else image.T
            stripe[5 * (label % 5) : 5 * (label % 5) + 5] = 255
        return DigitSamples(images, labels)


class RandomDigits(DataSource):
    """Payloads that pass the task's check; what they show does not matter."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def draw(self, round_number: int, count: int) -> list[bytes]:
        random = np.random.default_rng([self._seed, round_number])
        return [
            encode_payload(
                DigitSamples(
                    random.integers(0, 256, (10, 28, 28), dtype=np.uint8),
                    random.integers(0, 10, 10, dtype=np.uint8),
                )
            )
            for _ in range(count)
        ]


@dataclass
class Kept(Outlet):
    """Keeps what a node hands over, for the test to send."""

    transactions: list[tuple[DataTransaction, bytes]] = field(default_factory=list)
    reveals: list[KeyReveal] = field(default_factory=list)

    def submit(self, transaction: DataTransaction, payload: bytes) -> None:
        self.transactions.append((transaction, payload))

    def publish(self, reveals: Sequence[KeyReveal]) -> None:
        self.reveals += reveals


class NodeChain:
    """A deployment with four nodes, of which the test decides every step."""

    def __init__(
        self,
        url: str,
        folder: Path,
        nodes: int = NODES,
        source: Callable[[int], DataSource] = RandomDigits,
        task: str = DEFAULT_TASK,
    ) -> None:
        self.data_source = source
        self.plan = DemoPlan(ROOT, folder, RECORDED_HEADERS, nodes, task=task)
        self.source = RecordedHeaders(RECORDED_HEADERS, self._rules())
        self.contracts: DeployedContracts = deploy_on(url, self.plan, self.source, account(nodes))
        found = self.contracts.deployment
        self.domains = Domains.of(found)
        self.chains = [Web3Chain(self.contracts, account(node)) for node in range(nodes + 3)]
        self.parameters = self.contracts.parameters
        self.outlets = [Kept() for _ in range(nodes)]
        self.sharing = [self._sharing(node) for node in range(nodes)]
        self.clock = DevelopmentClock(self.contracts.ethereum)
        self.feeder = ReplayingFeeder(
            self.chains[nodes + 1],
            self.follower(),
            self.source,
            self.clock,
            found.relay,
            ReplaySchedule(self.parameters, found.checkpoint.height, nodes, patience=0.0),
            time.monotonic,
        )
        self.view = self.follower()

    @staticmethod
    def _rules():
        from offchain.bitcoin.rules import MAINNET

        return MAINNET

    def follower(self) -> ChainFollower:
        """A new reader of the chain from its start."""
        return ChainFollower(self.chains[0], self.domains, self.contracts.deployment.block_number)

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
        """All nodes lease keys, the chain starts, the keys of round 1 are written."""
        for node, sharing in enumerate(self.sharing):
            self.chains[node].execute(sharing.lease(self.view.history, KEYS, 0))
        self.feeder.step()
        self.chains[0].execute(Start())
        self.chains[0].execute(WritePage(1))
        self.refresh()

    def draw(self, node: int, scope: int = 1) -> list[tuple[DataTransaction, bytes]]:
        """Signed data transactions of a node with their sealed payloads, one for each key."""
        status, history = self.view.status, self.view.history
        indices = tuple(range(KEYS))
        self.outlets[node].transactions.clear()
        self.sharing[node].share(status, history, scope, indices)
        return list(self.outlets[node].transactions)

    def partition(self) -> None:
        """Relay headers until the pending items are partitioned."""
        while not self.view.status.next_partition.possible:
            self.feeder.step()
            self.refresh()
        found = self.view.status.next_partition
        self.chains[0].execute(Partition(found.height, found.end_arrival))
        self.refresh()

    def _sharing(self, node: int) -> Sharing:
        return Sharing(
            self.own(node),
            self.data_source(node),
            self.outlets[node],
            STRATEGIES["windows"],
            secrets.token_bytes,
            time.monotonic,
        )
