"""The errors of header sources."""

from __future__ import annotations

from pathlib import Path

from offchain.errors import HeaderError


class BadHeaderFile(HeaderError):
    """A header file, or the description beside it, cannot be used.

    Attributes:
        path: the file.
    """

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path


class HeadersNotHeld(HeaderError):
    """A source was asked for headers that it does not have."""

    def __init__(self, start_height: int, count: int, first_height: int, best_height: int) -> None:
        super().__init__(
            f"{count} headers from {start_height} were asked for, "
            f"heights {first_height} to {best_height} are there"
        )
        self.start_height = start_height
        self.count = count
        self.first_height = first_height
        self.best_height = best_height


class SourceError(HeaderError):
    """A header source on the network cannot be used.

    Attributes:
        url: its address, without a password.
    """

    def __init__(self, url: str, message: str) -> None:
        super().__init__(message)
        self.url = url


class SourceUnreachable(SourceError):
    """Nothing answers at a source's address, or the connection broke."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(
            url,
            f"no answer from the header source at {url} ({reason}): "
            "start it, or name another with --url",
        )


class SourceUnauthorised(SourceError):
    """A source refused the user and password, or none were given."""

    def __init__(self, url: str, status: int) -> None:
        super().__init__(
            url,
            f"the header source at {url} refused the user and password (HTTP status {status}): "
            "name its cookie file with --cookie, or give the address as http://user:password@host",
        )
        self.status = status


class SourceReplyError(SourceError):
    """A reply that is not what was asked for: malformed, too large, too slow or false."""

    def __init__(self, url: str, asked: str, what: str) -> None:
        super().__init__(
            url, f"the reply of {url} to {asked} {what}: use another source of headers"
        )
        self.asked = asked


class SourceRefusal(SourceError):
    """A source answered a question with an error of its own."""

    def __init__(self, url: str, asked: str, code: int, reason: str) -> None:
        super().__init__(url, f"{url} refused {asked}: {reason} (code {code})")
        self.asked = asked
        self.code = code
        self.reason = reason


class SourceMoved(SourceError):
    """A source's best chain changed again and again while headers were read."""

    def __init__(self, url: str, attempts: int) -> None:
        super().__init__(
            url,
            f"the headers of {url} did not fit together in {attempts} attempts: its best chain is "
            "changing, or it makes them up; try again, or use another source",
        )
        self.attempts = attempts


class WrongNetwork(SourceError):
    """A source serves another network than the one that was expected.

    Attributes:
        expected: the network's first block hash, internal order.
        actual: the source's.
    """

    def __init__(self, url: str, expected: bytes, actual: bytes) -> None:
        super().__init__(
            url,
            f"{url} serves another network: its first block is {actual[::-1].hex()}, "
            f"expected {expected[::-1].hex()}",
        )
        self.expected = expected
        self.actual = actual
