"""The errors of header rules.

Those under `RelayRuleError` bear the names and arguments of the relay contract's custom errors, so
that both refuse the same input with the same words. Hashes are bytes in internal order.
"""

from __future__ import annotations

from offchain.errors import HeaderError


class BadHeaderSize(HeaderError):
    """Bytes that cannot be a header, or headers, because of their size or a field's range."""


class WrongGenesis(HeaderError):
    """The block at height 0 is not the network's first one.

    Attributes:
        expected: the network's first block hash, internal order.
        actual: the one that was found.
    """

    def __init__(self, expected: bytes, actual: bytes) -> None:
        super().__init__(
            f"the block at height 0 is {actual[::-1].hex()}, the network's first one is "
            f"{expected[::-1].hex()}: these are headers of another network, or from another height"
        )
        self.expected = expected
        self.actual = actual


class RelayRuleError(HeaderError):
    """A header chain refused headers, or a question about heights that it does not hold.

    Attributes:
        arguments: the compared values, in the order of the contract's error of the same name.
    """

    def __init__(self, message: str, *arguments: int | bytes) -> None:
        super().__init__(message)
        self.arguments = arguments


class BadBatchLength(RelayRuleError):
    """A batch is empty, no whole number of headers, or longer than the chain takes at once."""

    def __init__(self, length: int, maximum: int) -> None:
        super().__init__(
            f"a batch has 80 bytes a header and at most {maximum} bytes, not {length}",
            length,
            maximum,
        )


class UnknownParent(RelayRuleError):
    """The batch's first header follows no header that a batch may follow."""

    def __init__(self, parent: bytes, lowest_fork: int) -> None:
        super().__init__(
            f"the first header follows {parent[::-1].hex()}, which is no header of the best chain "
            f"from height {lowest_fork} up: send the headers between, or a shorter branch",
            parent,
            lowest_fork,
        )


class BrokenLink(RelayRuleError):
    """A header does not name the header before it."""

    def __init__(self, height: int, expected: bytes, actual: bytes) -> None:
        super().__init__(
            f"header {height} names {actual[::-1].hex()} as the one before, "
            f"which is {expected[::-1].hex()}",
            height,
            expected,
            actual,
        )


class OldVersion(RelayRuleError):
    """A header's version is lower than the network has accepted since BIP 65."""

    def __init__(self, height: int, version: int, minimum: int) -> None:
        super().__init__(
            f"header {height} has version {version}, at least {minimum} is due",
            height,
            version,
            minimum,
        )


class WrongBits(RelayRuleError):
    """A header claims another target than the one that is due at its height."""

    def __init__(self, height: int, expected: int, actual: int) -> None:
        super().__init__(
            f"header {height} has bits {actual:#010x}, {expected:#010x} is due",
            height,
            expected,
            actual,
        )


class InsufficientWork(RelayRuleError):
    """A header's hash is above its target."""

    def __init__(self, height: int, hash_number: int, target: int) -> None:
        super().__init__(
            f"header {height} has hash {hash_number:064x}, above its target {target:064x}",
            height,
            hash_number,
            target,
        )


class TimeTooEarly(RelayRuleError):
    """A header's time does not exceed the median time past of the header before it."""

    def __init__(self, height: int, time: int, median_time_past: int) -> None:
        super().__init__(
            f"header {height} has time {time}, which must exceed the median time past "
            f"{median_time_past} of the header before it",
            height,
            time,
            median_time_past,
        )


class TimeTooLate(RelayRuleError):
    """A header's time is too far ahead of the clock."""

    def __init__(self, height: int, time: int, limit: int) -> None:
        super().__init__(
            f"header {height} has time {time}, later than {limit}: wait, or set the clock",
            height,
            time,
            limit,
        )


class NotMoreWork(RelayRuleError):
    """A branch does not have strictly more work than what it would replace."""

    def __init__(self, fork_height: int, branch_work: int, replaced_work: int) -> None:
        super().__init__(
            f"the branch after height {fork_height} has work {branch_work}, the best chain there "
            f"has {replaced_work}: only more work replaces it",
            fork_height,
            branch_work,
            replaced_work,
        )


class HeightNotHeld(RelayRuleError):
    """The chain does not hold a height: too old, or still ahead."""

    def __init__(self, height: int, lowest: int, best: int) -> None:
        super().__init__(
            f"height {height} is not held: heights {lowest} to {best} are", height, lowest, best
        )


class InvalidBits(RelayRuleError):
    """A compact target that is negative, zero or does not fit 256 bits."""

    def __init__(self, bits: int) -> None:
        super().__init__(f"compact target {bits:#010x} is negative, zero or too large", bits)


class BadPowLimit(RelayRuleError):
    """A network's highest target is zero or too high for the retarget's arithmetic."""

    def __init__(self, pow_limit: int, maximum: int) -> None:
        super().__init__(
            f"the highest target must be 1 to {maximum:#x}, not {pow_limit:#x}", pow_limit, maximum
        )


class TargetAboveLimit(RelayRuleError):
    """A checkpoint's header claims a target above the network's highest."""

    def __init__(self, height: int, target: int, pow_limit: int) -> None:
        super().__init__(
            f"checkpoint header {height} has target {target:#x}, above the limit {pow_limit:#x}: "
            "is it of another network?",
            height,
            target,
            pow_limit,
        )


class BadCheckpointLength(RelayRuleError):
    """A checkpoint does not have the headers of exactly one median time past."""

    def __init__(self, length: int, expected: int) -> None:
        super().__init__(
            f"a checkpoint has {expected} bytes of headers, not {length}", length, expected
        )


class BadCheckpointHeight(RelayRuleError):
    """A checkpoint's height leaves no room for its headers, or is beyond any real one."""

    def __init__(self, height: int, lowest: int, highest: int) -> None:
        super().__init__(
            f"a checkpoint's height must be {lowest} to {highest}, not {height}",
            height,
            lowest,
            highest,
        )


class EpochStartMismatch(RelayRuleError):
    """A checkpoint's epoch start time is not the time of the epoch's first header."""

    def __init__(self, height: int, given: int, actual: int) -> None:
        super().__init__(
            f"the checkpoint's epoch starts with header {height} at time {actual}, not {given}",
            height,
            given,
            actual,
        )


class BadMaximumBatch(RelayRuleError):
    """The largest batch is not between one header and one epoch."""

    def __init__(self, maximum_batch: int, highest: int) -> None:
        super().__init__(
            f"a batch must take 1 to {highest} headers, not {maximum_batch}", maximum_batch, highest
        )


class RingTooSmall(RelayRuleError):
    """The ring of slots cannot hold a batch and the header times of a median before it."""

    def __init__(self, ring_size: int, minimum: int) -> None:
        super().__init__(
            f"the ring must have at least {minimum} slots, not {ring_size}", ring_size, minimum
        )


class TooManyConfirmations(RelayRuleError):
    """The confirmations would put the tip below the genesis block."""

    def __init__(self, confirmations: int, maximum: int) -> None:
        super().__init__(
            f"at most {maximum} confirmations fit under the checkpoint, not {confirmations}",
            confirmations,
            maximum,
        )


class BufferTooLong(RelayRuleError):
    """The buffer would put the checkpoint's decision time before 1970."""

    def __init__(self, buffer_seconds: int, maximum: int) -> None:
        super().__init__(
            f"the buffer must be at most {maximum} seconds, not {buffer_seconds}",
            buffer_seconds,
            maximum,
        )
