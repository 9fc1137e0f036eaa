"""The groups of faults, each with the network that it is played on."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from offchain.config import PROJECT, RECORDED_HEADERS
from offchain.errors import BinaryMissing, ToolchainError
from offchain.node.demo.local_network import DemoPlan
from offchain.toolchain.anvil import Anvil
from scripts.install_ipfs_daemon import find_ipfs
from scripts.support.faults.balance import Balance, balance
from scripts.support.faults.hosts import NoNamespaces
from scripts.support.faults.killing import play_kills
from scripts.support.faults.members import play_joiner, play_third, play_twice
from scripts.support.faults.network import (
    FEEDER,
    RELAYER,
    FaultNetwork,
    Program,
    fault_network,
    node_name,
    state_folder,
)
from scripts.support.faults.parted import HOSTS, parted_network, play_parted
from scripts.support.faults.proxy import FaultProxy
from scripts.support.faults.session import Session, Verdict
from scripts.support.faults.spoiling import play_behind, play_other_chain, play_rpc
from scripts.support.faults.storing import play_clocks, play_disks, play_stores
from scripts.support.faults.wrong_clock import compile_clock
from scripts.support.ipfs_daemon import running_ipfs_daemon

NODES: Final = 3
FOUR: Final = 4
TASK: Final = "diabetes"
PATIENCE_SECONDS: Final = 300.0
"""After so long a phase goes on without those who are late: a process is started again sooner."""

SHORT_PATIENCE_SECONDS: Final = 45.0
"""The same where somebody can do nothing for a round, and is waited for in each phase."""

SIX: Final = 6
SIX_PARTS: Final = 15
"""Of a data transaction: the task's rows are divided among seven nodes."""

DISK_BYTES: Final = 16 << 20
"""Room for a node's state, or for the files of some rounds, and for little more."""

OTHER_CHAIN_ID: Final = 4242


class NotHere(Exception):
    """A group cannot be played on this machine; says why."""


Tell = Callable[[Verdict], None]
Play = Callable[[Path, Tell], Balance]
"""Plays a group in a folder, tells each verdict, and looks at everything at the end.

Raises `NotHere`, or ``ModelChainError``.
"""


@dataclass(frozen=True, slots=True)
class Group:
    """Faults that are played one after the other on one network: what they are, in words."""

    what: str
    play: Play


def plan_in(folder: Path, nodes: int = NODES, patience: float = PATIENCE_SECONDS) -> DemoPlan:
    """A network of nodes at small size.

    No model burns for being weak: the task's rows come again, so that a model which learned them by
    heart is far better than one that a busy machine trained for a second, and that is no fault.
    """
    plan = DemoPlan(
        PROJECT,
        folder,
        RECORDED_HEADERS,
        nodes,
        patience=patience,
        training_seconds=1.0,
        task=TASK,
    )
    return replace(plan, parameters=replace(plan.deployed_parameters, burn_basis_points=0))


@contextmanager
def plain_network(folder: Path) -> Iterator[FaultNetwork]:
    """Chain, relayer, feeder and nodes with one store."""
    with fault_network(plan_in(folder)) as network:
        yield network


@contextmanager
def network_beside_another_chain(folder: Path) -> Iterator[FaultNetwork]:
    """The same, and the node of another chain."""
    plan = plan_in(folder, patience=SHORT_PATIENCE_SECONDS)
    with (
        Anvil(chain_id=OTHER_CHAIN_ID, accounts=1) as other,
        fault_network(plan, other_chain=other.url) as network,
    ):
        yield network


@contextmanager
def network_with_small_disks(folder: Path) -> Iterator[FaultNetwork]:
    """The same, with the states and the store on disks of a few megabytes."""
    plan = plan_in(folder, FOUR)
    names = [RELAYER, *(node_name(number) for number in range(plan.nodes))]
    places = [*(state_folder(folder, name) for name in names), folder / "store"]
    with ExitStack() as stack:
        for place in places:
            stack.enter_context(small_disk(place))
        yield stack.enter_context(fault_network(plan))


@contextmanager
def network_of_six(folder: Path) -> Iterator[FaultNetwork]:
    """Six nodes that do not wait long, and epochs of two rounds."""
    plan = plan_in(folder, SIX, SHORT_PATIENCE_SECONDS)
    parameters = replace(plan.deployed_parameters, epoch_rounds=2, parts=SIX_PARTS)
    with fault_network(replace(plan, parameters=parameters)) as network:
        yield network


@contextmanager
def small_disk(place: Path) -> Iterator[None]:
    """A file system of some megabytes at a folder, in memory.

    Raises:
        NotHere: this process may not mount one.
    """
    place.mkdir(parents=True, exist_ok=True)
    options = f"size={DISK_BYTES}"
    command = ["mount", "-t", "tmpfs", "-o", options, "modelchain-fault", str(place)]
    try:
        subprocess.run(command, capture_output=True, check=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise NotHere("a small disk cannot be mounted: only root may") from error
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(place)], capture_output=True, check=True)


@contextmanager
def ipfs_network(folder: Path) -> Iterator[tuple[FaultNetwork, dict[str, FaultProxy]]]:
    """Everybody's content in one IPFS daemon, to which each process has a way of its own."""
    try:
        find_ipfs()
    except BinaryMissing as error:
        raise NotHere(str(error)) from error
    stores: dict[str, FaultProxy] = {}
    with ExitStack() as stack:
        daemon = stack.enter_context(running_ipfs_daemon(folder))

        def arrange(program: Program) -> Program:
            if program.name == FEEDER:
                return program
            proxy = stack.enter_context(FaultProxy(daemon.url).running())
            stores[program.name] = proxy
            store = f"ipfs:/ip4/127.0.0.1/tcp/{proxy.port}"
            return replace(program, environment={**program.environment, "MODELCHAIN_STORE": store})

        plan = plan_in(folder, FOUR, SHORT_PATIENCE_SECONDS)
        plan = replace(plan, store=f"ipfs:{daemon.address}")
        yield stack.enter_context(fault_network(plan, arrange=arrange)), stores


def play_plain(
    network: Callable[[Path], AbstractContextManager[FaultNetwork]],
    *plays: Callable[[Session], None],
) -> Play:
    """A group: its plays, one after the other, on a network of its own."""

    def play(folder: Path, tell: Tell) -> Balance:
        with network(folder) as running:
            return play_on(running, tell, *plays)

    return play


def play_with_stores(folder: Path, tell: Tell) -> Balance:
    """The group of the content stores."""
    with ipfs_network(folder) as (network, stores):
        return play_on(network, tell, lambda session: play_stores(session, stores))


def play_with_clocks(folder: Path, tell: Tell) -> Balance:
    """The group of the clocks."""
    try:
        library = compile_clock(folder)
    except ToolchainError as error:
        raise NotHere(str(error)) from error
    with plain_network(folder) as network:
        return play_on(network, tell, lambda session: play_clocks(session, library))


def play_with_hosts(folder: Path, tell: Tell) -> Balance:
    """The group of three hosts."""
    try:
        with parted_network(plan_in(folder, HOSTS, SHORT_PATIENCE_SECONDS)) as parted:
            return play_on(parted.network, tell, lambda session: play_parted(session, parted))
    except (NoNamespaces, BinaryMissing) as error:
        raise NotHere(str(error)) from error


def play_on(network: FaultNetwork, tell: Tell, *plays: Callable[[Session], None]) -> Balance:
    """Play on a network that was just started, see one round more, and look at everything."""
    session = Session(network, tell)
    session.first_round()
    for play in plays:
        play(session)
    session.play("afterwards", "nothing goes wrong any more", lambda: None)
    return balance(session)


GROUPS: Final[Mapping[str, Group]] = {
    "kills": Group(
        "kill -9 at every step of a round, and a start with what was on disk",
        play_plain(plain_network, play_kills),
    ),
    "rpc": Group(
        "what an RPC provider does to the programs that ask it",
        play_plain(plain_network, play_rpc),
    ),
    "chains": Group(
        "an RPC provider that is behind, silent to one node, or of another chain",
        play_plain(network_beside_another_chain, play_behind, play_other_chain),
    ),
    "stores": Group("what a content store does to the programs that ask it", play_with_stores),
    "disks": Group(
        "disks that are full for a while", play_plain(network_with_small_disks, play_disks)
    ),
    "clocks": Group("clocks that are wrong by a day", play_with_clocks),
    "members": Group(
        "nodes that die, run twice or come late",
        play_plain(
            network_of_six, play_third, play_twice, lambda session: play_joiner(session, SIX + 3)
        ),
    ),
    "hosts": Group(
        "three hosts with a node and an IPFS daemon each, and a network that is cut",
        play_with_hosts,
    ),
}
