"""The chain's records, read and decoded once for all that follow the chain in one process."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from eth_account.signers.local import LocalAccount

from offchain.chain.client import Web3Chain
from offchain.chain.reading.contracts import DeployedContracts
from offchain.protocol.words.records import Record


class RecordLog:
    """All records of a deployment so far. The chain must not be reorganised meanwhile.

    Args:
        contracts: the deployment.
    """

    def __init__(self, contracts: DeployedContracts) -> None:
        self._contracts = contracts
        self._next = contracts.deployment.block_number
        self._records: list[Record] = []
        self._blocks: list[int] = []

    def between(self, first: int, last: int) -> list[Record]:
        """Records of EVM blocks ``first`` to ``last``, in order; raises as `Chain.records`."""
        if last >= self._next:
            fresh = list(self._contracts.records(self._next, last))
            self._records += fresh
            self._blocks += [record.block_number for record in fresh]
            self._next = last + 1
        start, end = bisect_left(self._blocks, first), bisect_right(self._blocks, last)
        return self._records[start:end]


class SharedReadingChain(Web3Chain):
    """A deployment as one account sees it; what it reads of the past comes from a shared log.

    Args:
        contracts: the deployment.
        account: signs this object's transactions.
        log: of the same deployment.
    """

    def __init__(self, contracts: DeployedContracts, account: LocalAccount, log: RecordLog) -> None:
        super().__init__(contracts, account)
        self._log = log

    def records(self, from_block: int, to_block: int) -> Iterator[Record]:
        """The protocol's events in a range of EVM blocks, both ends included, in order."""
        return iter(self._log.between(from_block, to_block))
