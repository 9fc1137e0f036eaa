"""A header chain from a checkpoint: the relay contract's rules, in Python.

`HeaderChain` accepts and refuses what the contract does, with errors of the same names and values.
It keeps no side branches: a reorganisation comes as one batch that starts after the last common
header and has more work than all that it replaces.
"""

from __future__ import annotations

from dataclasses import dataclass

from offchain.bitcoin.checkpoint import Checkpoint
from offchain.bitcoin.errors import (
    BadBatchLength,
    BrokenLink,
    BufferTooLong,
    HeightNotHeld,
    InsufficientWork,
    NotMoreWork,
    OldVersion,
    TimeTooEarly,
    TimeTooLate,
    TooManyConfirmations,
    UnknownParent,
    WrongBits,
)
from offchain.bitcoin.header import HEADER_SIZE, BlockHeader, hash_number, short_hash, split_headers
from offchain.bitcoin.relay_settings import RelaySettings
from offchain.bitcoin.rules import MAXIMUM_FUTURE_SECONDS, MINIMUM_VERSION, Rules
from offchain.bitcoin.target import (
    EPOCH_BLOCKS,
    MEDIAN_BLOCKS,
    median_time_past,
    retarget,
    target_from_bits,
    work_of_target,
)


@dataclass(frozen=True, slots=True)
class HeldHeader:
    """What the chain keeps of a header.

    Attributes:
        short_hash: the first 24 bytes of its hash in internal order.
        time: its own time, seconds.
        median_time_past: the median of the 11 times that end with it, seconds; 0 for the headers
            below the checkpoint, whose window is not known.
    """

    short_hash: bytes
    time: int
    median_time_past: int


@dataclass(frozen=True, slots=True)
class Epoch:
    """The 2016 blocks that share one target: their compact target and their first header's time."""

    bits: int
    start_time: int


@dataclass(frozen=True, slots=True)
class Accepted:
    """What a submission changed.

    Attributes:
        first_height: height of the first header that was new.
        last_height: height of the last one, the best height now.
        last_hash: its hash, 32 bytes, internal order.
        replaced_height: the best height before, if headers were replaced; else None.
    """

    first_height: int
    last_height: int
    last_hash: bytes
    replaced_height: int | None


class HeaderChain:
    """The best header chain above a checkpoint, as far back as the ring holds it.

    Attributes:
        rules: the network's rules.
        settings: ring, batch, confirmations, buffer.
        checkpoint_height: height of the last checkpoint header, which is final.
        best_height: height of the best chain's last header.
        best_hash: its hash, 32 bytes, internal order.
    """

    def __init__(self, rules: Rules, settings: RelaySettings, checkpoint: Checkpoint) -> None:
        """Start a chain at `checkpoint`.

        Raises:
            RelayRuleError: the checkpoint breaks a rule, or a setting does not fit it.
        """
        headers = checkpoint.check(rules)
        if settings.confirmations > checkpoint.height:
            raise TooManyConfirmations(settings.confirmations, checkpoint.height)
        median = median_time_past([header.time for header in headers])
        if settings.buffer_seconds > median:
            raise BufferTooLong(settings.buffer_seconds, median)
        self.rules = rules
        self.settings = settings
        self.checkpoint_height = checkpoint.height
        self.best_height = checkpoint.height
        self.best_hash = headers[-1].hash()
        self._highest_height = checkpoint.height
        self._slots: dict[int, HeldHeader] = {}
        self._epochs = {
            checkpoint.height // EPOCH_BLOCKS: Epoch(headers[-1].bits, checkpoint.epoch_start_time)
        }
        first_height = checkpoint.first_height
        for height, header in enumerate(headers, start=first_height):
            is_last = height == checkpoint.height
            self._set(height, HeldHeader(short_hash(header.hash()), header.time, median * is_last))

    @property
    def tip(self) -> int:
        """The best height less the confirmations."""
        return self.best_height - self.settings.confirmations

    @property
    def lowest_height(self) -> int:
        """The lowest height whose hash and decision time are held."""
        return max(self.checkpoint_height, self._highest_height - self.settings.ring_size + 1)

    @property
    def lowest_fork(self) -> int:
        """The lowest height after which a batch may start.

        Below lie the checkpoint, the longest batch, or a window of times that the ring has lost.
        """
        return max(
            self.checkpoint_height,
            self.best_height - self.settings.maximum_batch,
            self._highest_height - self.settings.ring_size + MEDIAN_BLOCKS,
        )

    @property
    def epoch(self) -> Epoch:
        """The epoch of the best header."""
        return self._epochs[self.best_height // EPOCH_BLOCKS]

    def header(self, height: int) -> HeldHeader:
        """Return what is held of the best chain's header at `height`.

        Raises:
            HeightNotHeld: below `lowest_height` or above `best_height`.
        """
        if not self.lowest_height <= height <= self.best_height:
            raise HeightNotHeld(height, self.lowest_height, self.best_height)
        return self._get(height)

    def block_hash(self, height: int) -> bytes:
        """Return the 24 bytes held of a header's hash.

        Raises:
            HeightNotHeld: see `header`.
        """
        return self.header(height).short_hash

    def decision_time(self, height: int) -> int:
        """Return the median time past of `height` less the buffer, seconds.

        It never falls from one height to the next.

        Raises:
            HeightNotHeld: see `header`.
        """
        return self.header(height).median_time_past - self.settings.buffer_seconds

    def submit(self, headers: bytes, now: int) -> Accepted | None:
        """Add raw 80-byte headers that follow a header of the best chain.

        Headers at the start that are held already are skipped. What remains extends the best chain,
        or is a branch that must have more work than the headers above its fork.

        Args:
            headers: 1 to `maximum_batch` headers, concatenated.
            now: the clock, seconds: the timestamp of the EVM block.

        Returns:
            What changed; None if all headers were held already.

        Raises:
            RelayRuleError: a rule is broken; the chain is unchanged.
        """
        maximum = self.settings.maximum_batch * HEADER_SIZE
        if not headers or len(headers) % HEADER_SIZE or len(headers) > maximum:
            raise BadBatchLength(len(headers), maximum)
        batch = [BlockHeader.parse(raw) for raw in split_headers(headers)]

        fork_height = self._find_parent(batch[0].previous_hash)
        previous_hash = batch[0].previous_hash
        while batch and fork_height < self.best_height:
            if short_hash(batch[0].hash()) != self._get(fork_height + 1).short_hash:
                break
            fork_height += 1
            previous_hash = batch.pop(0).hash()
        if not batch:
            return None

        branch = _Branch(self, fork_height, previous_hash)
        for header in batch:
            branch.append(header, now)
        replaced_height = None
        if fork_height < self.best_height:
            replaced_height = self.best_height
            replaced_work = self._work_above(fork_height)
            if branch.work <= replaced_work:
                raise NotMoreWork(fork_height, branch.work, replaced_work)
        for height, held in enumerate(branch.held, start=fork_height + 1):
            self._set(height, held)
        self._epochs.update(branch.epochs)
        self.best_height = branch.height
        self.best_hash = branch.last_hash
        self._highest_height = max(self._highest_height, self.best_height)
        return Accepted(fork_height + 1, self.best_height, self.best_hash, replaced_height)

    def _find_parent(self, parent: bytes) -> int:
        """Return the height of the header that a batch follows, looking from the best one down."""
        if parent == self.best_hash:
            return self.best_height
        for height in range(self.best_height - 1, self.lowest_fork - 1, -1):
            if self._get(height).short_hash == short_hash(parent):
                return height
        raise UnknownParent(parent, self.lowest_fork)

    def _work_above(self, fork_height: int) -> int:
        """Return the work of the best chain's headers above `fork_height`."""
        return sum(
            work_of_target(target_from_bits(self._epochs[height // EPOCH_BLOCKS].bits))
            for height in range(fork_height + 1, self.best_height + 1)
        )

    def _get(self, height: int) -> HeldHeader:
        return self._slots[height % self.settings.ring_size]

    def _set(self, height: int, held: HeldHeader) -> None:
        self._slots[height % self.settings.ring_size] = held


class _Branch:
    """Headers that follow one of the best chain's, checked one after another."""

    def __init__(self, chain: HeaderChain, fork_height: int, fork_hash: bytes) -> None:
        held = [chain._get(height) for height in range(fork_height - 10, fork_height + 1)]
        self._rules = chain.rules
        self._times = [header.time for header in held]
        self._median = held[-1].median_time_past
        self._epoch = chain._epochs[fork_height // EPOCH_BLOCKS]
        self._target = target_from_bits(self._epoch.bits)
        self.height = fork_height
        self.last_hash = fork_hash
        self.work = 0
        self.held: list[HeldHeader] = []
        self.epochs: dict[int, Epoch] = {}

    def append(self, header: BlockHeader, now: int) -> None:
        """Check the next header and add it."""
        height = self.height + 1
        if header.previous_hash != self.last_hash:
            raise BrokenLink(height, self.last_hash, header.previous_hash)
        if header.version < MINIMUM_VERSION:
            raise OldVersion(height, header.version, MINIMUM_VERSION)
        if height % EPOCH_BLOCKS == 0:
            self._start_epoch(height, header.time)
        if header.bits != self._epoch.bits:
            raise WrongBits(height, self._epoch.bits, header.bits)
        block_hash = header.hash()
        if hash_number(block_hash) > self._target:
            raise InsufficientWork(height, hash_number(block_hash), self._target)
        if header.time <= self._median:
            raise TimeTooEarly(height, header.time, self._median)
        if header.time > now + MAXIMUM_FUTURE_SECONDS:
            raise TimeTooLate(height, header.time, now + MAXIMUM_FUTURE_SECONDS)
        self._times = [*self._times[1:], header.time]
        self._median = median_time_past(self._times)
        self.held.append(HeldHeader(short_hash(block_hash), header.time, self._median))
        self.height = height
        self.last_hash = block_hash
        self.work += work_of_target(self._target)

    def _start_epoch(self, height: int, start_time: int) -> None:
        bits = self._epoch.bits
        if not self._rules.no_retargeting:
            first_time, last_time = self._epoch.start_time, self._times[-1]
            bits = retarget(bits, first_time, last_time, self._rules.pow_limit)
        self._epoch = Epoch(bits, start_time)
        self._target = target_from_bits(bits)
        self.epochs[height // EPOCH_BLOCKS] = self._epoch
