"""A file of raw headers, checked from the first to the last in bounded memory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from offchain.bitcoin.check import HeaderChecker
from offchain.bitcoin.genesis import check_genesis
from offchain.bitcoin.header import HEADER_SIZE
from offchain.bitcoin.rules import Rules
from offchain.errors import HeaderError
from offchain.headers.errors import BadHeaderFile
from offchain.headers.replies import MAXIMUM_HEIGHT

_READ_HEADERS: Final = 4096
"""Headers read at once."""


class BadHeaderInFile(BadHeaderFile):
    """A header of a file is cut or breaks a rule.

    Attributes:
        path: the file.
        height: the header's height.
        offset: byte of the file at which it starts.
    """

    def __init__(self, path: Path, height: int, offset: int, reason: str) -> None:
        super().__init__(path, f"at byte {offset}: {reason}")
        self.height = height
        self.offset = offset


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """What a file of valid headers holds.

    Attributes:
        first_height: height of its first header.
        count: how many headers.
        first_time: time of the first one, seconds.
        last_time: time of the last one, seconds.
        last_hash: hash of the last one, internal order.
        retargets: how many retargets were computed again; others could not be, since the file
            lacks the start of their epoch.
        sha256: of the file.
    """

    first_height: int
    count: int
    first_time: int
    last_time: int
    last_hash: bytes
    retargets: int
    sha256: bytes

    @property
    def last_height(self) -> int:
        """Height of the last header."""
        return self.first_height + self.count - 1


def check_header_file(path: Path, first_height: int, rules: Rules) -> CheckedFile:
    """Check a file of 80-byte headers, concatenated; see `HeaderChecker` for what is checked.

    At height 0 there must be the network's own first block.

    Args:
        path: the file.
        first_height: height of its first header. A wrong one shows where the target changes.
        rules: the network's.

    Raises:
        BadHeaderFile: it cannot be read, is empty, or goes beyond any real height.
        BadHeaderInFile: a header is cut or breaks a rule.
    """
    checker = HeaderChecker(first_height, rules)
    digest = hashlib.sha256()
    first_time = last_time = count = 0
    for raw in _split(path, digest):
        height = first_height + count
        if len(raw) < HEADER_SIZE:
            what = f"header {height} is cut: it has {len(raw)} of its {HEADER_SIZE} bytes"
            raise BadHeaderInFile(path, height, count * HEADER_SIZE, what)
        if height > MAXIMUM_HEIGHT:
            raise BadHeaderFile(path, f"it goes beyond height {MAXIMUM_HEIGHT}")
        try:
            last_time = checker.append(raw).time
            if height == 0:
                check_genesis(checker.last_hash, rules)
        except HeaderError as error:
            offset = count * HEADER_SIZE
            raise BadHeaderInFile(path, height, offset, str(error)) from error
        first_time = first_time if count else last_time
        count += 1
    if not count:
        raise BadHeaderFile(path, "it is empty")
    return CheckedFile(
        first_height,
        count,
        first_time,
        last_time,
        checker.last_hash,
        checker.retargets,
        digest.digest(),
    )


def _split(path: Path, digest: hashlib._Hash) -> Iterator[bytes]:
    """The file's headers in order; the last may be cut. Its bytes go into `digest`."""
    try:
        with path.open("rb") as file:
            while part := file.read(_READ_HEADERS * HEADER_SIZE):
                digest.update(part)
                for start in range(0, len(part), HEADER_SIZE):
                    yield part[start : start + HEADER_SIZE]
    except OSError as error:
        raise BadHeaderFile(path, f"it cannot be read: {error.strerror}") from error
