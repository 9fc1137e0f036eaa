"""A network on one machine that outlasts its processes: stopped and started again, it goes on.

Its folder holds the chain as it was saved last, the deployment file, the content store, and what
each node keeps. A network that was killed goes on from the last time it was saved; what its nodes
did since is gone from the chain, as after a reorganisation, and they do it again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from offchain.bitcoin.rules import MAINNET
from offchain.chain.deployment.file import read_deployment
from offchain.chain.reading.contracts import DeployedContracts
from offchain.chain.rpc.ethereum import Ethereum
from offchain.errors import ChainError, ConfigurationError
from offchain.headers.recorded import RecordedHeaders
from offchain.node.demo.chain_state import loading_anvil, save_chain, set_clock_back
from offchain.node.demo.children import Child
from offchain.node.demo.local_network import (
    FURTHER_ACCOUNTS,
    DemoNetwork,
    DemoPlan,
    account,
    children_of,
    deploy_on,
    start_feeder,
    start_programs,
    start_relayer,
)
from offchain.private_files import held_alone
from offchain.toolchain.anvil import Anvil
from offchain.toolchain.anvil_binary import require_anvil
from offchain.whole_files import write_whole

SAVE_SECONDS: Final = 30.0
"""Pause between two times that the chain is saved, at least."""

SAVE_SHARE: Final = 20
"""Saving takes at most this fraction of the time: a large chain is saved less often."""

FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 60.0
"""Seconds before a program that ended is started again: doubled each time that it ends soon."""

STEADY_SECONDS: Final = 120.0
"""A program that ran for so long did not end at once."""


@dataclass(frozen=True, slots=True)
class LastingPlan:
    """What to start, and where it listens; the folder is the network's own."""

    network: DemoPlan
    port: int
    relayer_port: int

    @property
    def saved(self) -> Path:
        """The chain."""
        return self.network.folder / "chain.json"

    @property
    def configuration(self) -> Path:
        """Settings with which commands that are called from the folder find the network."""
        return self.network.folder / "modelchain.toml"


def nodes_of(folder: Path) -> int | None:
    """How many nodes the network in a folder has; None: there is none."""
    deployment = folder / "deployment.json"
    if not deployment.exists():
        return None
    return len(read_deployment(deployment).genesis_accounts)


def task_of(folder: Path) -> str | None:
    """What the network in a folder learns; None: there is none."""
    deployment = folder / "deployment.json"
    return read_deployment(deployment).task.name if deployment.exists() else None


@dataclass(frozen=True, slots=True)
class _Awaited:
    """A program that ended, and when it is started again."""

    name: str
    at: float


class LastingNetwork:
    """A network that runs while this context is entered.

    Args:
        plan: what to start.
        report: told what is being done.
        start: starts the programs, by default all of a network.
        clock: seconds.
    """

    def __init__(
        self,
        plan: LastingPlan,
        report: Callable[[str], None],
        start: Callable[..., DemoNetwork] = start_programs,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._plan = plan
        self._report = report
        self._start_programs = start
        self._clock = clock
        self._stack = ExitStack()
        self._anvil: Anvil | None = None
        self._saved_at = 0.0
        self._save_pause = SAVE_SECONDS
        self._started: dict[str, float] = {}
        self._awaited: list[_Awaited] = []
        self._pauses: dict[str, float] = {}
        self._network: DemoNetwork | None = None
        self.is_resumed = False

    @property
    def network(self) -> DemoNetwork:
        """What runs; ``ChainError`` before it does."""
        if self._network is None:
            raise ChainError("the network does not run")
        return self._network

    def __enter__(self) -> Self:
        """Start everything.

        Raises:
            ConfigurationError: another process has the folder, or it is not a network's.
            ModelChainError: something cannot be started.
        """
        with ExitStack() as stack:
            self._start(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the programs, save the chain, stop it."""
        self._stack.close()

    def tend(self) -> list[str]:
        """Save the chain if it is time, start again what ended; says what was done.

        Raises:
            ChainError: the chain itself has ended.
            UnwritableFile: it cannot be saved.
        """
        if self._anvil is None or not self._anvil.is_running:
            log = self._plan.network.logs / "anvil.log"
            raise ChainError(
                f"the chain has ended: read {log}; started again, the network goes on from the "
                "last time it was saved"
            )
        now, told = self._clock(), []
        if now - self._saved_at >= self._save_pause:
            self._save()
        for child in self.network.children.take_ended():
            told.append(self._ended(child, now))
        for awaited in [one for one in self._awaited if one.at <= now]:
            self._awaited.remove(awaited)
            self._start_again(awaited.name)
            told.append(f"{awaited.name} is started again")
        return told

    def _start(self, stack: ExitStack) -> None:
        plan, folder = self._plan.network, self._plan.network.folder
        stack.enter_context(held_alone(folder / "lock", f"the network in {folder}", "folder"))
        saved = self._plan.saved if self._plan.saved.exists() else None
        if saved is None and plan.deployment.exists():
            raise ConfigurationError(
                f"{folder} has a deployment file and no chain: name another folder with --folder, "
                "or remove this one"
            )
        self.is_resumed = saved is not None
        self._report("loading the chain" if saved else "starting a chain")
        require_anvil(self._report)
        self._anvil = stack.enter_context(
            loading_anvil(
                plan.nodes + FURTHER_ACCOUNTS, plan.logs / "anvil.log", saved, self._plan.port
            )
        )
        source = RecordedHeaders(plan.headers, MAINNET)
        if saved is None:
            self._report("deploying the contracts")
            contracts = deploy_on(self._anvil.url, plan, source, account(plan.nodes))
        else:
            ethereum = Ethereum.connect(self._anvil.url)
            set_clock_back(ethereum)
            contracts = DeployedContracts(ethereum, read_deployment(plan.deployment))
        stack.callback(contracts.ethereum.close)
        self._save()
        stack.callback(self._save)
        relayer = f"http://127.0.0.1:{self._plan.relayer_port}"
        self._write_configuration(self._anvil.url, relayer)
        children = stack.enter_context(children_of(plan, self._anvil.url, relayer))
        self._report("starting relayer, feeder and nodes")
        self._network = self._start_programs(
            plan, contracts, source, children, self._anvil, relayer
        )
        now = self._clock()
        names = ["relayer", "feeder", *(child.name for child in self._network.workers)]
        self._started = dict.fromkeys(names, now)

    def _save(self) -> None:
        if self._anvil is None or not self._anvil.is_running:
            return
        began = self._clock()
        save_chain(self._anvil, self._plan.saved)
        self._saved_at = self._clock()
        self._save_pause = max(SAVE_SECONDS, SAVE_SHARE * (self._saved_at - began))

    def _write_configuration(self, rpc: str, relayer: str) -> None:
        lines = [
            "# Written by `modelchain up`: commands that are called from this folder use it.",
            f'rpc = "{rpc}"',
            f'deployment = "{self._plan.network.deployment.name}"',
            f'store = "{self._plan.network.store or "store"}"',
            'state = "state"',
            f'relayer = "{relayer}"',
        ]
        write_whole(self._plan.configuration, ("\n".join(lines) + "\n").encode())

    def _ended(self, child: Child, now: float) -> str:
        ran = now - self._started.get(child.name, now)
        before = self._pauses.get(child.name, 0.0)
        pause = FIRST_PAUSE if ran > STEADY_SECONDS else max(FIRST_PAUSE, 2 * before)
        self._pauses[child.name] = pause = min(LONGEST_PAUSE, pause)
        self._awaited.append(_Awaited(child.name, now + pause))
        said = child.last_line() or "it said nothing"
        return (
            f"{child.name} ended with status {child.process.returncode} ({said}), "
            f"is started again in {pause:.0f} s; its log is {child.log}"
        )

    def _start_again(self, name: str) -> None:
        plan, children = self._plan.network, self.network.children
        self._started[name] = self._clock()
        if name == "relayer":
            start_relayer(plan, children)
        elif name == "feeder":
            start_feeder(plan, children)
        else:
            node = next(
                place for place, child in enumerate(self.network.workers) if child.name == name
            )
            self.network.workers[node] = self.network.start_worker(node)
