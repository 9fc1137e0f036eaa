"""What a relay of Bitcoin headers is set up with beside the network's rules."""

from __future__ import annotations

from dataclasses import dataclass

from offchain.bitcoin.errors import BadMaximumBatch, RingTooSmall
from offchain.bitcoin.target import EPOCH_BLOCKS, MEDIAN_BLOCKS


@dataclass(frozen=True, slots=True, kw_only=True)
class RelaySettings:
    """The relay's numbers, fixed at deployment (the struct Settings of contracts/BitcoinRelay).

    Attributes:
        ring_size: slots for headers; an older header's slot is used again.
        maximum_batch: headers that one submission may have, which bounds reorganisations too.
        confirmations: blocks between the best header and the tip that the protocol reads.
        buffer_seconds: how long before a header's median time past its decision time lies.

    Raises:
        BadMaximumBatch: the batch is empty or longer than an epoch.
        RingTooSmall: a batch and the window of a median before it do not fit the ring.
    """

    ring_size: int
    maximum_batch: int
    confirmations: int
    buffer_seconds: int

    def __post_init__(self) -> None:
        if not 1 <= self.maximum_batch <= EPOCH_BLOCKS:
            raise BadMaximumBatch(self.maximum_batch, EPOCH_BLOCKS)
        minimum = self.maximum_batch + MEDIAN_BLOCKS
        if self.ring_size < minimum:
            raise RingTooSmall(self.ring_size, minimum)
