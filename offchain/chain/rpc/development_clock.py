"""The clock of a development chain: what replays recorded Bitcoin headers at their own times.

The relay refuses headers more than two hours ahead of the EVM's clock, and an item waits for
decision times that lie after its arrival. So headers of the past are replayed on a chain whose
clock is set back to them and follows them. Only anvil lets its clock be set.
"""

from __future__ import annotations

from typing import Final

from offchain.chain.rpc.ethereum import Ethereum
from offchain.errors import ChainError, NotDevelopmentChainError

HIGHEST_TIMESTAMP: Final = 2**40 - 1
"""Seconds that fit the contracts' timestamps (uint40)."""


class DevelopmentClock:
    """Sets the time of an anvil.

    Raises:
        NotDevelopmentChainError: the node is no anvil.
    """

    def __init__(self, ethereum: Ethereum) -> None:
        client = ethereum.client_version()
        if not client.lower().startswith("anvil/"):
            raise NotDevelopmentChainError(client)
        self._ethereum = ethereum

    def now(self) -> int:
        """Time of the latest block, in seconds since 1970."""
        return self._ethereum.block().timestamp

    def set(self, timestamp: int) -> int:
        """Set the clock, forwards or back, and mine a block; returns that block's time.

        From then on the clock goes on from there, second by second.
        """
        if not 0 < timestamp <= HIGHEST_TIMESTAMP:
            raise ChainError(f"{timestamp} is no time in seconds: choose 1 to {HIGHEST_TIMESTAMP}")
        self._ethereum.request("anvil_setTime", timestamp)
        self.mine()
        return self.now()

    def advance_to(self, timestamp: int) -> int:
        """Set the clock to `timestamp` unless it is there already; returns the latest block's time.

        A block is mined in either case, so that the contracts see the time that has passed.
        """
        self.mine()
        now = self.now()
        return self.set(timestamp) if now < timestamp else now

    def mine(self) -> None:
        """Mine one block."""
        self._ethereum.request("evm_mine")
