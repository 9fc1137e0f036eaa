"""The way to a relayer in the same process: its checks and its queue, without HTTP between."""

from __future__ import annotations

from collections.abc import Sequence

from offchain.errors import RelayerError, StoreError
from offchain.node.relayer.admission import Refused
from offchain.node.relayer.client import Outlet, RelayerBusyError, RelayerRefusedError
from offchain.node.relayer.service import RelayerService
from offchain.protocol.words.transactions import DataTransaction, KeyReveal


class ServiceOutlet(Outlet):
    """Hands over to a `RelayerService`."""

    def __init__(self, service: RelayerService) -> None:
        self._service = service

    def submit(self, transaction: DataTransaction, payload: bytes) -> None:
        """See `Outlet.submit`."""
        try:
            self._service.submit(transaction, payload)
        except Refused as refused:
            raise _answer(refused) from refused
        except StoreError as error:
            raise RelayerError(f"the relayer cannot keep a payload: {error}") from error

    def publish(self, reveals: Sequence[KeyReveal]) -> None:
        """See `Outlet.publish`: one that is refused keeps no other out."""
        first: Refused | None = None
        for reveal in reveals:
            try:
                self._service.reveal(reveal)
            except Refused as refused:
                first = first or refused
        if first is not None:
            raise _answer(first) from first


def _answer(refused: Refused) -> RelayerError:
    """What `RelayerClient` would raise."""
    if refused.retry_after is not None:
        return RelayerBusyError(refused.retry_after, str(refused))
    return RelayerRefusedError(refused.status, refused.code, str(refused))
