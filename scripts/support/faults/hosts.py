"""Hosts as network namespaces of Linux, on a network of their own that can be cut (ip-netns(8)).

Each host has an interface ``eth0`` that ends at a bridge, which stands in one more namespace, so
that nothing of this machine's own network changes but for one interface that leads there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from offchain.errors import ToolchainError
from scripts.support.tools import run_tool

NETWORKS = tuple(f"198.{second}.{third}" for second in (18, 19) for third in range(256))
"""The first three numbers of addresses of networks for tests of devices (RFC 2544)."""

SECONDS = 20.0
"""That a command may take."""


class NoNamespaces(ToolchainError):
    """This machine does not let this process make network namespaces."""


@dataclass(frozen=True)
class Hosts:
    """Hosts that reach one another, and this machine at ``here``.

    Attributes:
        names: the namespaces of the hosts.
        hub: the namespace of the bridge.
        network: the first three numbers of all addresses.
    """

    names: tuple[str, ...]
    hub: str
    network: str

    @property
    def here(self) -> str:
        """This machine's address among them."""
        return f"{self.network}.1"

    def address(self, number: int) -> str:
        """A host's address."""
        return f"{self.network}.{number + 2}"

    def launcher(self, number: int) -> tuple[str, ...]:
        """The command that executes another one on a host."""
        return ("ip", "netns", "exec", self.names[number])

    def cut(self, number: int) -> None:
        """Take a host off the network: packets are lost, and no connection is closed."""
        ip("-n", self.hub, "link", "set", f"port{number}", "down")

    def join(self, number: int) -> None:
        """Put a host back on the network."""
        ip("-n", self.hub, "link", "set", f"port{number}", "up")

    def part(self, *, parted: bool) -> None:
        """Let the hosts reach this machine alone, or one another again (bridge(8), isolated)."""
        state = "on" if parted else "off"
        for number in range(len(self.names)):
            port = f"port{number}"
            ip("-n", self.hub, "link", "set", port, "type", "bridge_slave", "isolated", state)


@contextmanager
def hosts(count: int) -> Iterator[Hosts]:
    """Make so many hosts, and take them away at the end.

    Raises:
        NoNamespaces: this process may not.
    """
    mark = f"mc{os.getpid()}"
    names = tuple(f"{mark}-{number}" for number in range(count))
    hub, uplink = f"{mark}-hub", f"{mark}-up"
    made = Hosts(names, hub, free_network())
    try:
        for namespace in (hub, *names):
            try:
                ip("netns", "add", namespace)
            except ToolchainError as error:
                raise NoNamespaces(
                    f"network namespaces cannot be made here, only root may ({error})"
                ) from error
        ip("-n", hub, "link", "add", "bridge0", "type", "bridge")
        ip("-n", hub, "link", "set", "bridge0", "up")
        ip("link", "add", uplink, "type", "veth", "peer", "name", "uplink", "netns", hub)
        ip("-n", hub, "link", "set", "uplink", "master", "bridge0", "up")
        ip("address", "add", f"{made.here}/24", "dev", uplink)
        ip("link", "set", uplink, "up")
        for number, name in enumerate(names):
            port = f"port{number}"
            ip("-n", hub, "link", "add", port, "type", "veth", "peer", "eth0", "netns", name)
            ip("-n", hub, "link", "set", port, "master", "bridge0", "up")
            ip("-n", name, "address", "add", f"{made.address(number)}/24", "dev", "eth0")
            ip("-n", name, "link", "set", "eth0", "up")
            ip("-n", name, "link", "set", "lo", "up")
        yield made
    finally:
        # Interfaces go with the namespaces that they are in, and with their peers.
        for namespace in (*names, hub):
            with suppress(ToolchainError):
                ip("netns", "delete", namespace)


def free_network() -> str:
    """The first three numbers of a network that this machine has no address in.

    Raises:
        ToolchainError: it has one in each.
    """
    used = run_tool(("ip", "-4", "-oneline", "address"), seconds=SECONDS)
    start = os.getpid() % len(NETWORKS)
    for network in (*NETWORKS[start:], *NETWORKS[:start]):
        if f" {network}." not in used:
            return network
    raise ToolchainError("all networks for tests are in use on this machine")


def ip(*arguments: str) -> None:
    """Change this machine's networks, by the command of the same name.

    Raises:
        ToolchainError: there is none, or it refuses.
    """
    run_tool(("ip", *arguments), seconds=SECONDS)
