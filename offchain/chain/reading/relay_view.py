"""What the relay on chain holds, for whoever feeds it."""

from __future__ import annotations

from typing import Any

from offchain.bitcoin.batches import RelayView
from offchain.bitcoin.header import SHORT_HASH_SIZE
from offchain.chain.abi.interfaces import interface
from offchain.chain.rpc.ethereum import Call, Ethereum

_VIEWS = ("bestHeight", "bestHash", "epoch", "lowestFork", "maximumBatch")


class RelayReader:
    """Reads one `BitcoinRelay`. Every method may raise ``RpcError``.

    Args:
        ethereum: the node.
        address: the relay's, checked to be its own before.
    """

    def __init__(self, ethereum: Ethereum, address: str) -> None:
        self._ethereum = ethereum
        self._address = address

    def view(self) -> RelayView:
        """What the relay says of itself at the latest block."""
        block = self._ethereum.block()
        answers = self._read([(name,) for name in _VIEWS], block.number)
        (best_height,), (best_hash,), (best_bits, _), (lowest_fork,), (maximum_batch,) = answers
        return RelayView(
            best_height=best_height,
            best_hash=best_hash,
            best_bits=best_bits,
            lowest_fork=lowest_fork,
            maximum_batch=maximum_batch,
            block_number=block.number,
            timestamp=block.timestamp,
        )

    def held_hashes(self, view: RelayView) -> list[bytes]:
        """First 24 bytes of the relay's hashes from the lowest fork to the best height then."""
        heights = range(view.lowest_fork, view.best_height + 1)
        answers = self._read([("blockHash", height) for height in heights], view.block_number)
        return [block_hash[:SHORT_HASH_SIZE] for (block_hash,) in answers]

    def _read(self, calls: list[tuple[object, ...]], block: int | str) -> list[tuple[Any, ...]]:
        relay = interface("BitcoinRelay")
        names = [str(name) for name, *_ in calls]
        encoded = [
            Call(self._address, relay.encode(name, *arguments))
            for name, (_, *arguments) in zip(names, calls, strict=True)
        ]
        answers = self._ethereum.calls(encoded, block)
        return [relay.decode(name, answer) for name, answer in zip(names, answers, strict=True)]
