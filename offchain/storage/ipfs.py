"""Content in IPFS, through the HTTP interface of a daemon that the user runs.

Each file is one raw block, pinned, under the identifier that the local directory uses too
(`offchain.storage.cid`): the 32 bytes on chain are its sha2-256, and every gateway and tool can
check it. The daemon is not trusted: what it returns is bounded and hashed again.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import ipfshttpclient
import multiaddr
import requests
from ipfshttpclient.exceptions import (
    AddressError,
    CommunicationError,
    Error,
    ErrorResponse,
    StatusError,
)
from ipfshttpclient.http_common import multiaddr_to_url_data

from offchain.errors import (
    ConfigurationError,
    ContentMismatchError,
    ContentMissingError,
    ContentTooLargeError,
    StoreError,
    StoreUnreachableError,
)
from offchain.ports import ContentStore
from offchain.storage.cid import cid_of, digest_of_multibase
from offchain.storage.ipfs_session import BoundedClient, IpfsReplyError, ReplyLimits
from offchain.storage.local import MAXIMUM_CONTENT
from offchain.strangers.foreign_text import printable
from offchain.strangers.http_address import redacted

_BASE: Final = "api/v0"
_BLOCK_GET: Final = "/block/get"
_PIN_LIST: Final = "/pin/ls"

_SMALL_REPLY: Final = 1 << 12
"""Bytes of a reply that names one block, or says what is wrong."""

_LIST_LINE: Final = 1 << 12
_LIST_REPLY: Final = 1 << 28
"""Bytes of a list of pins: some three million."""

_PUT: Final = {
    # Kubo reads `cid-codec`, older daemons `format`; both take the rest.
    "cid-codec": "raw",
    "format": "raw",
    "mhtype": "sha2-256",
    "version": "1",
    "cid-base": "base32",
    "pin": "true",
}

_ASSUMPTIONS: Final = (
    AssertionError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What the library fails with where a reply does not look as it assumes."""

_MISSING: Final = re.compile(
    r"not found|could not find|no such|timed? ?out|deadline exceeded", re.IGNORECASE
)
"""What daemons say of a block that they do not have and cannot get in time."""


_NOT_PINNED: Final = re.compile(r"not pinned", re.IGNORECASE)
"""What daemons say of a pin that is to be taken off and is not there."""


@dataclass(frozen=True, slots=True)
class IpfsLimits:
    """What is waited for.

    Attributes:
        connect_seconds: for a connection.
        search_seconds: in which the daemon finds a block, on its own disk or in the network.
        reply_seconds: for the body of a reply.
    """

    connect_seconds: float = 5.0
    search_seconds: float = 10.0
    reply_seconds: float = 60.0

    @property
    def silence_seconds(self) -> float:
        """For a daemon that says nothing: it answers a search that fails, so a while longer."""
        return self.search_seconds + 5.0


class IpfsStore(ContentStore):
    """The blocks of an IPFS daemon. May be used by several threads. Nothing is asked at first.

    Args:
        address: where the daemon's HTTP interface is, as a multiaddr: ``/ip4/127.0.0.1/tcp/5001``,
            ``/dns/HOST/tcp/443/https``.
        limits: what is waited for.

    Raises:
        ConfigurationError: the address is none.
    """

    def __init__(self, address: str, limits: IpfsLimits | None = None) -> None:
        self._limits = limits or IpfsLimits()
        check_address(address)
        self._address = address
        self._daemon = _Daemon(address, self._limits)

    @property
    def address(self) -> str:
        """Where the daemon's HTTP interface is, as a multiaddr."""
        return self._address

    def version(self) -> str:
        """The daemon's version, as it says.

        Raises:
            StoreUnreachableError: it does not answer.
            StoreError: it refuses, or its reply is malformed.
        """
        with self._translated("version"):
            version = _field(self._daemon.version().as_json(), "Version")
        if not isinstance(version, str):
            raise IpfsReplyError(self._address, "version", "names none")
        return printable(version)

    def put(self, content: bytes) -> bytes:
        """Keep a file of at most 1 MiB as a pinned block; returns its sha2-256.

        Raises:
            ContentTooLargeError: more than 1 MiB.
            StoreUnreachableError: the daemon does not answer.
            IpfsReplyError: it names another block, or does not pin this one.
            StoreError: it refuses.
        """
        if len(content) > MAXIMUM_CONTENT:
            raise ContentTooLargeError(len(content), MAXIMUM_CONTENT)
        digest = hashlib.sha256(content).digest()
        with self._translated("block/put"):
            reply = self._daemon.block.put(io.BytesIO(content), opts=dict(_PUT)).as_json()
        self._check_named("block/put", _field(reply, "Key"), digest)
        # Said once more: not every daemon pins what is put, and a block that is not pinned goes.
        with self._translated("pin/add"):
            reply = self._daemon.pin.add(cid_of(digest), opts={"cid-base": "base32"}).as_json()
        pins = _field(reply, "Pins")
        pinned = pins[0] if isinstance(pins, list) and len(pins) == 1 else None
        self._check_named("pin/add", pinned, digest)
        return digest

    def get(self, digest: bytes) -> bytes:
        """Fetch a file by its sha2-256, from the daemon or through it, and hash it again.

        Raises:
            ContentMissingError: the daemon does not find it in time.
            ContentMismatchError: it gives other bytes.
            IpfsReplyError: it gives more than 1 MiB, or takes too long.
            StoreUnreachableError: it does not answer.
            StoreError: it refuses.
        """
        cid = cid_of(digest)
        with self._translated("block/get", digest):
            content = self._daemon.block.get(cid, opts=self._search())
        actual = hashlib.sha256(content).digest()
        if actual != digest:
            raise ContentMismatchError(digest, actual)
        return bytes(content)

    def has(self, digest: bytes) -> bool:
        """Whether the daemon finds the file in time; its bytes are checked by `get`.

        Raises:
            StoreUnreachableError: the daemon does not answer.
            StoreError: it refuses, or answers of another block.
        """
        try:
            with self._translated("block/stat", digest):
                opts = {**self._search(), "cid-base": "base32"}
                reply = self._daemon.block.stat(cid_of(digest), opts=opts).as_json()
        except ContentMissingError:
            return False
        self._check_named("block/stat", _field(reply, "Key"), digest)
        return True

    def forget(self, digest: bytes) -> None:
        """Take a block's pin off: the daemon drops it when it next tidies up.

        Raises:
            StoreUnreachableError: the daemon does not answer.
            StoreError: it refuses, other than because the block is not pinned.
        """
        try:
            with self._translated("pin/rm"):
                self._daemon.pin.rm(cid_of(digest))
        except StoreUnreachableError:
            raise
        except StoreError as error:
            if not _NOT_PINNED.search(str(error)):
                raise

    def digests(self) -> Iterator[bytes]:
        """The sha2-256 of every raw block that the daemon has pinned; other pins are passed over.

        Raises:
            StoreUnreachableError: the daemon does not answer.
            IpfsReplyError: it does not list its pins line by line.
            StoreError: it refuses.
        """
        with self._translated("pin/ls"):
            for line in self._lines(self._daemon.pins()):
                try:
                    entry = json.loads(line)
                except (ValueError, RecursionError) as error:
                    raise IpfsReplyError(self._address, "pin/ls", "is no JSON") from error
                name = _field(entry, "Cid")
                if not isinstance(name, str):
                    raise IpfsReplyError(self._address, "pin/ls", "names no block")
                try:
                    yield digest_of_multibase(name)
                except StoreError:
                    continue

    def _lines(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        rest = b""
        for piece in pieces:
            *lines, rest = (rest + piece).split(b"\n")
            yield from (line for line in lines if line.strip())
            if len(rest) > _LIST_LINE:
                raise IpfsReplyError(self._address, "pin/ls", "has a line that does not end")
        if rest.strip():
            yield rest

    def _search(self) -> dict[str, str]:
        return {"timeout": f"{round(1000 * self._limits.search_seconds)}ms"}

    def _check_named(self, asked: str, name: object, digest: bytes) -> None:
        try:
            named = digest_of_multibase(name) if isinstance(name, str) else None
        except StoreError:
            named = None
        if named != digest:
            shown = printable(str(name))
            raise IpfsReplyError(self._address, asked, f"names {shown}, not {cid_of(digest)}")

    @contextmanager
    def _translated(self, asked: str, digest: bytes | None = None) -> Iterator[None]:
        """Turns the library's errors into ours; `digest` is what may be missing."""
        try:
            yield
        except ErrorResponse as error:
            said = printable(str(error))
            if digest is not None and _MISSING.search(said):
                raise ContentMissingError(digest) from error
            raise StoreError(
                f"the IPFS daemon at {self._address} refused {asked}: {said}"
            ) from error
        except StatusError as error:
            what = f"has an HTTP status of its own ({printable(str(error))}): is it a daemon?"
            raise IpfsReplyError(self._address, asked, what) from error
        except (CommunicationError, requests.RequestException) as error:
            store = f"the IPFS daemon at {self._address}"
            raise StoreUnreachableError(store, _reason(error)) from error
        except (Error, *_ASSUMPTIONS) as error:
            raise IpfsReplyError(self._address, asked, "is not what a daemon replies") from error


class _Daemon(ipfshttpclient.Client):  # type: ignore[misc]
    """ipfshttpclient over bounded HTTP. Made directly: its `connect` refuses newer daemons."""

    def __init__(self, address: str, limits: IpfsLimits) -> None:
        super().__init__(address, _BASE)
        self._limits = limits
        timeout = (limits.connect_seconds, limits.silence_seconds)
        self._client = BoundedClient(address, _BASE, allow=self._allow, timeout=timeout)

    def pins(self) -> Iterator[bytes]:
        """The reply to ``pin/ls``, one JSON object a line, in pieces."""
        opts = {"type": "recursive", "stream": "true"}
        pieces: Iterator[bytes] = self._client.request(_PIN_LIST, opts=opts, stream=True)
        return pieces

    def _allow(self, path: str, status: int) -> ReplyLimits:
        seconds = self._limits.reply_seconds
        if status == 200 and path.endswith(_BLOCK_GET):
            return ReplyLimits(MAXIMUM_CONTENT, seconds)
        if status == 200 and path.endswith(_PIN_LIST):
            return ReplyLimits(_LIST_REPLY, 10 * seconds)
        return ReplyLimits(_SMALL_REPLY, seconds)


def check_address(address: str) -> None:
    """Check that a multiaddr is of an HTTP interface over TCP.

    Raises:
        ConfigurationError: it is not.
    """
    try:
        _, socket_path, _, _ = multiaddr_to_url_data(address, _BASE)
    except (AddressError, multiaddr.exceptions.Error, ValueError, TypeError) as error:
        # Somebody's address of another kind may hold a password.
        shown = redacted(address) if "://" in address else printable(address)
        raise ConfigurationError(
            f"{shown!r} is no address of an IPFS daemon: it is a multiaddr such as "
            "/ip4/127.0.0.1/tcp/5001 or /dns/host/tcp/443/https"
        ) from error
    if socket_path:
        raise ConfigurationError("IPFS daemons are asked over TCP: /ip4/127.0.0.1/tcp/5001")


def _field(reply: object, name: str) -> Any:
    return reply.get(name) if isinstance(reply, dict) else None


def _reason(error: BaseException) -> str:
    """Why a daemon could not be asked, in the operating system's words where there are any."""
    reason = type(error).__name__
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, TimeoutError | requests.Timeout):
            return "timed out"
        if isinstance(cause, OSError) and cause.strerror:
            reason = cause.strerror
        cause = cause.__cause__ or cause.__context__
    return reason
