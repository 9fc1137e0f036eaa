"""Nodes, a relayer and a feeder in one process on one anvil, with all that they ask it counted."""

from __future__ import annotations

import random
import secrets
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from web3.types import RPCEndpoint, RPCResponse

from offchain.bitcoin.rules import MAINNET
from offchain.chain.checkpoint import Memory
from offchain.chain.follower import ChainFollower
from offchain.chain.reading.contracts import DeployedContracts
from offchain.chain.rpc.development_clock import DevelopmentClock
from offchain.chain.rpc.ethereum import Ethereum
from offchain.chain.rpc.provider import BoundedProvider
from offchain.chain.web3_chain import Web3Chain
from offchain.config import RECORDED_HEADERS
from offchain.crypto.derivation import node_seed_from_mnemonic
from offchain.experiment.nodes import ServiceOutlet
from offchain.headers.recorded import RecordedHeaders
from offchain.learning.formats.digits import DigitSamples, encode_payload
from offchain.learning.tasks.digits import DigitsLearner
from offchain.learning.training.settings import TrainingSettings
from offchain.node.assembly import Adapters, assemble_worker
from offchain.node.demo.local_network import DemoPlan, account, deploy_on
from offchain.node.feeder.replay import ReplayingFeeder
from offchain.node.feeder.schedule import ReplaySchedule
from offchain.node.flights import Flights
from offchain.node.journal import Journal
from offchain.node.loop import LoopSettings, Worker
from offchain.node.own import Own
from offchain.node.relayer.database import DurableOutbox, RelayerDatabase
from offchain.node.relayer.mixing import Mixer, Timing
from offchain.node.relayer.queue import RelayerQueue
from offchain.node.relayer.sending import AT_ONCE
from offchain.node.relayer.service import RelayerService
from offchain.ports import DataSource
from offchain.protocol.deciding.policy import Policy
from offchain.protocol.deciding.retention import Retention
from offchain.protocol.words.parameters import DEMO, Parameters
from offchain.storage.local import LocalStore
from offchain.toolchain.anvil import DEVELOPMENT_MNEMONIC, Anvil

PHASE_SECONDS = 16
TURN_SECONDS = 0.5
FEEDER_SECONDS = 20.0
WAIT_SECONDS = 600.0

PARAMETERS: Parameters = replace(
    DEMO, parts=2, test_parts=1, samples_per_part=10, maximum_members=128, start_seconds=600
)
"""The demo's, with small data: what is measured is the protocol and not the learning."""

SMALL = TrainingSettings(channels=(4, 4, 4, 4), batch=16, epochs=1, maximum_steps=2, seconds=60.0)


class CountingProvider(BoundedProvider):
    """Counts requests, and the calls in them, of whoever is at work."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.who = ""
        self.requests: Counter[str] = Counter()
        self.calls: Counter[str] = Counter()

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        """See `BoundedProvider.make_request`."""
        self._count(1)
        return super().make_request(method, params)

    def make_batch_request(
        self, requests: list[tuple[RPCEndpoint, Any]]
    ) -> list[RPCResponse] | RPCResponse:
        """See `BoundedProvider.make_batch_request`."""
        self._count(len(requests))
        return super().make_batch_request(requests)

    def make_compared_request(
        self, requests: list[tuple[RPCEndpoint, Any]]
    ) -> list[tuple[str, list[RPCResponse]]]:
        """See `BoundedProvider.make_compared_request`."""
        self._count(len(requests))
        return super().make_compared_request(requests)

    def _count(self, calls: int) -> None:
        self.requests[self.who] += 1
        self.calls[self.who] += calls


@dataclass(frozen=True)
class AnyDigits(DataSource):
    """Payloads that pass the task's check; what they show does not matter."""

    seed: int

    def draw(self, round_number: int, parts: int) -> list[bytes]:
        """See `DataSource.draw`."""
        chance, samples = np.random.default_rng([self.seed, round_number]), _SAMPLES
        return [
            encode_payload(
                DigitSamples(
                    chance.integers(0, 256, (samples, 28, 28), dtype=np.uint8),
                    chance.integers(0, 10, samples, dtype=np.uint8),
                )
            )
            for _ in range(parts)
        ]


_SAMPLES = PARAMETERS.samples_per_part


@dataclass
class LoadNetwork:
    """What is measured. Everybody takes turns; a turn takes half a second of the nodes' clocks."""

    anvil: Anvil
    counting: CountingProvider
    contracts: DeployedContracts
    view: ChainFollower
    workers: Sequence[Worker]
    relayer: RelayerService
    relayer_flights: Flights
    queue: RelayerQueue
    feeder: ReplayingFeeder
    now: list[float] = field(default_factory=lambda: [0.0])

    @property
    def ethereum(self) -> Ethereum:
        """The chain."""
        return self.contracts.ethereum

    def turn(self) -> None:
        """Every worker once, then the feeder."""
        never = threading.Event()
        for number, worker in enumerate(self.workers):
            self.counting.who = f"worker {number}"
            worker.step(never)
            worker.wait_for_computation(WAIT_SECONDS)
        self.counting.who = "feeder"
        self.feeder.step()
        self.counting.who = ""
        self.now[0] += TURN_SECONDS

    def relay(self) -> None:
        """Let the relayer bring all that it has."""
        self.counting.who = "relayer"
        while self.relayer.work() or self._is_relaying():
            time.sleep(0.005)
        self.counting.who = ""

    def relay_in_blocks(self) -> int:
        """The same where blocks come slowly: each is mined when the relayer can add no more to it.

        Returns:
            How many blocks it took.
        """
        self.counting.who = "relayer"
        self.ethereum.request("evm_setAutomine", False)
        blocks = 0
        while self.queue.shares.all():
            self.relayer.work()
            waiting = int(self.ethereum.request("txpool_status")["pending"], 16)
            wanted = min(AT_ONCE, len(self.queue.shares))
            if waiting < wanted and self._is_relaying():
                time.sleep(0.02)
                continue
            self.ethereum.request("evm_mine")
            blocks += 1
            while self._is_relaying():
                # Whoever waits for what was mined sees it, and makes room.
                self.relayer.work()
                if int(self.ethereum.request("txpool_status")["pending"], 16):
                    break
                time.sleep(0.02)
        self.ethereum.request("evm_setAutomine", True)
        self.counting.who = ""
        return blocks

    def _is_relaying(self) -> bool:
        return self.relayer_flights.free < AT_ONCE


@contextmanager
def load_network(nodes: int, folder: Path) -> Iterator[LoadNetwork]:
    """Deploy, and make everybody ready; the chain has not started."""
    with ExitStack() as stack:
        anvil = stack.enter_context(Anvil(accounts=nodes + 3, log_file=folder / "anvil.log"))
        headers = RecordedHeaders(RECORDED_HEADERS, MAINNET)
        project = Path(__file__).resolve().parents[3]
        plan = DemoPlan(project, folder, RECORDED_HEADERS, nodes, PARAMETERS)
        deployment = deploy_on(anvil.url, plan, headers, account(nodes)).deployment
        counting = CountingProvider(anvil.url)
        contracts = DeployedContracts(Ethereum(counting), deployment)
        stack.callback(contracts.ethereum.close)
        now = [0.0]

        def clock() -> float:
            return now[0]

        def follower(chain: Web3Chain) -> ChainFollower:
            memory = Memory(Retention(chain.account))
            return ChainFollower(chain, deployment.domain(), deployment.block_number, memory)

        store, learner = LocalStore(folder / "store"), DigitsLearner(_SAMPLES, SMALL, device="cpu")
        database = stack.enter_context(RelayerDatabase(folder / "relayer.sqlite"))
        relaying = Web3Chain(contracts, account(nodes + 2), None, DurableOutbox(database))
        queue, flights = RelayerQueue(database), Flights(AT_ONCE)
        relayer = RelayerService(
            relaying,
            store,
            follower(relaying),
            deployment.domain(),
            queue,
            Timing(PARAMETERS, 0.0, clock),
            Mixer(random.SystemRandom()),
            flights=flights,
        )
        feeding = Web3Chain(contracts, account(nodes + 1))
        feeder = ReplayingFeeder(
            feeding,
            follower(feeding),
            headers,
            DevelopmentClock(contracts.ethereum),
            deployment.relay,
            ReplaySchedule(PARAMETERS, patience=FEEDER_SECONDS),
            clock,
        )
        workers = []
        for node in range(nodes):
            chain = Web3Chain(contracts, account(node))
            journal = stack.enter_context(Journal(folder / "nodes" / f"{node}.sqlite"))
            workers.append(
                assemble_worker(
                    Adapters(chain, store, learner, AnyDigits(node), ServiceOutlet(relayer)),
                    Own.of(chain, node_seed_from_mnemonic(DEVELOPMENT_MNEMONIC, node)),
                    Policy(phase_seconds=PHASE_SECONDS),
                    journal,
                    clock,
                    secrets.token_bytes,
                    LoopSettings(poll=0.0, turn=0.0),
                    Memory(Retention(chain.account)),
                )
            )
        view = ChainFollower(feeding, deployment.domain(), deployment.block_number)
        yield LoadNetwork(
            anvil, counting, contracts, view, workers, relayer, flights, queue, feeder, now
        )
