"""What the relay on chain holds, for whoever feeds it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from offchain.bitcoin.header import SHORT_HASH_SIZE
from offchain.bitcoin.header_batches import RelayView
from offchain.chain.reading.contracts import View
from offchain.chain.rpc.ethereum import Call, Ethereum

_VIEWS: Final = (
    View("BitcoinRelay", "bestHeight"),
    View("BitcoinRelay", "bestHash"),
    View("BitcoinRelay", "epoch"),
    View("BitcoinRelay", "lowestFork"),
    View("BitcoinRelay", "maximumBatch"),
)


@dataclass(frozen=True, slots=True)
class RelayReader:
    """Reads one `BitcoinRelay`. Every method may raise ``RpcError``.

    Attributes:
        ethereum: the node.
        address: the relay's, checked to be its own before.
    """

    ethereum: Ethereum
    address: str

    def view(self) -> RelayView:
        """What the relay says of itself at the latest block."""
        block = self.ethereum.block()
        answers = self._read(_VIEWS, block.number)
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
        answers = self._read(
            [View("BitcoinRelay", "blockHash", (height,)) for height in heights], view.block_number
        )
        return [block_hash[:SHORT_HASH_SIZE] for (block_hash,) in answers]

    def _read(self, views: Sequence[View], block: int) -> list[tuple[Any, ...]]:
        calls = [Call(self.address, view.encoded()) for view in views]
        answers = self.ethereum.calls(calls, block)
        return [view.decoded(answer) for view, answer in zip(views, answers, strict=True)]
