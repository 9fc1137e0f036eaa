"""Transactions as a node gives them, and the calls of some contracts within them.

A transaction mostly calls one of our contracts itself. One that goes through another contract (a
wallet, a batch) shows only in the node's trace which of ours it called, with what, in which order.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from offchain.chain.rpc import replies
from offchain.chain.rpc.ethereum import Ethereum
from offchain.chain.rpc.provider import RpcFault, RpcReplyError
from offchain.crypto.hashing import HASH_BYTES
from offchain.errors import RpcError

_TRACE: Final = "debug_traceTransaction"

MAXIMUM_CALLS: Final = 1 << 17
"""Calls of the contracts in one transaction: more do not fit a block's gas."""

_PAGE_DIGITS: Final = 1 << 24
"""Hexadecimal digits of call data after which a reply of the own tracer ends: 8 MiB of bytes."""

_TRACER: Final = """{
  contracts: %s, calls: [], begun: [],
  enter: function (frame) {
    this.begun.push(this.calls.length);
    if (frame.getType() !== "CALL") return;
    var from = toHex(frame.getFrom()), to = toHex(frame.getTo());
    if (!this.contracts[to] || this.contracts[from]) return;
    var value = "0x" + frame.getValue().toString(16);
    this.calls.push({from: from, to: to, input: toHex(frame.getInput()), value: value});
  },
  exit: function (result) {
    var kept = this.begun.pop();
    if (result.getError() !== undefined) this.calls.length = kept;
  },
  fault: function () {},
  result: function () {
    var end = %d, size = 0;
    while (end < this.calls.length && size < %d) size += this.calls[end++].input.length;
    return {calls: this.calls.slice(%d, end), total: this.calls.length};
  }
}"""
"""A tracer of our own (https://geth.ethereum.org/docs/developers/evm-tracing/custom-tracer).

It gives the calls of the contracts alone, some at a time: whoever sends a transaction may have it
make any number of other calls, one inside the other, with any data, for little gas.
"""


class TraceUnavailable(RpcError):
    """A transaction went through another contract, and the node does not tell what that called."""

    def __init__(self, transaction_hash: bytes, reason: str) -> None:
        super().__init__(
            f"transaction 0x{transaction_hash.hex()} calls the contracts through another contract, "
            f"and the node does not trace it ({reason}): use a node with {_TRACE} and tracers in "
            "JavaScript"
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
    ethereum: Ethereum, sent: SentTransaction, contracts: Collection[str]
) -> Iterator[SentCall]:
    """The successful calls of some contracts within a transaction, in the order they began.

    Those are calls from outside of the contracts. A node without tracers in JavaScript is asked for
    the whole trace, which a sender can make too large or too deep to be read.

    Raises:
        TraceUnavailable: the node does not trace.
        RpcReplyError: what it gives is no trace, or cannot be read.
    """
    ours = frozenset(contracts)
    try:
        calls, total = _page(ethereum, sent.hash, ours, 0)
    except RpcFault:
        yield from _whole_trace(ethereum, sent.hash, ours)
        return
    if sent.to in ours:
        yield sent.call
    given = 0
    while calls and given + len(calls) <= total <= MAXIMUM_CALLS:
        yield from calls
        given += len(calls)
        if given == total:
            return
        calls, total = _page(ethereum, sent.hash, ours, given)
    if total:
        raise RpcReplyError(_TRACE, f"gives {given + len(calls)} calls of {total}")


def _page(
    ethereum: Ethereum, transaction_hash: bytes, contracts: frozenset[str], first: int
) -> tuple[list[SentCall], int]:
    """Some of the calls from number `first` on, and how many there are, by the own tracer."""
    addresses = json.dumps({address.lower(): 1 for address in sorted(contracts)})
    tracer = _TRACER % (addresses, first, _PAGE_DIGITS, first)
    answer = ethereum.request(_TRACE, transaction_hash, {"tracer": tracer, "timeout": "20s"})
    if not isinstance(answer, dict) or type(answer.get("total")) is not int:
        raise RpcReplyError(_TRACE, "is not what the tracer returns")
    return [_call(frame) for frame in _frames(answer)], answer["total"]


def _whole_trace(
    ethereum: Ethereum, transaction_hash: bytes, contracts: frozenset[str]
) -> Iterator[SentCall]:
    """The calls by the tracer that every node has; what a contract logs comes before it calls."""
    try:
        pending = [ethereum.request(_TRACE, transaction_hash, {"tracer": "callTracer"})]
    except RpcFault as fault:
        raise TraceUnavailable(transaction_hash, fault.reason) from fault
    while pending:
        frame = pending.pop()
        if not isinstance(frame, dict):
            raise RpcReplyError(_TRACE, "has a call that is no object")
        if frame.get("error") is not None:
            continue  # undone with all that it called
        pending += reversed(_frames(frame))
        if frame.get("type") != "CALL":
            continue
        call = _call(frame)
        if call.to in contracts and call.sender not in contracts:
            yield call


def _frames(value: Mapping[str, object]) -> list[Any]:
    frames = value.get("calls", [])
    if not isinstance(frames, list):
        raise RpcReplyError(_TRACE, "has calls that are no list")
    return frames


def _call(frame: object) -> SentCall:
    if not isinstance(frame, dict):
        raise RpcReplyError(_TRACE, "has a call that is no object")
    return SentCall(
        replies.address(_TRACE, frame.get("from")),
        replies.address(_TRACE, frame.get("to")),
        replies.data(_TRACE, frame.get("input")),
        replies.quantity(_TRACE, frame.get("value", "0x0")),
    )


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
