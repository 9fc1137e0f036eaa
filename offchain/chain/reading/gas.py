"""What the transactions of a deployment's contracts cost, by function."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from offchain.chain.abi.interfaces import CONTRACTS, interface
from offchain.chain.reading.contracts import DeployedContracts
from offchain.chain.rpc import replies
from offchain.chain.rpc.provider import RpcReplyError

_BLOCKS_AT_ONCE: Final = 64
_SELECTOR_BYTES: Final = 4


@dataclass(frozen=True, slots=True)
class GasUse:
    """Transactions of one function, and the gas that they used together."""

    transactions: int
    gas: int


def gas_by_function(contracts: DeployedContracts, first: int, last: int) -> dict[str, GasUse]:
    """Gas used in EVM blocks ``first`` to ``last``, by ``Contract.function``, sorted by name.

    Transactions of other contracts, and those that created contracts, are left out.

    Raises:
        ChainError: the blocks cannot be read.
    """
    deployment = contracts.deployment
    names = {deployment.address(name): name for name in CONTRACTS}
    used: dict[str, GasUse] = {}
    for start in range(first, last + 1, _BLOCKS_AT_ONCE):
        end = min(last, start + _BLOCKS_AT_ONCE - 1)
        for to, selector, gas in _transactions(contracts, range(start, end + 1)):
            contract = names.get(to)
            if contract is None:
                continue
            name = f"{contract}.{_function(contract, selector)}"
            before = used.get(name, GasUse(0, 0))
            used[name] = GasUse(before.transactions + 1, before.gas + gas)
    return dict(sorted(used.items()))


def _function(contract: str, selector: bytes) -> str:
    for name, entry in interface(contract).functions.items():
        if entry.identifier == selector:
            return name
    return "0x" + selector.hex()


def _transactions(contracts: DeployedContracts, blocks: range) -> Iterator[tuple[str, bytes, int]]:
    """Receiver, selector and gas of every transaction that called a contract."""
    requests: list[tuple[str, tuple[object, ...]]] = []
    for number in blocks:
        requests.append(("eth_getBlockByNumber", (hex(number), True)))
        requests.append(("eth_getBlockReceipts", (hex(number),)))
    answers = contracts.ethereum.requests(requests)
    for block, receipts in zip(answers[::2], answers[1::2], strict=True):
        gas = {
            _field(receipt, "transactionHash"): replies.quantity(
                "eth_getBlockReceipts", _field(receipt, "gasUsed")
            )
            for receipt in _list(receipts, "eth_getBlockReceipts")
        }
        for transaction in _list(_field(block, "transactions"), "eth_getBlockByNumber"):
            to, identifier = _field(transaction, "to"), _field(transaction, "hash")
            if to is None or identifier not in gas:
                continue
            content = replies.data("eth_getBlockByNumber", _field(transaction, "input"))
            address = replies.address("eth_getBlockByNumber", to)
            yield address, content[:_SELECTOR_BYTES], gas[identifier]


def _list(value: object, method: str) -> list[object]:
    if not isinstance(value, list):
        raise RpcReplyError(method, "is no list")
    return value


def _field(value: object, name: str) -> object:
    if not isinstance(value, Mapping) or name not in value:
        raise RpcReplyError("eth_getBlockByNumber", f"lacks {name}")
    return value[name]
