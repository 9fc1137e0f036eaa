"""What a node's replies must look like, checked before anything is made of them.

Quantities and data are hexadecimal strings as in the Ethereum JSON-RPC specification
(https://ethereum.github.io/execution-apis). Whatever differs raises `RpcReplyError`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from eth_utils.address import to_checksum_address

from offchain.chain.rpc.provider import RpcReplyError
from offchain.crypto.hashing import HASH_BYTES

ADDRESS_SIZE: Final = 20
_QUANTITY: Final = re.compile(r"0x[0-9a-fA-F]{1,64}")
_DATA: Final = re.compile(r"0x(?:[0-9a-fA-F]{2})*")
_MAXIMUM_TOPICS: Final = 4


@dataclass(frozen=True, slots=True)
class EvmBlock:
    """What is used of an EVM block.

    ``timestamp`` is in seconds, ``base_fee`` in wei per gas (None on chains without EIP-1559).
    """

    number: int
    hash: bytes
    timestamp: int
    gas_limit: int
    base_fee: int | None


@dataclass(frozen=True, slots=True)
class Log:
    """An event as the chain keeps it.

    ``timestamp``, ``transaction_hash`` and ``block_hash`` are None where the node adds none.
    """

    address: str
    topics: tuple[bytes, ...]
    data: bytes
    block_number: int
    log_index: int
    timestamp: int | None
    transaction_hash: bytes | None = None
    block_hash: bytes | None = None


@dataclass(frozen=True, slots=True)
class TransactionReceipt:
    """What is used of a receipt; ``contract`` is the address of a contract that was created."""

    transaction_hash: bytes
    block_number: int
    gas_used: int
    succeeded: bool
    contract: str | None
    logs: tuple[Log, ...]


def quantity(method: str, value: object) -> int:
    """An unsigned integer of at most 256 bits."""
    if not isinstance(value, str) or not _QUANTITY.fullmatch(value):
        raise RpcReplyError(method, f"has {_shown(value)} where a quantity is due")
    return int(value, 16)


def data(method: str, value: object, size: int | None = None) -> bytes:
    """Bytes, of exactly `size` where that is given."""
    if not isinstance(value, str) or not _DATA.fullmatch(value):
        raise RpcReplyError(method, f"has {_shown(value)} where bytes are due")
    decoded = bytes.fromhex(value[2:])
    if size is not None and len(decoded) != size:
        raise RpcReplyError(method, f"has {_shown(value)} where {size} bytes are due")
    return decoded


def address(method: str, value: object) -> str:
    """An address, EIP-55 checksummed."""
    return str(to_checksum_address(data(method, value, ADDRESS_SIZE)))


def block_header(method: str, value: object) -> EvmBlock:
    """A block that exists."""
    fields = _object(method, value)
    base_fee = fields.get("baseFeePerGas")
    return EvmBlock(
        number=quantity(method, fields.get("number")),
        hash=data(method, fields.get("hash"), HASH_BYTES),
        timestamp=quantity(method, fields.get("timestamp")),
        gas_limit=quantity(method, fields.get("gasLimit")),
        base_fee=None if base_fee is None else quantity(method, base_fee),
    )


def log(method: str, value: object) -> Log:
    """One log of a mined block."""
    fields = _object(method, value)
    topics = fields.get("topics")
    if not isinstance(topics, list) or len(topics) > _MAXIMUM_TOPICS:
        raise RpcReplyError(method, f"has {_shown(topics)} where topics are due")
    if fields.get("removed") not in (None, False):
        raise RpcReplyError(method, "has a log of a block that was removed")
    timestamp, sent = fields.get("blockTimestamp"), fields.get("transactionHash")
    block = fields.get("blockHash")
    return Log(
        address=address(method, fields.get("address")),
        topics=tuple(data(method, topic, HASH_BYTES) for topic in topics),
        data=data(method, fields.get("data")),
        block_number=quantity(method, fields.get("blockNumber")),
        log_index=quantity(method, fields.get("logIndex")),
        timestamp=None if timestamp is None else quantity(method, timestamp),
        transaction_hash=None if sent is None else data(method, sent, HASH_BYTES),
        block_hash=None if block is None else data(method, block, HASH_BYTES),
    )


def receipt(method: str, value: object) -> TransactionReceipt:
    """The receipt of a mined transaction."""
    fields = _object(method, value)
    contract = fields.get("contractAddress")
    logs = fields.get("logs")
    if not isinstance(logs, list):
        raise RpcReplyError(method, f"has {_shown(logs)} where logs are due")
    return TransactionReceipt(
        transaction_hash=data(method, fields.get("transactionHash"), HASH_BYTES),
        block_number=quantity(method, fields.get("blockNumber")),
        gas_used=quantity(method, fields.get("gasUsed")),
        succeeded=quantity(method, fields.get("status")) == 1,
        # Some nodes write an empty one where no contract was created.
        contract=None if contract in (None, "0x") else address(method, contract),
        logs=tuple(log(method, item) for item in logs),
    )


def hash_of(method: str, value: object) -> bytes:
    """The hash of a block or a transaction that exists."""
    return data(method, _object(method, value).get("hash"), HASH_BYTES)


def _object(method: str, value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise RpcReplyError(method, f"has {_shown(value)} where an object is due")
    return value


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
