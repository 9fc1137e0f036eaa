"""Three hosts with a node and an IPFS daemon each, and a network between them that is cut."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial

from offchain.errors import ToolchainError
from offchain.node.demo.local_network import DemoPlan
from scripts.install_ipfs_daemon import find_ipfs
from scripts.support.faults.hosts import SECONDS, Hosts, hosts
from scripts.support.faults.network import FEEDER, FaultNetwork, Program, fault_network, node_name
from scripts.support.faults.session import Session
from scripts.support.ipfs_daemon import (
    IpfsDaemon,
    make_repository,
    read_configuration,
    running_ipfs_daemon,
    write_configuration,
)
from scripts.support.tools import run_tool

HOSTS = 3
SWARM_PORT = 4002
CONNECT_SECONDS = 120.0
PARTED_SECONDS = 25.0
POST = ("curl", "--silent", "--fail", "--request", "POST")


@dataclass(frozen=True)
class PartedNetwork:
    """A network of three hosts, and this machine with the chain, the relayer and the feeder.

    ``daemons`` are the hosts' and, last, this machine's.
    """

    network: FaultNetwork
    hosts: Hosts
    daemons: tuple[IpfsDaemon, ...]
    peers: tuple[str, ...]


@contextmanager
def parted_network(plan: DemoPlan) -> Iterator[PartedNetwork]:
    """Start everything; every host's daemon knows all others.

    Args:
        plan: of as many nodes as there are hosts.

    Raises:
        NoNamespaces: this process may not make hosts.
        BinaryMissing: there is no IPFS daemon.
        ToolchainError: the daemons do not find one another.
    """
    find_ipfs()
    with ExitStack() as stack:
        made = stack.enter_context(hosts(HOSTS))
        addresses = [*(made.address(number) for number in range(HOSTS)), made.here]
        folders = [plan.folder / f"host-{number}" for number in range(HOSTS + 1)]
        peers = []
        for folder, address in zip(folders, addresses, strict=True):
            folder.mkdir()
            peer = make_repository(folder)
            peers.append(f"/ip4/{address}/tcp/{SWARM_PORT}/p2p/{peer}")
        daemons = []
        for number, folder in enumerate(folders):
            content = read_configuration(folder)
            content["Addresses"]["Swarm"] = [f"/ip4/{addresses[number]}/tcp/{SWARM_PORT}"]
            content["Bootstrap"] = [peer for other, peer in enumerate(peers) if other != number]
            write_configuration(folder, content)
            launcher = made.launcher(number) if number < HOSTS else ()
            daemons.append(
                stack.enter_context(running_ipfs_daemon(folder, offline=False, launcher=launcher))
            )
        connect(made, tuple(daemons), tuple(peers))

        def arrange(program: Program) -> Program:
            if program.name == FEEDER:
                return program
            numbers = {node_name(number): number for number in range(HOSTS)}
            number = numbers.get(program.name, HOSTS)
            environment = {
                **program.environment,
                "MODELCHAIN_STORE": f"ipfs:{daemons[number].address}",
            }
            launcher = made.launcher(number) if number < HOSTS else ()
            return replace(program, environment=environment, launcher=launcher)

        plan = replace(plan, store=f"ipfs:{daemons[HOSTS].address}")
        network = stack.enter_context(fault_network(plan, arrange=arrange, host=made.here))
        yield PartedNetwork(network, made, tuple(daemons), tuple(peers))


def connect(made: Hosts, daemons: tuple[IpfsDaemon, ...], peers: tuple[str, ...]) -> None:
    """Let each daemon connect to all others.

    Raises:
        ToolchainError: they do not in time.
    """
    for number, daemon in enumerate(daemons):
        launcher = made.launcher(number) if number < HOSTS else ()
        for other, peer in enumerate(peers):
            if other == number:
                continue
            url = f"{daemon.url}/api/v0/swarm/connect?arg={peer}"
            began = time.monotonic()
            while True:
                try:
                    run_tool((*launcher, *POST, url), seconds=SECONDS)
                    break
                except ToolchainError:
                    if time.monotonic() - began > CONNECT_SECONDS:
                        raise
                    time.sleep(1.0)


def play_parted(session: Session, parted: PartedNetwork) -> None:
    """A host off the network, hosts that reach the chain but not one another, and both healed."""
    made = parted.hosts
    for stage in ("COLLECT", "ATTEST"):
        session.play(
            f"host cut off {stage}",
            f"for {PARTED_SECONDS:.0f} s from {stage} on one of three hosts is off the network",
            partial(made.cut, HOSTS - 1),
            partial(made.join, HOSTS - 1),
            stage=stage,
            holds_seconds=PARTED_SECONDS,
        )
    session.play(
        "host cut off for a round",
        "one of three hosts is off the network for a whole round",
        partial(made.cut, HOSTS - 1),
        partial(made.join, HOSTS - 1),
        may_be_void=True,
    )
    for stage in ("COLLECT", "UNSEAL"):
        session.play(
            f"stores parted {stage}",
            f"for {PARTED_SECONDS:.0f} s from {stage} on the hosts reach the chain, but their "
            "IPFS daemons not one another",
            partial(made.part, parted=True),
            partial(made.part, parted=False),
            stage=stage,
            holds_seconds=PARTED_SECONDS,
        )
