"""Recorded headers: a file of raw headers beside a JSON file that describes it.

The JSON file's fields that are read: `file` (name of the header file, in the same folder),
`first_height`, `count` and `sha256` of the header file. Others tell people where it came from.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from offchain.bitcoin.check import check_headers
from offchain.bitcoin.header import HEADER_SIZE
from offchain.bitcoin.rules import Rules
from offchain.errors import HeaderError
from offchain.headers.errors import BadHeaderFile, HeadersNotHeld
from offchain.headers.replies import MAXIMUM_HEIGHT
from offchain.ports import HeaderSource
from offchain.strangers.foreign_text import short_repr

MAXIMUM_FILE_SIZE = 256 * 1024 * 1024
"""Bytes of the largest header file that is read: some 3.3 million headers, 60 years of Bitcoin."""

MAXIMUM_DESCRIPTION_SIZE = 64 * 1024
"""Bytes of the largest description that is read."""

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Description:
    """What the JSON file says about the header file."""

    file: str
    first_height: int
    count: int
    sha256: str

    @classmethod
    def read(cls, path: Path) -> Description:
        """Read the description at `path`.

        Raises:
            BadHeaderFile: missing, too large, not JSON, or a field is missing or of a wrong kind.
        """
        raw = _read_bounded(path, MAXIMUM_DESCRIPTION_SIZE)
        try:
            fields = json.loads(raw)
        except (ValueError, RecursionError) as error:
            raise BadHeaderFile(path, f"it is not JSON: {error}") from error
        if not isinstance(fields, dict):
            raise BadHeaderFile(path, "it must hold one JSON object")
        file = _field(path, fields, "file", str)
        if file in ("", "..") or Path(file).name != file or not file.isprintable():
            raise BadHeaderFile(
                path, f"`file` must name a file in the same folder, not {short_repr(file)}"
            )
        first_height = _field(path, fields, "first_height", int)
        count = _field(path, fields, "count", int)
        last_height = first_height + count - 1
        if first_height < 0 or count < 1 or last_height > MAXIMUM_HEIGHT:
            raise BadHeaderFile(
                path,
                f"`first_height` {short_repr(first_height)} or `count` {short_repr(count)} is out "
                "of range",
            )
        sha256 = _field(path, fields, "sha256", str).lower()
        if not _SHA256.fullmatch(sha256):
            raise BadHeaderFile(path, f"`sha256` is no hash in hexadecimal: {short_repr(sha256)}")
        return cls(file, first_height, count, sha256)


class RecordedHeaders(HeaderSource):
    """The headers of a file, checked as a whole when it is opened."""

    def __init__(self, description_path: Path, rules: Rules) -> None:
        """Open the header file that the JSON file at `description_path` describes.

        Raises:
            BadHeaderFile: a file is missing or unreadable, is cut, is not what its description
                says, or a header breaks a rule; says where.
        """
        self._description = Description.read(description_path)
        path = description_path.with_name(self._description.file)
        self._headers = _read_bounded(path, MAXIMUM_FILE_SIZE)
        _check_against(path, self._headers, self._description)
        try:
            check_headers(self._headers, self._description.first_height, rules)
        except HeaderError as error:
            raise BadHeaderFile(path, str(error)) from error

    def first_height(self) -> int:
        """Return the height of the file's first header."""
        return self._description.first_height

    def best_height(self) -> int:
        """Return the height of the file's last header."""
        return self._description.first_height + self._description.count - 1

    def headers(self, start_height: int, count: int) -> list[bytes]:
        """Return up to `count` raw 80-byte headers from `start_height` up.

        Fewer where the file ends, none just after its last one.

        Raises:
            HeadersNotHeld: `start_height` is below the file's first header or beyond the height
                after its last one, or `count` is negative.
        """
        next_height = self.best_height() + 1
        if count < 0 or not self.first_height() <= start_height <= next_height:
            raise HeadersNotHeld(start_height, count, self.first_height(), self.best_height())
        first = start_height - self.first_height()
        return [
            self._headers[index * HEADER_SIZE : (index + 1) * HEADER_SIZE]
            for index in range(first, min(first + count, self._description.count))
        ]


def _field(path: Path, fields: dict[str, Any], name: str, kind: type) -> Any:
    value = fields.get(name)
    if type(value) is not kind:
        what = f"`{name}` must be of type {kind.__name__}, it is {short_repr(value)}"
        raise BadHeaderFile(path, what)
    return value


def _read_bounded(path: Path, maximum: int) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(maximum + 1)
    except OSError as error:
        raise BadHeaderFile(path, f"it cannot be read: {error.strerror}") from error
    if len(content) > maximum:
        raise BadHeaderFile(path, f"it has more than {maximum} bytes")
    return content


def _check_against(path: Path, headers: bytes, description: Description) -> None:
    rest = len(headers) % HEADER_SIZE
    if rest:
        height = description.first_height + len(headers) // HEADER_SIZE
        raise BadHeaderFile(
            path,
            f"it is cut: header {height} at byte {len(headers) - rest} has {rest} of its "
            f"{HEADER_SIZE} bytes",
        )
    if len(headers) != description.count * HEADER_SIZE:
        raise BadHeaderFile(
            path,
            f"it has {len(headers) // HEADER_SIZE} headers, "
            f"its description says {description.count}",
        )
    actual = hashlib.sha256(headers).hexdigest()
    if actual != description.sha256:
        raise BadHeaderFile(
            path, f"its sha256 is {actual}, its description says {description.sha256}"
        )
