"""An Ethereum node's JSON-RPC as typed methods, whatever contracts are on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from web3.types import RPCEndpoint, RPCResponse

from offchain.chain.rpc import replies
from offchain.chain.rpc.counts import RpcCounts
from offchain.chain.rpc.provider import (
    MAXIMUM_BATCH,
    BoundedProvider,
    RpcBusy,
    RpcDisagreementError,
    RpcFault,
    RpcGatewayError,
    RpcReplyError,
    RpcReplyTooLarge,
    fault_of,
)
from offchain.chain.rpc.replies import EvmBlock, Log, TransactionReceipt
from offchain.crypto.hashing import HASH_BYTES
from offchain.strangers.foreign_text import printable

LOG_BLOCKS: Final = 2_000
"""Blocks in one query of logs at first: what most public nodes allow."""

Topic = bytes | tuple[bytes, ...] | None
"""What a log's topic must be: this one, one of these, or any."""

LATEST: Final = "latest"
PENDING: Final = "pending"


@dataclass(frozen=True, slots=True)
class Call:
    """A reading call of a contract: where to, and the encoded function with its arguments."""

    to: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Seen:
    """What a node knows of some transactions of an account.

    Attributes:
        mined: how many transactions of the account are in blocks.
        pending: ... with those that wait.
        receipts: by hash, of those that are in blocks.
        known: hashes of those that it has, in blocks or waiting.
    """

    mined: int
    pending: int
    receipts: Mapping[bytes, TransactionReceipt]
    known: frozenset[bytes]


class Ethereum:
    """A node of an EVM chain. Every method may raise ``RpcError``.

    Blocks are given by number or as "latest".
    """

    def __init__(self, provider: BoundedProvider, log_blocks: int = LOG_BLOCKS) -> None:
        self._provider = provider
        self._log_blocks = log_blocks

    @classmethod
    def connect(cls, url: str) -> Ethereum:
        """A node at an http or https address; ``ConfigurationError`` if that is none."""
        return cls(BoundedProvider(url))

    @property
    def url(self) -> str:
        """The RPC address."""
        return self._provider.url

    @property
    def counts(self) -> RpcCounts:
        """How often the node was asked."""
        return self._provider.counts

    def close(self) -> None:
        """Close the connections."""
        self._provider.close()

    def request(self, method: str, *params: object) -> Any:
        """One JSON-RPC request; the result as JSON. ``RpcFault`` if the node refuses."""
        reply = self._provider.make_request(RPCEndpoint(method), list(params))
        return _result(method, reply)

    def requests(self, requests: Sequence[tuple[str, Sequence[object]]]) -> list[Any]:
        """Several reading requests at once; the first refusal is raised."""
        if not requests:
            return []
        replies_ = self._replies(requests)
        return [
            _result(method, reply) for (method, _), reply in zip(requests, replies_, strict=True)
        ]

    def _replies(self, requests: Sequence[tuple[str, Sequence[object]]]) -> list[RPCResponse]:
        batch = [(RPCEndpoint(method), list(params)) for method, params in requests]
        return cast(list[RPCResponse], self._provider.make_batch_request(batch))

    def client_version(self) -> str:
        """What the node calls itself."""
        method = "web3_clientVersion"
        version = self.request(method)
        if not isinstance(version, str):
            raise RpcReplyError(method, "is no string")
        return printable(version, substitute="?")

    def chain_id(self) -> int:
        """EIP-155's chain id."""
        return replies.quantity("eth_chainId", self.request("eth_chainId"))

    def block_number(self) -> int:
        """Number of the latest block."""
        return replies.quantity("eth_blockNumber", self.request("eth_blockNumber"))

    def block(self, number: int | str = LATEST) -> EvmBlock:
        """A block by number; ``RpcReplyError`` if the node does not have it."""
        method = "eth_getBlockByNumber"
        header = replies.block_header(method, self.request(method, _block(number), False))
        _same_number(method, number, header)
        return header

    def timestamps(self, numbers: Sequence[int]) -> dict[int, int]:
        """Times of several blocks, in seconds, by number."""
        method = "eth_getBlockByNumber"
        answers = self.requests([(method, (hex(number), False)) for number in numbers])
        headers = [replies.block_header(method, answer) for answer in answers]
        for number, header in zip(numbers, headers, strict=True):
            _same_number(method, number, header)
        return {header.number: header.timestamp for header in headers}

    def block_hashes(self, numbers: Sequence[int]) -> list[bytes]:
        """Hashes of several blocks by number; empty where no node has such a block.

        Where there are several addresses all are asked: what their chains are is what everything
        else hangs on. Those that are behind have no word.

        Raises:
            RpcDisagreementError: two of them have different blocks of one number.
        """
        method = "eth_getBlockByNumber"
        asked = [(RPCEndpoint(method), [hex(number), False]) for number in numbers]
        found: dict[int, tuple[str, bytes]] = {}
        for start in range(0, len(asked), MAXIMUM_BATCH):
            some = asked[start : start + MAXIMUM_BATCH]
            for url, answers in self._provider.make_compared_request(some):
                for place, reply in enumerate(answers, start):
                    answer = _result(method, reply)
                    if answer is None:
                        continue
                    header = replies.block_header(method, answer)
                    _same_number(method, numbers[place], header)
                    other, known = found.setdefault(place, (url, header.hash))
                    if known != header.hash:
                        raise RpcDisagreementError(method, (other, url))
        return [found[place][1] if place in found else b"" for place in range(len(numbers))]

    def codes(self, addresses: Sequence[str], block: int | str = LATEST) -> list[bytes]:
        """Runtime code at several addresses; empty where there is no contract."""
        method = "eth_getCode"
        answers = self.requests([(method, (address, _block(block))) for address in addresses])
        return [replies.data(method, answer) for answer in answers]

    def balances(self, addresses: Sequence[str], block: int | str = LATEST) -> list[int]:
        """Wei of several accounts."""
        method = "eth_getBalance"
        answers = self.requests([(method, (address, _block(block))) for address in addresses])
        return [replies.quantity(method, answer) for answer in answers]

    def nonce(self, account: str, block: int | str = PENDING) -> int:
        """Number of transactions that an account has sent; by default with those that wait."""
        method = "eth_getTransactionCount"
        return replies.quantity(method, self.request(method, account, _block(block)))

    def calls(self, calls: Sequence[Call], block: int | str = LATEST) -> list[bytes]:
        """Return values of several calls, all at one block. ``RpcFault`` if one reverts."""
        method = "eth_call"
        answers = self.requests(
            [(method, ({"to": call.to, "data": call.data}, _block(block))) for call in calls]
        )
        return [replies.data(method, answer) for answer in answers]

    def simulate(self, transaction: dict[str, object], block: int | str = LATEST) -> bytes:
        """What a transaction would return, sent in a block's state. ``RpcFault`` if it reverts."""
        return replies.data("eth_call", self.request("eth_call", transaction, _block(block)))

    def estimate_gas(self, transaction: dict[str, object]) -> int:
        """Gas that a transaction would use now. ``RpcFault`` if it reverts."""
        method = "eth_estimateGas"
        return replies.quantity(method, self.request(method, transaction))

    def priority_fee(self) -> int:
        """Wei per gas that the node suggests beyond the base fee; 0 if it makes no suggestion."""
        method = "eth_maxPriorityFeePerGas"
        try:
            return replies.quantity(method, self.request(method))
        except RpcFault:
            return 0

    def gas_price(self) -> int:
        """Wei per gas that the node suggests, for chains without a base fee."""
        return replies.quantity("eth_gasPrice", self.request("eth_gasPrice"))

    def send_raw(self, raw: bytes) -> bytes:
        """Send a signed transaction; returns its hash as the node states it."""
        method = "eth_sendRawTransaction"
        return replies.data(method, self.request(method, raw), HASH_BYTES)

    def receipt(self, transaction_hash: bytes) -> TransactionReceipt | None:
        """A transaction's receipt, or None while it is not mined."""
        answer = self.request("eth_getTransactionReceipt", transaction_hash)
        return None if answer is None else _receipt(transaction_hash, answer)

    def receipts(self, hashes: Sequence[bytes]) -> list[TransactionReceipt]:
        """Receipts of mined transactions, in the order of the hashes."""
        method = "eth_getTransactionReceipt"
        answers = self.requests([(method, (digest,)) for digest in hashes])
        return [_receipt(digest, answer) for digest, answer in zip(hashes, answers, strict=True)]

    def seen(self, account: str, hashes: Sequence[bytes]) -> Seen:
        """What the node knows of an account's transactions, all in one request.

        The numbers are asked for first: whatever they count by then is found after them.
        """
        count, receipt, find = (
            "eth_getTransactionCount",
            "eth_getTransactionReceipt",
            "eth_getTransactionByHash",
        )
        asked: list[tuple[str, Sequence[object]]] = [
            (count, (account, LATEST)),
            (count, (account, PENDING)),
            *((receipt, (digest,)) for digest in hashes),
            *((find, (digest,)) for digest in hashes),
        ]
        mined_reply, pending_reply, *others = self._replies(asked)
        # Of what it does not have, or never keeps, a node may also say so by an error.
        found = [None if "error" in reply else reply["result"] for reply in others]
        mined = replies.quantity(count, _result(count, mined_reply))
        pending = (
            mined if "error" in pending_reply else replies.quantity(count, pending_reply["result"])
        )
        receipts = {
            digest: _receipt(digest, answer)
            for digest, answer in zip(hashes, found[: len(hashes)], strict=True)
            if answer is not None
        }
        waiting = {
            digest
            for digest, answer in zip(hashes, found[len(hashes) :], strict=True)
            if answer is not None and replies.hash_of(find, answer) == digest
        }
        return Seen(mined, pending, receipts, frozenset(waiting | receipts.keys()))

    def logs(
        self,
        addresses: Sequence[str],
        first: int,
        last: int,
        topics: Sequence[Topic] = (),
    ) -> Iterator[Log]:
        """Logs of some contracts in blocks `first` to `last`, in order.

        Asks for a bounded number of blocks at once, and for fewer when the node refuses.
        `topics` must be a log's first ones; None stands for any, several for one of them.
        """
        span = self._log_blocks
        while first <= last:
            end = min(last, first + span - 1)
            try:
                found = self._logs(addresses, first, end, topics)
            except (RpcFault, RpcBusy, RpcGatewayError, RpcReplyTooLarge):
                # Nodes, and servers before them, limit blocks, results and time in ways of their
                # own; a single block must do.
                if end == first:
                    raise
                span = (end - first + 1) // 2
                continue
            yield from found
            first = end + 1
            span = min(self._log_blocks, 2 * span)

    def _logs(
        self, addresses: Sequence[str], first: int, last: int, topics: Sequence[Topic]
    ) -> list[Log]:
        method = "eth_getLogs"
        asked = {
            "address": list(addresses),
            "fromBlock": hex(first),
            "toBlock": hex(last),
            "topics": [list(topic) if isinstance(topic, tuple) else topic for topic in topics],
        }
        answer = self.request(method, asked)
        if not isinstance(answer, list):
            raise RpcReplyError(method, "is no list")
        found = sorted(
            (replies.log(method, item) for item in answer),
            key=lambda log: (log.block_number, log.log_index),
        )
        known = set(addresses)
        previous: tuple[int, int] | None = None
        for log in found:
            position = (log.block_number, log.log_index)
            if log.address not in known or not first <= log.block_number <= last:
                raise RpcReplyError(method, "has a log that was not asked for")
            if not _topics_match(log, topics):
                raise RpcReplyError(method, "has a log of other topics than were asked for")
            if position == previous:
                raise RpcReplyError(method, f"has two logs at block and index {position}")
            previous = position
        return found


def _receipt(transaction_hash: bytes, answer: object) -> TransactionReceipt:
    method = "eth_getTransactionReceipt"
    receipt = replies.receipt(method, answer)
    if receipt.transaction_hash != transaction_hash:
        raise RpcReplyError(method, "is another transaction's receipt")
    return receipt


def _topics_match(log: Log, topics: Sequence[Topic]) -> bool:
    if len(log.topics) < len(topics):
        return False
    return all(
        wanted is None or actual in (wanted if isinstance(wanted, tuple) else (wanted,))
        for actual, wanted in zip(log.topics, topics, strict=False)
    )


def _block(number: int | str) -> str:
    return hex(number) if isinstance(number, int) else number


def _same_number(method: str, number: int | str, header: EvmBlock) -> None:
    if isinstance(number, int) and header.number != number:
        raise RpcReplyError(method, f"is block {header.number}, not {number}")


def _result(method: str, reply: RPCResponse) -> Any:
    if "error" in reply:
        raise fault_of(method, reply["error"])
    return reply["result"]
