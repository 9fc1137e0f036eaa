"""A relayer on a chain of nodes, served over real HTTP, that works when the test says so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path

from offchain.protocol.words.transactions import DataTransaction
from tests.support.chains.node_chain import NODES, NodeChain
from tests.support.servers.served_relayer import ServedRelayer, refusal, served_relayer

__all__ = ["Relayer", "refusal", "running_relayer"]


@dataclass
class Relayer(ServedRelayer):
    """A relayer whose chain the test follows."""

    chain: NodeChain

    def work(self) -> None:
        """Send all that waits, and see it."""
        super().work()
        self.chain.refresh()

    def share(self, *entries: tuple[DataTransaction, bytes]) -> None:
        """Bring data transactions on chain."""
        for transaction, payload in entries:
            assert self.post(transaction, payload).is_success
        self.work()


@contextmanager
def running_relayer(
    chain: NodeChain, folder: Path, queue_size: int, url: str | None = None
) -> Iterator[Relayer]:
    """Serve a relayer, on a free port if none is given."""
    with served_relayer(chain.contracts, NODES + 2, folder, maximum=queue_size, url=url) as served:
        parts = {field.name: getattr(served, field.name) for field in fields(ServedRelayer)}
        yield Relayer(**parts, chain=chain)
