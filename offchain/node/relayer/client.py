"""A relayer over HTTP, as sharers see it."""

from __future__ import annotations

from collections.abc import Sequence

from offchain.node.relayer.connection import RelayerConnection
from offchain.node.relayer.wire import encode_reveals, encode_submission
from offchain.ports import Outlet
from offchain.protocol.words.actions import MAXIMUM_REVEALS
from offchain.protocol.words.transactions import DataTransaction, KeyReveal


class RelayerClient(Outlet):
    """A relayer over HTTP.

    Args:
        url: its address.

    Raises:
        ConfigurationError: the address is no http or https URL.
    """

    def __init__(self, url: str) -> None:
        self._connection = RelayerConnection(url)

    def submit(self, transaction: DataTransaction, payload: bytes) -> None:
        """See `Outlet.submit`."""
        self._connection.post("/transactions", encode_submission(transaction, payload))

    def publish(self, reveals: Sequence[KeyReveal]) -> None:
        """See `Outlet.publish`."""
        for start in range(0, len(reveals), MAXIMUM_REVEALS):
            batch = tuple(reveals[start : start + MAXIMUM_REVEALS])
            self._connection.post("/keys", encode_reveals(batch))

    def close(self) -> None:
        """Close the connections."""
        self._connection.close()
