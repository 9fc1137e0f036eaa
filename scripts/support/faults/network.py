"""A network of real processes, each of which can be killed, started again, and cut off.

As the demo's, but that every process has an address of its own for the chain, a proxy that can be
told to spoil what passes, and may have its own store, variables and launcher.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from offchain.bitcoin.rules import MAINNET
from offchain.headers.recorded import RecordedHeaders
from offchain.node.demo.children import Child, Children
from offchain.node.demo.local_network import (
    DemoNetwork,
    DemoPlan,
    account,
    deploy_on,
    free_port,
)
from offchain.toolchain.anvil import Anvil
from offchain.toolchain.anvil_binary import require_anvil
from scripts.support.faults.proxy import FaultProxy

RELAYER, FEEDER = "relayer", "feeder"

POLL_SECONDS = 1.0
"""Between two looks of a node at the chain: less often than the demo's, to keep cores free."""

SPARE_ACCOUNTS = 1
"""Accounts with ether that no process of the network has."""


@dataclass(frozen=True, slots=True)
class Program:
    """A process as it is started, over and over.

    Attributes:
        name: of the process.
        program: its file in ``offchain``.
        options: its command line.
        environment: variables of its own.
        launcher: a command that executes it.
    """

    name: str
    program: str
    options: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    launcher: tuple[str, ...] = ()


@dataclass
class FaultNetwork:
    """A network that runs.

    Attributes:
        demo: what watches and reports take it for.
        programs: how each process is started.
        proxies: what each process reaches the chain through.
        running: the processes, by name.
        absent: names of processes that are not to run now.
    """

    demo: DemoNetwork
    programs: dict[str, Program]
    proxies: dict[str, FaultProxy]
    running: dict[str, Child]
    absent: set[str]

    @property
    def plan(self) -> DemoPlan:
        """What was started."""
        return self.demo.plan

    @property
    def nodes(self) -> list[str]:
        """The names of the nodes."""
        return [node_name(number) for number in range(self.plan.nodes)]

    def account(self, number: int) -> str:
        """The address of an account of the development chain."""
        return str(account(number).address)

    def start(self, name: str, changed: Program | None = None) -> Child:
        """Start a process, in another way if that is ``changed``; it must not run."""
        child = start_program(self.demo.children, changed or self.programs[name])
        self.running[name] = child
        return child

    def kill(self, name: str) -> None:
        """End a process as a power cut would, if it runs, and wait until it is gone."""
        child = self.running.pop(name, None)
        if child is None:
            return
        os.kill(child.process.pid, signal.SIGKILL)
        child.process.wait()
        self.demo.children.stop_one(child)

    def stop(self, name: str) -> None:
        """End a process kindly."""
        self.demo.children.stop_one(self.running.pop(name))

    def ended(self) -> list[str]:
        """The processes that have ended although nobody told them to."""
        return [name for name, child in self.running.items() if child.process.poll() is not None]

    def take_ended(self, name: str) -> tuple[int, str]:
        """The status and the last line of a process that has ended by itself."""
        child = self.running.pop(name)
        status = child.process.wait()
        self.demo.children.stop_one(child)
        return status, child.last_line()

    def rpc_of(self, name: str) -> FaultProxy:
        """What a process reaches the chain through."""
        return self.proxies[name]

    def state_of(self, name: str) -> Path:
        """The folder that a process keeps its state in."""
        return state_folder(self.plan.folder, name)


def node_name(number: int) -> str:
    """The name of a node's process."""
    return f"node-{number}"


def state_folder(folder: Path, name: str) -> Path:
    """Where a process keeps its state: a folder of its own, that can be lost or full."""
    return folder / "state" / name


@contextmanager
def fault_network(
    plan: DemoPlan,
    *,
    arrange: Callable[[Program], Program] = lambda program: program,
    other_chain: str | None = None,
    host: str = "127.0.0.1",
) -> Iterator[FaultNetwork]:
    """Start everything but who comes ``late``; end everything when the block is left.

    Args:
        plan: what to start.
        arrange: changes how a process is started.
        other_chain: the address of another chain's node.
        host: where the chain and everybody's proxy listen.

    Raises:
        ModelChainError: something cannot be started.
    """
    deployer, feeder, relayer = plan.nodes, plan.nodes + 1, plan.nodes + 2
    with ExitStack() as stack:
        anvil = stack.enter_context(
            Anvil(
                host=host,
                accounts=plan.nodes + 3 + SPARE_ACCOUNTS,
                log_file=plan.logs / "anvil.log",
                binary=require_anvil(lambda _: None),
            )
        )
        source = RecordedHeaders(plan.headers, MAINNET)
        contracts = deploy_on(anvil.url, plan, source, account(deployer))
        stack.callback(contracts.ethereum.close)
        relayer_url = f"http://127.0.0.1:{free_port()}"
        # Who is not on this machine's loopback comes through a proxy, as the relayer asks for.
        entrance = stack.enter_context(FaultProxy(relayer_url, host=host).running())
        children = stack.enter_context(
            Children(
                plan.project,
                plan.logs,
                {
                    "MODELCHAIN_DEPLOYMENT": str(plan.deployment),
                    "MODELCHAIN_STORE": plan.store or str(plan.folder / "store"),
                    "MODELCHAIN_HEADERS": str(plan.headers),
                    "MODELCHAIN_RELAYER": entrance.url,
                    "OMP_NUM_THREADS": "1",
                    # What is on this machine is asked for without a proxy that the environment has.
                    "no_proxy": host,
                    "NO_PROXY": host,
                },
            )
        )
        names = [RELAYER, FEEDER, *(node_name(number) for number in range(plan.nodes))]
        proxies = {
            name: stack.enter_context(FaultProxy(anvil.url, other_chain, host).running())
            for name in names
        }
        feeding = ("--nodes", str(plan.nodes), "--patience", str(plan.patience))
        state = ("--state", str(state_folder(plan.folder, RELAYER)))
        planned = [
            Program(
                RELAYER, "relayer", ("--account", str(relayer), "--listen", relayer_url, *state)
            ),
            Program(FEEDER, "feeder", ("--account", str(feeder), *feeding)),
            *(Program(names[2 + n], "worker", node_options(plan, n)) for n in range(plan.nodes)),
        ]
        programs = {
            program.name: arrange(
                replace(program, environment={"MODELCHAIN_RPC": proxies[program.name].url})
            )
            for program in planned
        }
        running = {name: start_program(children, programs[name]) for name in names}
        demo = DemoNetwork(
            plan, contracts, source, children, running[FEEDER], [], anvil, relayer_url
        )
        yield FaultNetwork(demo, programs, proxies, running, set())


def start_program(children: Children, program: Program) -> Child:
    """Start a process."""
    return children.start(
        program.name,
        program.program,
        program.options,
        environment=program.environment,
        launcher=program.launcher,
    )


def node_options(plan: DemoPlan, number: int, account: int | None = None) -> tuple[str, ...]:
    """A node's command line: its number, and its account if that is another.

    Data is divided among one node more than there are, which may come later.
    """
    account = number if account is None else account
    options = ["--account", str(account), "--nodes", str(plan.nodes + 1), "--node", str(number)]
    options += ["--threads", "1", "--state", str(state_folder(plan.folder, node_name(number)))]
    options += ["--phase-seconds", str(round(plan.patience)), "--poll", str(POLL_SECONDS)]
    if plan.training_seconds is not None:
        options += ["--training-seconds", str(plan.training_seconds)]
    return tuple(options)
