"""Whether a chain's EVM knows the instructions that the contracts are compiled to."""

from __future__ import annotations

from typing import Final

from offchain.chain.rpc.ethereum import LATEST, Ethereum
from offchain.chain.rpc.provider import RpcFault
from offchain.errors import HardforkError

HARDFORK: Final = "cancun"
"""The oldest rules that they run by, as the compiler is told (brownie-config.yaml)."""

_STOP: Final = bytes.fromhex("00")
_COPY: Final = bytes.fromhex("5f5f5f5e00")
"""PUSH0 (EIP-3855, Shanghai) three times, MCOPY (EIP-5656, Cancun), STOP."""


def require_hardfork(ethereum: Ethereum) -> None:
    """Check that a chain can run the contracts.

    Raises:
        HardforkError: its rules are older than Cancun's.
        RpcError: it cannot be asked.
    """
    reason = _refusal(ethereum, _COPY)
    # A node that runs no code without a contract does not say which rules it has.
    if reason is not None and _refusal(ethereum, _STOP) is None:
        raise HardforkError(HARDFORK, reason)


def _refusal(ethereum: Ethereum, code: bytes) -> str | None:
    """Why code does not run as that of a creation, None if it does."""
    try:
        ethereum.request("eth_call", {"data": code}, LATEST)
    except RpcFault as fault:
        return fault.reason
    return None
