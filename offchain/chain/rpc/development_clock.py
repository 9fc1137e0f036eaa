"""The clock of a development chain: what replays recorded Bitcoin headers at their own times.

The relay refuses headers more than two hours ahead of the EVM's clock, and an item waits for
decision times that lie after its arrival. So headers of the past are replayed on a chain whose
clock is set back to them and follows them. Only anvil lets its clock be set.
"""

from __future__ import annotations

from typing import Final

from offchain.chain.rpc.ethereum import Ethereum
from offchain.chain.rpc.provider import RpcFault
from offchain.errors import ChainError, NotDevelopmentChainError

HIGHEST_TIMESTAMP: Final = 2**40 - 1
"""Seconds that fit the contracts' timestamps (uint40)."""

_PASSED: Final = "lower than previous block's timestamp"
"""What an anvil says of a time that its chain has left behind."""


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
        _require_time(timestamp)
        self._ethereum.request("anvil_setTime", timestamp)
        self.mine()
        return self.now()

    def advance_to(self, timestamp: int) -> int:
        """Set the clock forwards to `timestamp`, if it is not there; the latest block's time.

        A block is mined in either case, so that the contracts see the time that has passed. Whether
        the clock is there is for the node itself to say: what can be read may be of an older block,
        where an address leads to several nodes, and the clock must not go back to that.
        """
        _require_time(timestamp)
        self.mine()
        try:
            self._ethereum.request("evm_mine", {"timestamp": timestamp})
        except RpcFault as fault:
            if _PASSED not in fault.reason:
                raise
        return self.now()

    def mine(self) -> None:
        """Mine one block."""
        self._ethereum.request("evm_mine")


def _require_time(timestamp: int) -> None:
    """Raise ``ChainError`` if a time is none that the contracts can hold."""
    if not 0 < timestamp <= HIGHEST_TIMESTAMP:
        raise ChainError(f"{timestamp} is no time in seconds: choose 1 to {HIGHEST_TIMESTAMP}")
