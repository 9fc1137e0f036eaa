"""What the transactions of a deployment's contracts cost, by function and round.

A transaction is found by the events that it left, and asked for with its receipt: on a chain that
many use, all receipts of all blocks would be a thousand times as much. One that reverted left none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from offchain.chain.abi.decoding import decode_record
from offchain.chain.abi.interfaces import CONTRACTS, interface
from offchain.chain.reading.calls_made import SentTransaction, transactions
from offchain.chain.reading.contracts import DeployedContracts
from offchain.chain.rpc.provider import RpcReplyError

OTHER: Final = "another contract"
"""Stands for the function of a transaction that came to the contracts through another one."""

LARGEST_GAS: Final = 1 << 40
"""More gas than a block of any chain has: a node that names so much is wrong."""

_AT_ONCE: Final = 100
_SELECTOR_BYTES: Final = 4


@dataclass(frozen=True, slots=True)
class UsedGas:
    """A transaction's gas; ``function`` is ``Contract.function``, or `OTHER`.

    ``round`` is the first that its events name; None where they name none.
    """

    evm_block: int
    function: str
    gas: int
    round: int | None


@dataclass(frozen=True, slots=True)
class GasUse:
    """Transactions of one function, and the gas that they used together."""

    transactions: int
    gas: int


def used_gas(contracts: DeployedContracts, first: int, last: int) -> Iterator[UsedGas]:
    """Gas of the transactions that left events in EVM blocks ``first`` to ``last``.

    Those that created contracts are left out.

    Raises:
        ChainError: the chain cannot be read, or what the node says cannot be.
    """
    names = {contracts.deployment.address(name): name for name in CONTRACTS}
    seen: dict[bytes, tuple[int, int | None]] = {}
    for log in contracts.ethereum.logs(list(names), first, last):
        if log.transaction_hash is None:
            raise RpcReplyError("eth_getLogs", "has a log without its transaction")
        round_number = getattr(decode_record(names[log.address], log, 0), "round", None)
        block, known = seen.setdefault(log.transaction_hash, (log.block_number, round_number))
        if known is None:
            seen[log.transaction_hash] = (block, round_number)
    hashes = list(seen)
    for start in range(0, len(hashes), _AT_ONCE):
        some = hashes[start : start + _AT_ONCE]
        sent = transactions(contracts.ethereum, some)
        receipts = contracts.ethereum.receipts(some)
        for call, receipt in zip(sent, receipts, strict=True):
            block, number = seen[call.hash]
            if receipt.block_number != block or receipt.gas_used >= LARGEST_GAS:
                raise RpcReplyError(
                    "eth_getTransactionReceipt",
                    f"says block {receipt.block_number} and {receipt.gas_used} gas of a "
                    f"transaction of block {block}",
                )
            if call.to is not None:
                yield UsedGas(block, _function(names, call), receipt.gas_used, number)


def gas_by_function(contracts: DeployedContracts, first: int, last: int) -> dict[str, GasUse]:
    """The same, together by function, sorted by name; without what came through other contracts."""
    used: dict[str, GasUse] = {}
    for one in used_gas(contracts, first, last):
        if one.function != OTHER:
            before = used.get(one.function, GasUse(0, 0))
            used[one.function] = GasUse(before.transactions + 1, before.gas + one.gas)
    return dict(sorted(used.items()))


def _function(names: dict[str, str], call: SentTransaction) -> str:
    contract = names.get(call.to or "")
    if contract is None:
        return OTHER
    selector = call.data[:_SELECTOR_BYTES]
    for name, entry in interface(contract).functions.items():
        if entry.identifier == selector:
            return f"{contract}.{name}"
    return f"{contract}.0x{selector.hex()}"
