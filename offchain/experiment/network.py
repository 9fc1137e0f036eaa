"""A whole network in one process: chain, contracts, relayer, feeder and nodes, stepped by the loop.

The parts are those of the programs `worker`, `relayer` and `feeder`; only what lies between the
processes (HTTP to the relayer, a loop for each) is left out, so that one node computes at a time.
"""

from __future__ import annotations

import secrets as randomness
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from offchain.bitcoin.rules import MAINNET
from offchain.chain.client import Web3Chain, open_contracts
from offchain.chain.domains import Domains
from offchain.chain.follower import ChainFollower
from offchain.chain.reading.contracts import DeployedContracts
from offchain.chain.rpc.clock import DevelopmentClock
from offchain.crypto.derivation import NodeSecrets, node_seed_from_mnemonic
from offchain.experiment.chain_state import experiment_anvil, set_clock_back
from offchain.experiment.observer import Observer
from offchain.experiment.outlet import ServiceOutlet
from offchain.experiment.reading import RecordLog, SharedReadingChain
from offchain.headers.recorded import RecordedHeaders
from offchain.node.assembly import Adapters, Choices, Identity, assemble_worker
from offchain.node.demo.network import Plan, account, deploy_on
from offchain.node.feeder.replay import Feeder
from offchain.node.feeder.schedule import Replay
from offchain.node.journal import Journal
from offchain.node.loop import LoopSettings, Worker
from offchain.node.relayer.batches import BatchSettings
from offchain.node.relayer.database import RelayerDatabase
from offchain.node.relayer.queue import RelayerQueue
from offchain.node.relayer.service import RelayerService
from offchain.ports import DataSource, Learner
from offchain.protocol.deciding.snapshot import Policy
from offchain.protocol.rules.ring_selection import STRATEGIES
from offchain.protocol.words.parameters import Parameters
from offchain.storage.local import LocalStore
from offchain.toolchain.anvil import DEVELOPMENT_MNEMONIC, Anvil

PATIENCE_SECONDS = 10 * 86_400
"""Nobody goes on without another: nodes take turns, and a training takes as long as it takes."""


@dataclass(frozen=True, slots=True)
class NetworkPlan:
    """What to start.

    Attributes:
        project: the checkout, compiled.
        folder: where deployment file, store, journals and logs go.
        headers: description of the recorded Bitcoin headers.
        nodes: how many.
        parameters: the protocol's.
        saved_chain: a chain to go on with; None: a new one is deployed.
    """

    project: Path
    folder: Path
    headers: Path
    nodes: int
    parameters: Parameters
    saved_chain: Path | None

    @property
    def deployment(self) -> Path:
        """The deployment file."""
        return self.folder / "deployment.json"

    @property
    def store(self) -> Path:
        """The content store."""
        return self.folder / "store"


@dataclass(frozen=True, slots=True)
class LocalNetwork:
    """A network that stands still until it is stepped.

    Attributes:
        anvil: the chain's process.
        contracts: the deployment, to read from.
        domains: its hash domains.
        source: the Bitcoin headers that are replayed.
        accounts: the nodes' accounts.
        workers: the nodes.
        relayer: brings on chain what they share.
        feeder: relays headers.
        observer: follows the chain and looks at what it holds; sends nothing.
    """

    anvil: Anvil
    contracts: DeployedContracts
    domains: Domains
    source: RecordedHeaders
    accounts: tuple[str, ...]
    workers: tuple[Worker, ...]
    relayer: RelayerService
    feeder: Feeder
    observer: Observer


@contextmanager
def local_network(
    plan: NetworkPlan,
    learner_of: Callable[[int], Learner],
    source_of: Callable[[int, bytes], DataSource],
    observing: Learner,
) -> Iterator[LocalNetwork]:
    """Start everything; end everything when the block is left.

    Args:
        plan: what to start.
        learner_of: gives a node its learner.
        source_of: gives a node, whose seed it gets, its data.
        observing: the learner of who only looks.

    Raises:
        ModelChainError: something cannot be started.
    """
    with ExitStack() as stack:
        anvil = stack.enter_context(
            experiment_anvil(plan.nodes + 3, plan.folder / "anvil.log", plan.saved_chain)
        )
        headers = RecordedHeaders(plan.headers, MAINNET)
        contracts = _contracts(anvil.url, plan, headers)
        stack.callback(contracts.ethereum.close)
        found = contracts.deployment
        domains = Domains.of(found)
        store = LocalStore(plan.store)

        records = RecordLog(contracts)

        def chain_of(number: int) -> Web3Chain:
            return SharedReadingChain(contracts, account(number), records)

        def follower_of(chain: Web3Chain) -> ChainFollower:
            return ChainFollower(chain, domains, found.block_number)

        feeding, relaying = chain_of(plan.nodes + 1), chain_of(plan.nodes + 2)
        # Empty at every start: a queue that went on would be ahead of a chain that was saved,
        # and the nodes hand in again what is not on chain.
        queue = stack.enter_context(TemporaryDirectory(prefix="modelchain-relayer-"))
        database = stack.enter_context(RelayerDatabase(Path(queue) / "queue.sqlite"))
        relayer = RelayerService(
            relaying,
            store,
            follower_of(relaying),
            domains,
            RelayerQueue(database),
            time.monotonic,
            BatchSettings(flush_seconds=0.0),
        )
        replay = Replay(
            contracts.parameters, found.checkpoint.height, plan.nodes, PATIENCE_SECONDS, settle=0.0
        )
        feeder = Feeder(
            feeding,
            follower_of(feeding),
            headers,
            DevelopmentClock(contracts.ethereum),
            found.relay,
            replay,
            time.monotonic,
        )
        choices = Choices(Policy(patience=PATIENCE_SECONDS), STRATEGIES["windows"], LoopSettings())
        outlet = ServiceOutlet(relayer)
        workers: list[Worker] = []
        for node in range(plan.nodes):
            seed = node_seed_from_mnemonic(DEVELOPMENT_MNEMONIC, node)
            identity = Identity(
                NodeSecrets(seed, found.chain_id, found.address("ModelChain")),
                domains,
                found.genesis_accounts,
                found.block_number,
            )
            journal = stack.enter_context(Journal(plan.folder / "nodes" / str(node) / "journal"))
            adapters = Adapters(
                chain_of(node), store, learner_of(node), source_of(node, seed), outlet
            )
            workers.append(
                assemble_worker(
                    adapters, identity, choices, journal, time.monotonic, randomness.token_bytes
                )
            )
        watching = chain_of(plan.nodes)
        journal = stack.enter_context(Journal(plan.folder / "nodes" / "observer" / "journal"))
        observer = Observer(
            follower_of(watching), store, observing, domains, journal, contracts.parameters
        )
        accounts = tuple(str(account(node).address) for node in range(plan.nodes))
        yield LocalNetwork(
            anvil, contracts, domains, headers, accounts, tuple(workers), relayer, feeder, observer
        )


def _contracts(url: str, plan: NetworkPlan, headers: RecordedHeaders) -> DeployedContracts:
    """The contracts of a loaded chain, or fresh ones on a new chain."""
    if plan.saved_chain is not None:
        contracts = open_contracts(url, plan.deployment)
        set_clock_back(contracts.ethereum)
        return contracts
    deployment = Plan(
        plan.project, plan.folder, plan.headers, plan.nodes, parameters=plan.parameters
    )
    return deploy_on(url, deployment, headers, account(plan.nodes))
