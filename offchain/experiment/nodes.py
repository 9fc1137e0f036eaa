"""A whole network in one process: chain, contracts, relayer, feeder and nodes, stepped by the loop.

The parts are those of the programs `worker`, `relayer` and `feeder`; only what lies between the
processes (HTTP to the relayer, a loop for each) is left out, so that one node computes at a time.
Nothing waits for a moment drawn by chance: in one process it hides nothing.
"""

from __future__ import annotations

import hashlib
import random
import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from eth_account.signers.local import LocalAccount

from offchain.bitcoin.rules import MAINNET
from offchain.chain.follower import ChainFollower
from offchain.chain.reading.contracts import DeployedContracts
from offchain.chain.rpc.development_clock import DevelopmentClock
from offchain.chain.web3_chain import Web3Chain, open_contracts
from offchain.crypto.derivation import node_seed_from_mnemonic
from offchain.errors import RelayerBusyError, RelayerError, RelayerRefusedError, StoreError
from offchain.experiment.observer import Observer
from offchain.headers.recorded import RecordedHeaders
from offchain.node.assembly import Adapters, assemble_worker
from offchain.node.demo.chain_state import loading_anvil, set_clock_back
from offchain.node.demo.local_network import DemoPlan, account, deploy_on
from offchain.node.feeder.replay import ReplayingFeeder
from offchain.node.feeder.schedule import ReplaySchedule
from offchain.node.journal import Journal
from offchain.node.loop import LoopSettings, Worker
from offchain.node.own import Own
from offchain.node.relayer.database import RelayerDatabase
from offchain.node.relayer.mixing import Mixer, Timing
from offchain.node.relayer.queue import RelayerQueue
from offchain.node.relayer.refused import Refused
from offchain.node.relayer.service import RelayerService
from offchain.ports import DataSource, Learner, Outlet, Reading
from offchain.protocol.deciding.policy import Policy
from offchain.protocol.words.actions import PublishTestKeys, PublishTrainingKeys, Share
from offchain.protocol.words.records import Record
from offchain.storage.local import LocalStore
from offchain.toolchain.anvil import DEVELOPMENT_MNEMONIC, Anvil

PATIENCE_SECONDS = 10 * 86_400
"""Nobody goes on without another: nodes take turns, and a training takes as long as it takes."""

NO_DELAY = bytes
"""What a node draws its moments with: always the first one."""


@dataclass(frozen=True, slots=True)
class LocalNetwork:
    """A network that stands still until it is stepped.

    Attributes:
        anvil: the chain's process.
        contracts: the deployment, to read from.
        accounts: the nodes' accounts.
        workers: the nodes.
        relayer: brings on chain what they share.
        feeder: relays headers.
        observer: follows the chain and looks at what it holds; sends nothing.
    """

    anvil: Anvil
    contracts: DeployedContracts
    accounts: tuple[str, ...]
    workers: tuple[Worker, ...]
    relayer: RelayerService
    feeder: ReplayingFeeder
    observer: Observer


@contextmanager
def local_network(
    plan: DemoPlan,
    saved_chain: Path | None,
    learner_of: Callable[[int], Learner],
    source_of: Callable[[int, bytes], DataSource],
) -> Iterator[LocalNetwork]:
    """Start everything; end everything when the block is left.

    Args:
        plan: what to start, without a store of its own.
        saved_chain: a chain to go on with; None: a new one is deployed.
        learner_of: gives a node its learner.
        source_of: gives a node, whose seed it gets, its data.

    Raises:
        ModelChainError: something cannot be started.
    """
    with ExitStack() as stack:
        anvil = stack.enter_context(
            loading_anvil(plan.nodes + 3, plan.folder / "anvil.log", saved_chain)
        )
        headers = RecordedHeaders(plan.headers, MAINNET)
        contracts = _contracts(anvil.url, plan, saved_chain, headers)
        stack.callback(contracts.ethereum.close)
        found = contracts.deployment
        domain = found.domain()
        store = LocalStore(plan.folder / "store")
        records = RecordLog(contracts)

        def chain_of(number: int) -> Web3Chain:
            return SharedReadingChain(contracts, account(number), records)

        def follower_of(chain: Web3Chain) -> ChainFollower:
            return ChainFollower(chain, domain, found.block_number)

        feeding, relaying = chain_of(plan.nodes + 1), chain_of(plan.nodes + 2)
        # Empty at every start: a queue that went on would be ahead of a chain that was saved,
        # and the nodes hand in again what is not on chain.
        queue = stack.enter_context(TemporaryDirectory(prefix="modelchain-relayer-"))
        database = stack.enter_context(RelayerDatabase(Path(queue) / "queue.sqlite"))
        relayer = RelayerService(
            relaying,
            store,
            follower_of(relaying),
            domain,
            RelayerQueue(database),
            Timing(contracts.parameters, 0.0, time.monotonic),
            Mixer(random.Random(0)),  # noqa: S311  (nobody is hidden from anybody here)
        )
        feeder = ReplayingFeeder(
            feeding,
            follower_of(feeding),
            headers,
            DevelopmentClock(contracts.ethereum),
            found.relay,
            ReplaySchedule(contracts.parameters, plan.nodes, PATIENCE_SECONDS),
            time.monotonic,
        )
        outlet = ServiceOutlet(relayer)
        workers: list[Worker] = []
        for node in range(plan.nodes):
            seed = node_seed_from_mnemonic(DEVELOPMENT_MNEMONIC, node)
            journal = stack.enter_context(Journal(plan.folder / "nodes" / str(node) / "journal"))
            chain = chain_of(node)
            workers.append(
                assemble_worker(
                    Adapters(chain, store, learner_of(node), source_of(node, seed), outlet),
                    Own.of(chain, seed),
                    Policy(phase_seconds=PATIENCE_SECONDS),
                    journal,
                    time.monotonic,
                    NO_DELAY,
                    # The node whose turn it is does what anybody may do.
                    LoopSettings(turn=0.0),
                )
            )
        observer = Observer(follower_of(chain_of(plan.nodes)), store)
        accounts = tuple(str(account(node).address) for node in range(plan.nodes))
        yield LocalNetwork(anvil, contracts, accounts, tuple(workers), relayer, feeder, observer)


def _contracts(
    url: str, plan: DemoPlan, saved_chain: Path | None, headers: RecordedHeaders
) -> DeployedContracts:
    """The contracts of a loaded chain, or fresh ones on a new chain."""
    if saved_chain is None:
        return deploy_on(url, plan, headers, account(plan.nodes))
    contracts = open_contracts(url, plan.deployment)
    set_clock_back(contracts.ethereum)
    return contracts


@dataclass(frozen=True, slots=True)
class ServiceOutlet(Outlet):
    """Hands over to a `RelayerService`."""

    service: RelayerService

    def submit(self, share: Share, payloads: Sequence[bytes]) -> None:
        """See `Outlet.submit`."""
        files = {hashlib.sha256(payload).digest(): payload for payload in payloads}
        with _answering():
            for digest in self.service.submit(share).missing:
                self.service.add_file(digest, files[digest])

    def publish(self, keys: PublishTrainingKeys | PublishTestKeys) -> None:
        """See `Outlet.publish`."""
        with _answering():
            self.service.publish(keys)


@contextmanager
def _answering() -> Iterator[None]:
    """Raise what `RelayerClient` would raise."""
    try:
        yield
    except Refused as refused:
        if refused.retry_after is not None:
            raise RelayerBusyError(refused.retry_after, str(refused)) from refused
        raise RelayerRefusedError(refused.status, refused.code, str(refused)) from refused
    except StoreError as error:
        raise RelayerError(f"the relayer cannot keep what it gets: {error}") from error


class RecordLog:
    """All records of a deployment so far. The chain must not be reorganised meanwhile.

    Args:
        contracts: the deployment.
    """

    def __init__(self, contracts: DeployedContracts) -> None:
        self._contracts = contracts
        self._next = contracts.deployment.block_number
        self._records: list[Record] = []
        self._blocks: list[int] = []

    def between(self, first: int, last: int) -> list[Record]:
        """Records of EVM blocks ``first`` to ``last``, in order; raises as `Chain.records`."""
        if last >= self._next:
            fresh = list(self._contracts.records(self._next, last))
            self._records += fresh
            self._blocks += [record.block_number for record in fresh]
            self._next = last + 1
        start, end = bisect_left(self._blocks, first), bisect_right(self._blocks, last)
        return self._records[start:end]


class SharedReadingChain(Web3Chain):
    """A deployment as one account sees it; what it reads of the past comes from a shared log.

    Args:
        contracts: the deployment.
        account: signs this object's transactions.
        log: of the same deployment.
    """

    def __init__(self, contracts: DeployedContracts, account: LocalAccount, log: RecordLog) -> None:
        super().__init__(contracts, account)
        self._log = log

    def records(self, from_block: int, to_block: int) -> Iterator[Record]:
        """The protocol's events in a range of EVM blocks, both ends included, in order."""
        return iter(self._log.between(from_block, to_block))

    def reading(self, from_block: int, to_block: int) -> Reading:
        """The same; the chain is this process's own, and takes no block back."""
        return Reading(tuple(self.records(from_block, to_block)))
