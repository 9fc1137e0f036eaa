"""Data transactions and keys go to the chain itself, without a relayer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from offchain.errors import RelayerRefusedError, RevertedError
from offchain.ports import Chain, ContentStore, Outlet
from offchain.protocol.words.actions import MAXIMUM_REVEALS, PublishKeys, Share
from offchain.protocol.words.contract_errors import ContractError
from offchain.protocol.words.transactions import DataTransaction, KeyReveal
from offchain.refusals import CONTRACT_STATUS, revert_code


@dataclass(frozen=True, slots=True)
class DirectOutlet(Outlet):
    """The chain itself, with the node's own account: it shows whose data it is."""

    chain: Chain
    store: ContentStore

    def submit(self, transaction: DataTransaction, payload: bytes) -> None:
        """See `Outlet.submit`."""
        self.store.put(payload)
        try:
            self.chain.execute(Share((transaction,)))
        except RevertedError as error:
            if error.name != ContractError.NULLIFIER_USED:
                raise _refused(error) from error

    def publish(self, reveals: Sequence[KeyReveal]) -> None:
        """See `Outlet.publish`."""
        for start in range(0, len(reveals), MAXIMUM_REVEALS):
            try:
                self.chain.execute(PublishKeys(tuple(reveals[start : start + MAXIMUM_REVEALS])))
            except RevertedError as error:
                raise _refused(error) from error


def _refused(error: RevertedError) -> RelayerRefusedError:
    """What a relayer would answer."""
    return RelayerRefusedError(CONTRACT_STATUS, revert_code(error.name), str(error))
