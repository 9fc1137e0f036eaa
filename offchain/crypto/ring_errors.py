"""Why a ring signature is refused: one exception a reason, named as the contracts' custom errors.

RingSignatureError
├── RingTooShort              fewer than 2 keys
├── RingTooLong               more than 128 keys
├── ResponseCountMismatch     not one response a key
├── NullifierOutOfRange       the nullifier's x is 0 or not below the group order
├── NullifierParity           the nullifier's v is neither 27 nor 28
├── RingKeyOutOfRange         the last key is not below the group order
├── KeysNotAscending          keys out of order, a key twice, or a key of 0
├── ResponseOutOfRange        a response is not below the group order
├── KeyNotRecoverable         a key's equation has no point: its x is not on the curve
├── NullifierNotRecoverable   the same for the nullifier
├── RingNotClosed             the last challenge is not the first: the signature is not valid
└── NotSignable               this key cannot sign this (not a reason of the contracts')
"""

from offchain.errors import CryptoError


class RingSignatureError(CryptoError):
    """A ring signature that is not valid, or that cannot be made.

    ``arguments`` are those of the custom error of the same name.
    """

    def __init__(self, message: str, *arguments: int | bytes) -> None:
        super().__init__(message)
        self.arguments = arguments


class RingTooShort(RingSignatureError):
    """The ring has fewer keys than the minimum."""

    def __init__(self, size: int, minimum: int) -> None:
        super().__init__(f"a ring of {size} keys is shorter than {minimum}", size, minimum)


class RingTooLong(RingSignatureError):
    """The ring has more keys than the maximum."""

    def __init__(self, size: int, maximum: int) -> None:
        super().__init__(f"a ring of {size} keys is longer than {maximum}", size, maximum)


class ResponseCountMismatch(RingSignatureError):
    """The number of responses is not the number of keys."""

    def __init__(self, size: int, responses: int) -> None:
        super().__init__(f"{responses} responses for a ring of {size} keys", size, responses)


class NullifierOutOfRange(RingSignatureError):
    """The nullifier's x-coordinate is not in [1, group order)."""

    def __init__(self, x: int) -> None:
        super().__init__(f"the nullifier's x {x:#x} is not in [1, group order)", x)


class NullifierParity(RingSignatureError):
    """The nullifier's v is neither 27 (even y) nor 28 (odd y)."""

    def __init__(self, v: int) -> None:
        super().__init__(f"the nullifier's v is {v}, neither 27 nor 28", v)


class RingKeyOutOfRange(RingSignatureError):
    """The last key is not below the group order (any key, where it is not even a uint256)."""

    def __init__(self, index: int, key: int) -> None:
        super().__init__(
            f"key {index} of the ring, {key:#x}, is not in [1, group order)", index, key
        )


class KeysNotAscending(RingSignatureError):
    """A key is not above the one before it, or the first not above 0."""

    def __init__(self, index: int, previous: int, key: int) -> None:
        super().__init__(
            f"key {index} of the ring, {key:#x}, is not above {previous:#x}, the key before it or "
            "0: sort the ring and take each key once",
            index,
            previous,
            key,
        )


class ResponseOutOfRange(RingSignatureError):
    """A response is not in [0, group order)."""

    def __init__(self, index: int, response: int) -> None:
        super().__init__(
            f"response {index}, {response:#x}, is not in [0, group order)", index, response
        )


class KeyNotRecoverable(RingSignatureError):
    """The commitment of a ring member has no address: its key is not on the curve."""

    def __init__(self, index: int) -> None:
        super().__init__(f"key {index} of the ring is not the x-coordinate of a point", index)


class NullifierNotRecoverable(RingSignatureError):
    """The nullifier's commitment at a ring member has no address: it is not on the curve."""

    def __init__(self, index: int) -> None:
        super().__init__(
            f"the nullifier is not the x-coordinate of a point (at key {index} of the ring)", index
        )


class RingNotClosed(RingSignatureError):
    """Going round the ring does not lead back to the first challenge."""

    def __init__(self, expected: bytes, actual: bytes) -> None:
        super().__init__(
            f"the ring does not close: it starts at challenge {expected.hex()} and ends at "
            f"{actual.hex()}; the signature was made by no key of this ring, or for other content",
            expected,
            actual,
        )


class NotSignable(RingSignatureError):
    """This key cannot sign: it is not in the ring, or a value of chance 2^-128 came up."""
