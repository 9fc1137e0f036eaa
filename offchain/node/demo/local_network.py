"""A whole network on one machine: chain, contracts, relayer, feeder and nodes."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from eth_account.signers.local import LocalAccount

from offchain.bitcoin.checkpoint import CHECKPOINT_HEADERS
from offchain.bitcoin.header import HEADER_SIZE, BlockHeader
from offchain.bitcoin.rules import MAINNET
from offchain.chain.deployment.deployer import deploy
from offchain.chain.deployment.file import DeployedTask, write_deployment
from offchain.chain.deployment.plan import DeploymentPlan, first_checkpoint
from offchain.chain.reading.contracts import DeployedContracts
from offchain.chain.rpc.development_clock import DevelopmentClock
from offchain.chain.rpc.ethereum import Ethereum
from offchain.chain.sending.keys import account_from_mnemonic
from offchain.chain.web3_chain import Web3Chain
from offchain.config import DEFAULT_TASK
from offchain.errors import ConfigurationError
from offchain.headers.recorded import RecordedHeaders
from offchain.learning.kinds.known import find_kind
from offchain.learning.task_file.words import TaskFile
from offchain.learning.tasks.known import make_learner, task_named
from offchain.node.demo.children import Child, Children
from offchain.protocol.words.parameters import DEMO, DEMO_RELAY, Parameters
from offchain.storage.location import open_store
from offchain.toolchain.anvil import DEVELOPMENT_MNEMONIC, Anvil
from offchain.toolchain.anvil_binary import require_anvil

START_SECONDS = 600
"""EVM time after which the demo would start without a node: none is that slow."""


FURTHER_ACCOUNTS = 3
"""Accounts behind the nodes': deployer, feeder and relayer."""


@dataclass(frozen=True, slots=True)
class DemoPlan:
    """What to start.

    Attributes:
        project: the checkout, compiled, or the folder that the package is installed in.
        folder: where chain, store and logs go.
        headers: description of the recorded Bitcoin headers.
        nodes: how many workers.
        parameters: the protocol's; None: the demo's, with the task's samples in a part.
        patience: seconds after which feeder and nodes go on without those who are late.
        training_seconds: how long a model is trained at most; None: as the learner has it.
        store: the content store; None: a local one in the folder.
        task: what the nodes learn: a built-in task's name, or the path of a task file.
        liars: how many of the nodes, the last ones, state false points.
        data: a path of samples that the nodes split; None: those that come with the task.
        skip_bad: whether the rest of them is shared where some do not fit the task.
    """

    project: Path
    folder: Path
    headers: Path
    nodes: int = 4
    parameters: Parameters | None = None
    patience: float = 120.0
    training_seconds: float | None = None
    store: str | None = None
    task: str = DEFAULT_TASK
    liars: int = 0
    data: Path | None = None
    skip_bad: bool = False

    def __post_init__(self) -> None:
        if self.liars >= self.nodes:
            raise ConfigurationError(
                f"{self.liars} liars of {self.nodes} nodes: at least one must be honest"
            )

    def is_liar(self, node: int) -> bool:
        """Whether a node lies."""
        return node >= self.nodes - self.liars

    @property
    def deployed_parameters(self) -> Parameters:
        """The parameters that the contracts get."""
        if self.parameters is not None:
            return self.parameters
        # All nodes take part from the first round on, however long a machine needs to start them.
        return replace(
            DEMO,
            samples_per_part=task_named(self.task).samples_per_part,
            start_seconds=START_SECONDS,
        )

    @property
    def task_file(self) -> TaskFile:
        """What the nodes learn, with the deployed number of samples in a part."""
        return task_named(self.task, self.deployed_parameters.samples_per_part)

    @property
    def full_points(self) -> int:
        """What a model earns on a sample that it gets right."""
        task = self.task_file
        return find_kind(task.kind).full_points(task)

    @property
    def logs(self) -> Path:
        """Where the processes' output goes."""
        return self.folder / "logs"

    @property
    def deployment(self) -> Path:
        """The deployment file."""
        return self.folder / "deployment.json"


@dataclass(frozen=True, slots=True)
class DemoNetwork:
    """A network that runs.

    Attributes:
        plan: what was started.
        contracts: the deployment, to read from.
        source: the Bitcoin headers that are replayed.
        children: the processes.
        feeder: the process that relays headers.
        workers: the nodes' processes, by node.
        anvil: the chain.
        relayer: the relayer's address.
    """

    plan: DemoPlan
    contracts: DeployedContracts
    source: RecordedHeaders
    children: Children
    feeder: Child
    workers: list[Child]
    anvil: Anvil
    relayer: str

    @property
    def rpc(self) -> str:
        """The chain's address."""
        return self.anvil.url

    @property
    def observer(self) -> Web3Chain:
        """The chain as the deployer's account sees it; it sends nothing."""
        return Web3Chain(self.contracts, account(self.plan.nodes))

    def accounts(self) -> list[str]:
        """The nodes' accounts."""
        return [str(account(node).address) for node in range(self.plan.nodes)]

    def start_worker(self, node: int) -> Child:
        """Start a node, or start it again; its earlier process must have ended."""
        options = ["--account", str(node), "--nodes", str(self.plan.nodes), "--node", str(node)]
        options += ["--threads", "1", "--state", str(self.plan.folder / "state" / str(node))]
        options += ["--phase-seconds", str(round(self.plan.patience))]
        if self.plan.training_seconds is not None:
            options += ["--training-seconds", str(self.plan.training_seconds)]
        if self.plan.data is not None:
            options += ["--data", str(self.plan.data)]
        if self.plan.skip_bad:
            options.append("--skip-bad")
        if not self.plan.is_liar(node):
            return self.children.start(f"node-{node}", "worker", options)
        options += ["--points", str(self.plan.full_points)]
        return self.children.start(f"liar-{node}", "commands/demo/liar", options)


def account(number: int) -> LocalAccount:
    """An account of the development chain: nodes first, then deployer, feeder and relayer."""
    return account_from_mnemonic(DEVELOPMENT_MNEMONIC, number)


@contextmanager
def running_network(plan: DemoPlan, report: Callable[[str], None]) -> Iterator[DemoNetwork]:
    """Start everything; end everything when the block is left.

    Args:
        plan: what to start.
        report: told what is being started.

    Raises:
        ModelChainError: something cannot be started.
    """
    with ExitStack() as stack:
        report("starting a chain")
        anvil = stack.enter_context(
            Anvil(
                accounts=plan.nodes + FURTHER_ACCOUNTS,
                log_file=plan.logs / "anvil.log",
                binary=require_anvil(report),
            )
        )
        source = RecordedHeaders(plan.headers, MAINNET)
        report("deploying the contracts")
        contracts = deploy_on(anvil.url, plan, source, account(plan.nodes))
        stack.callback(contracts.ethereum.close)
        relayer_url = f"http://127.0.0.1:{free_port()}"
        children = stack.enter_context(children_of(plan, anvil.url, relayer_url))
        report("starting relayer, feeder and nodes")
        yield start_programs(plan, contracts, source, children, anvil, relayer_url)


def children_of(plan: DemoPlan, rpc: str, relayer: str) -> Children:
    """What the programs of a network are started by, none of them yet."""
    return Children(
        plan.project,
        plan.logs,
        {
            "MODELCHAIN_RPC": rpc,
            "MODELCHAIN_DEPLOYMENT": str(plan.deployment),
            "MODELCHAIN_STORE": plan.store or str(plan.folder / "store"),
            "MODELCHAIN_HEADERS": str(plan.headers),
            "MODELCHAIN_RELAYER": relayer,
            "OMP_NUM_THREADS": "1",
        },
    )


def start_programs(
    plan: DemoPlan,
    contracts: DeployedContracts,
    source: RecordedHeaders,
    children: Children,
    anvil: Anvil,
    relayer: str,
) -> DemoNetwork:
    """Start relayer, feeder and nodes of a network."""
    start_relayer(plan, children)
    feeding = start_feeder(plan, children)
    workers: list[Child] = []
    network = DemoNetwork(plan, contracts, source, children, feeding, workers, anvil, relayer)
    workers += [network.start_worker(node) for node in range(plan.nodes)]
    return network


def start_relayer(plan: DemoPlan, children: Children) -> Child:
    """Start the relayer, or start it again."""
    options = ["--account", str(plan.nodes + 2), "--state", str(plan.folder / "state")]
    return children.start("relayer", "relayer", options)


def start_feeder(plan: DemoPlan, children: Children) -> Child:
    """Start the feeder, or start it again."""
    options = [
        *("--account", str(plan.nodes + 1)),
        *("--nodes", str(plan.nodes)),
        *("--patience", str(plan.patience)),
    ]
    return children.start("feeder", "feeder", options)


def deploy_on(
    url: str, plan: DemoPlan, source: RecordedHeaders, deployer: LocalAccount
) -> DeployedContracts:
    """Set the chain's clock to the checkpoint, deploy, write the deployment file."""
    ethereum = Ethereum.connect(url)
    first = source.first_height()
    checkpoint = first_checkpoint(first, source.headers(first, CHECKPOINT_HEADERS))
    last = BlockHeader.parse(checkpoint.headers[-HEADER_SIZE:])
    DevelopmentClock(ethereum).set(last.time)
    parameters = plan.deployed_parameters
    task = plan.task_file
    description = make_learner(task).description
    # Under its hash, which the contracts are bound to: whoever has a store needs no deployment file
    # to know what is learned.
    open_store(plan.store or str(plan.folder / "store"), for_writing=True).put(description)
    deployment = deploy(
        ethereum,
        deployer,
        DeploymentPlan(
            tuple(str(account(node).address) for node in range(plan.nodes)),
            checkpoint,
            DeployedTask(task.name, description, task.model.judge),
            MAINNET,
            parameters,
            DEMO_RELAY,
        ),
        plan.project,
    )
    write_deployment(deployment, plan.deployment)
    return DeployedContracts(ethereum, deployment)


def free_port() -> int:
    """A TCP port of the loopback that nobody uses just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
