"""Keeps the gas that transactions used in the index: what was read once is not asked for again."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from typing import Final

from offchain.chain.reading.contracts import DeployedContracts
from offchain.chain.reading.gas import used_gas
from offchain.chronicle.chronicle import Chronicle
from offchain.dashboard.index import Index
from offchain.ports import BlockPoint

BLOCKS_AT_ONCE: Final = 500
"""EVM blocks whose gas is read in one step: in between the chain itself is followed."""


class GasFollower:
    """Follows what the transactions of a deployment used.

    Args:
        contracts: the deployment.
        index: of its gas this object is the only writer.
    """

    def __init__(self, contracts: DeployedContracts, index: Index) -> None:
        self._contracts = contracts
        self._index = index

    def step(self, chronicle: Chronicle) -> bool:
        """Read the gas of some further EVM blocks; returns whether there are more.

        A transaction whose events name no round counts for the one that collected then (0: none).
        What a fork took back is forgotten first.

        Raises:
            ChainError: the chain cannot be read.
            sqlite3.Error: the index cannot be written.
        """
        latest = chronicle.now.evm_block
        done = self._standing(latest)
        first = max(done + 1, self._contracts.deployment.block_number)
        last = min(latest, first + BLOCKS_AT_ONCE - 1)
        if first > last:
            return False
        [stands] = self._contracts.ethereum.block_hashes([last])
        opened = [entry.opened.block_number for entry in chronicle.history.rounds.values()]
        used = [
            one
            if one.round is not None
            else replace(one, round=bisect_right(opened, one.evm_block))
            for one in used_gas(self._contracts, first, last)
        ]
        if self._contracts.ethereum.block_hashes([last]) != [stands]:
            return True  # blocks were taken back meanwhile
        with self._index.writing() as index:
            index.forget_gas(done)
            index.gas(used, BlockPoint(last, stands))
        return last < latest

    def _standing(self, latest: int) -> int:
        """The last EVM block up to which gas was read that is still on the chain; -1: none."""
        with self._index.reading() as reader:
            points = [point for point in reader.gas_points() if point.number <= latest]
        for some in (points[:1], points[1:]):
            found = self._contracts.ethereum.block_hashes([point.number for point in some])
            for point, known in zip(some, found, strict=True):
                if known == point.hash:
                    return point.number
        return -1
