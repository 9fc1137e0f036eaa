"""Which headers a relay should get next: a pure comparison of its chain with another one.

A relay keeps no side branches, so a reorganisation must come as one batch that starts after the
last common header and has more work than all that it replaces (`offchain.bitcoin.header_chain`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from offchain.bitcoin.check import HeaderChecker
from offchain.bitcoin.header import (
    HEADER_SIZE,
    BlockHeader,
    display_hash,
    double_sha256,
    short_hash,
)
from offchain.bitcoin.rules import MAXIMUM_FUTURE_SECONDS, Rules
from offchain.bitcoin.target import EPOCH_BLOCKS, target_from_bits, work_of_target
from offchain.errors import HeaderError


class NoCommonHeader(HeaderError):
    """Another chain shares no header with the relay's that a batch may follow.

    Attributes:
        lowest_fork: the lowest height after which the relay takes a batch.
        best_height: its best height.
    """

    def __init__(self, lowest_fork: int, best_height: int) -> None:
        super().__init__(
            f"the source's chain has none of the relay's headers {lowest_fork} to {best_height}: "
            "it is of another network, far behind, or forked off too long ago for the relay"
        )
        self.lowest_fork = lowest_fork
        self.best_height = best_height


class ReorganisationTooDeep(HeaderError):
    """A longer chain forks off so far back that no batch of it has more work.

    Attributes:
        fork_height: height of the last common header.
        best_height: the relay's best height.
        maximum_batch: headers that the relay takes at once.
    """

    def __init__(self, fork_height: int, best_height: int, maximum_batch: int) -> None:
        super().__init__(
            f"the source's chain leaves the relay's after height {fork_height}, and its next "
            f"{maximum_batch} headers have no more work than the {best_height - fork_height} that "
            "they would replace: the relay takes no more at once, so it cannot follow"
        )
        self.fork_height = fork_height
        self.best_height = best_height
        self.maximum_batch = maximum_batch


@dataclass(frozen=True, slots=True)
class RelayView:
    """What a relay says of itself at one EVM block.

    Attributes:
        best_height: height of its best header.
        best_hash: that header's hash, 32 bytes, internal order.
        best_bits: compact target of that header's epoch.
        lowest_fork: the lowest height after which a batch may start.
        maximum_batch: headers that one batch may have.
        block_number: the EVM block's number.
        timestamp: its time, seconds.
    """

    best_height: int
    best_hash: bytes
    best_bits: int
    lowest_fork: int
    maximum_batch: int
    block_number: int
    timestamp: int


@dataclass(frozen=True, slots=True)
class HeaderRun:
    """Consecutive raw headers of 80 bytes, the first at `first_height`."""

    first_height: int
    headers: Sequence[bytes]

    @property
    def last_height(self) -> int:
        """Height of the last header, one below the first if there is none."""
        return self.first_height + len(self.headers) - 1

    def at(self, height: int) -> bytes:
        """The header at a height that the run has."""
        return self.headers[height - self.first_height]

    def has(self, height: int) -> bool:
        """Whether the run has a height."""
        return self.first_height <= height <= self.last_height


@dataclass(frozen=True, slots=True)
class Batch:
    """Headers to submit.

    Attributes:
        fork_height: height of the relay's header that they follow.
        headers: raw, concatenated.
        replaced: how many of the relay's headers they replace, 0 if they extend its chain.
    """

    fork_height: int
    headers: bytes
    replaced: int

    @property
    def first_height(self) -> int:
        """Height of the first header."""
        return self.fork_height + 1

    @property
    def count(self) -> int:
        """How many headers."""
        return len(self.headers) // HEADER_SIZE

    @property
    def last_height(self) -> int:
        """Height of the last header."""
        return self.fork_height + self.count


def extends(relay: RelayView, run: HeaderRun) -> bool:
    """Whether the run has the relay's best header, so that what follows it extends the chain."""
    height = relay.best_height
    return run.has(height) and double_sha256(run.at(height)) == relay.best_hash


def find_fork(relay: RelayView, held: Sequence[bytes], run: HeaderRun) -> int:
    """Height of the last header that the relay and the run share.

    Args:
        relay: the relay.
        held: the first 24 bytes of its hashes from `lowest_fork` to `best_height`.
        run: headers of another chain.

    Raises:
        NoCommonHeader: they share none from `lowest_fork` up.
    """
    for height in range(relay.best_height, relay.lowest_fork - 1, -1):
        if run.has(height):
            block_hash = double_sha256(run.at(height))
            if short_hash(block_hash) == held[height - relay.lowest_fork]:
                return height
    raise NoCommonHeader(relay.lowest_fork, relay.best_height)


def plan_batch(relay: RelayView, fork_height: int, run: HeaderRun, rules: Rules) -> Batch | None:
    """The headers of the run to submit after `fork_height`, which it shares with the relay.

    All headers of the run up to the batch's end are checked, those before the fork as well: they
    carry the times that the first new ones are judged by. Headers too far ahead of the EVM's clock
    wait.

    Returns:
        None if there is nothing to submit: no new header, or a branch that does not have more work
        than what it would replace.

    Raises:
        HeaderError: a header of the run breaks a rule; names its height.
        ReorganisationTooDeep: the branch goes on, and a whole batch of it is not enough.
    """
    checker = HeaderChecker(run.first_height, rules)
    branch: list[bytes] = []
    work = 0
    for height, raw in enumerate(run.headers, start=run.first_height):
        if len(branch) == relay.maximum_batch:
            break
        header = checker.append(raw)
        if height > fork_height:
            if header.time > relay.timestamp + MAXIMUM_FUTURE_SECONDS:
                break
            branch.append(raw)
            work += work_of_target(target_from_bits(header.bits))
    if not branch:
        return None
    replaced = relay.best_height - fork_height
    if replaced and work <= _work_above(relay, fork_height, run):
        if len(branch) == relay.maximum_batch and run.last_height > relay.best_height:
            raise ReorganisationTooDeep(fork_height, relay.best_height, relay.maximum_batch)
        return None
    return Batch(fork_height, b"".join(branch), replaced)


def describe(batch: Batch) -> str:
    """One line for a log: which heights, and what they replace."""
    last = display_hash(double_sha256(batch.headers[-HEADER_SIZE:]))
    heights = f"headers {batch.first_height} to {batch.last_height}, the last {last}"
    return f"{heights}, in place of {batch.replaced}" if batch.replaced else heights


def _work_above(relay: RelayView, fork_height: int, run: HeaderRun) -> int:
    """Work of the relay's own headers above the fork.

    They span one retarget at most, so their targets are the common header's and the best one's.
    """
    fork_bits = BlockHeader.parse(run.at(fork_height)).bits
    best_epoch = relay.best_height // EPOCH_BLOCKS
    return sum(
        work_of_target(
            target_from_bits(relay.best_bits if height // EPOCH_BLOCKS == best_epoch else fork_bits)
        )
        for height in range(fork_height + 1, relay.best_height + 1)
    )
