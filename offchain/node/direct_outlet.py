"""Data transactions and keys go to the chain itself, without a relayer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from offchain.errors import RelayerRefusedError, RevertedError
from offchain.ports import Chain, ContentStore, Outlet
from offchain.protocol.words.actions import PublishTestKeys, PublishTrainingKeys, Share
from offchain.protocol.words.contract_errors import ContractError
from offchain.refusals import CONTRACT_STATUS, revert_code

_DONE = (ContractError.NULLIFIER_USED, ContractError.ALREADY_PUBLISHED)
"""What the contract says of what it has."""


@dataclass(frozen=True, slots=True)
class DirectOutlet(Outlet):
    """The chain itself, with the node's own account: it shows whose data it is."""

    chain: Chain
    store: ContentStore

    def submit(self, share: Share, payloads: Sequence[bytes]) -> None:
        """See `Outlet.submit`."""
        for payload in payloads:
            self.store.put(payload)
        self._execute(share)

    def publish(self, keys: PublishTrainingKeys | PublishTestKeys) -> None:
        """See `Outlet.publish`."""
        self._execute(keys)

    def _execute(self, action: Share | PublishTrainingKeys | PublishTestKeys) -> None:
        try:
            self.chain.execute(action)
        except RevertedError as error:
            if error.name not in _DONE:
                # What a relayer would answer.
                raise RelayerRefusedError(
                    CONTRACT_STATUS, revert_code(error.name), str(error)
                ) from error
