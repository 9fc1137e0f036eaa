"""Transactions as a node gives them, and the calls of some contracts within them.

A transaction mostly calls one of our contracts itself. One that goes through another contract (a
wallet, a batch) shows only in the node's trace which of ours it called, with what, in which order.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from offchain.chain.rpc import replies
from offchain.chain.rpc.ethereum import Ethereum
from offchain.chain.rpc.provider import RpcFault, RpcReplyError
from offchain.crypto.hashing import HASH_BYTES
from offchain.errors import RpcError

MAXIMUM_FRAMES: Final = 10_000
"""Calls of one transaction's trace that are looked at: more do not fit a block's gas usefully."""


class TraceUnavailable(RpcError):
    """A transaction went through another contract, and the node does not tell what that called."""

    def __init__(self, transaction_hash: bytes, reason: str) -> None:
        super().__init__(
            f"transaction 0x{transaction_hash.hex()} calls the contracts through another contract, "
            f"and the node does not trace it ({reason}): use a node with debug_traceTransaction"
        )
        self.transaction_hash = transaction_hash


@dataclass(frozen=True, slots=True)
class SentCall:
    """A call that came from outside of some contracts: who, to which of them, with what."""

    sender: str
    to: str
    data: bytes
    value: int


@dataclass(frozen=True, slots=True)
class SentTransaction:
    """A mined transaction; ``to`` is None if it created a contract."""

    hash: bytes
    block_number: int
    sender: str
    to: str | None
    data: bytes
    value: int

    @property
    def call(self) -> SentCall:
        """What it calls itself."""
        return SentCall(self.sender, self.to or "", self.data, self.value)


def transactions(ethereum: Ethereum, hashes: Sequence[bytes]) -> list[SentTransaction]:
    """Mined transactions by hash, in the order of the hashes."""
    method = "eth_getTransactionByHash"
    answers = ethereum.requests([(method, (digest,)) for digest in hashes])
    found = [_transaction(method, answer) for answer in answers]
    for digest, transaction in zip(hashes, found, strict=True):
        if transaction.hash != digest:
            raise RpcReplyError(method, f"is not transaction 0x{digest.hex()}")
    return found


def traced_calls(
    ethereum: Ethereum, transaction_hash: bytes, contracts: Collection[str]
) -> list[SentCall]:
    """The successful calls of some contracts within a transaction that came from others.

    Raises:
        TraceUnavailable: the node does not trace.
    """
    method = "debug_traceTransaction"
    try:
        frame = ethereum.request(method, transaction_hash, {"tracer": "callTracer"})
    except RpcFault as fault:
        raise TraceUnavailable(transaction_hash, fault.reason) from fault
    return list(_outside_calls(method, frame, frozenset(contracts)))


def _outside_calls(method: str, root: object, contracts: frozenset[str]) -> Iterator[SentCall]:
    """Calls in the order in which they began: what a contract logs comes before it calls out."""
    pending = [root]
    for _ in range(MAXIMUM_FRAMES):
        if not pending:
            return
        frame = pending.pop()
        if not isinstance(frame, dict):
            raise RpcReplyError(method, "has a call that is no object")
        if frame.get("error") is not None:
            continue  # undone with all that it called
        inner = frame.get("calls", [])
        if not isinstance(inner, list):
            raise RpcReplyError(method, "has calls that are no list")
        pending += reversed(inner)
        if frame.get("type") != "CALL":
            continue
        call = SentCall(
            replies.address(method, frame.get("from")),
            replies.address(method, frame.get("to")),
            replies.data(method, frame.get("input")),
            replies.quantity(method, frame.get("value", "0x0")),
        )
        if call.to in contracts and call.sender not in contracts:
            yield call
    raise RpcReplyError(method, f"has more than {MAXIMUM_FRAMES} calls")


def _transaction(method: str, value: object) -> SentTransaction:
    if not isinstance(value, dict):
        raise RpcReplyError(method, "is no transaction: the node does not keep old ones")
    to = value.get("to")
    return SentTransaction(
        hash=replies.data(method, value.get("hash"), HASH_BYTES),
        block_number=replies.quantity(method, value.get("blockNumber")),
        sender=replies.address(method, value.get("from")),
        to=None if to is None else replies.address(method, to),
        data=replies.data(method, value.get("input")),
        value=replies.quantity(method, value.get("value")),
    )
