"""HTTP questions to a server that is not trusted to be well-behaved.

A reply is bounded in bytes and seconds, nothing is followed or decompressed, and the errors of the
HTTP library come out as errors of this project.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import httpx

from offchain.errors import ConfigurationError
from offchain.headers.errors import SourceReplyError, SourceUnauthorised, SourceUnreachable
from offchain.strangers.http_address import checked_http_address, redacted
from offchain.strangers.http_client import BUSY, UnfitReply, open_client, read_body, reason_of

Credentials = Callable[[], tuple[str, str]]
"""Gives user and password; asked again when they are refused, since a cookie is made anew."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What is waited for and read.

    Attributes:
        pause_seconds: for connecting, and for each pause in a reply.
        reply_seconds: from a reply's headers to its end.
        reply_bytes: of a body.
        attempts: how often a question is asked while nothing answers, at least 1.
    """

    pause_seconds: float = 10.0
    reply_seconds: float = 30.0
    reply_bytes: int = 1 << 18
    attempts: int = 4


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole reply: its HTTP status and its bytes."""

    status: int
    body: bytes


class BoundedHttp:
    """Questions to one server over a pool of connections.

    All of them only read, so that asking twice does no harm. May be used by several threads.

    Args:
        url: http or https, without user and password; paths are appended to it.
        credentials: for basic authentication.
        limits: what is waited for and read.
        wait: waits between attempts, as ``time.sleep`` does.
        monotonic: seconds.
    """

    def __init__(
        self,
        url: str,
        credentials: Credentials | None = None,
        limits: Limits | None = None,
        *,
        wait: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._address = url.rstrip("/")
        self._credentials = credentials
        self._limits = limits or Limits()
        self._wait = wait
        self._monotonic = monotonic
        # From the request's end on: the body alone has a bound of its own, with its own error.
        seconds = self._limits.pause_seconds + self._limits.reply_seconds
        self._http = open_client(
            url, pause_seconds=self._limits.pause_seconds, reply_seconds=seconds
        )

    @property
    def url(self) -> str:
        """The address, as it may be shown."""
        return redacted(self._address)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def get(self, path: str) -> Reply:
        """Ask for a path; see `post` for what is raised."""
        return self._ask(path, "GET", path, None)

    def post(self, asked: str, body: bytes) -> Reply:
        """Send a JSON body to the address itself; ``asked`` says in errors what for.

        Raises:
            SourceUnreachable: nothing answered, after all attempts.
            SourceUnauthorised: the credentials were refused, the second time as well.
            SourceReplyError: the reply is too large or takes too long.
        """
        return self._ask(asked, "POST", "", body)

    def _ask(self, asked: str, method: str, path: str, body: bytes | None) -> Reply:
        refused = False
        for attempt in itertools.count(1):
            try:
                reply = self._read(asked, method, path, body)
            except httpx.HTTPError as error:
                reason = reason_of(error)
            else:
                if reply.status in (401, 403):
                    if refused or self._credentials is None:
                        raise SourceUnauthorised(self.url, reply.status)
                    refused = True
                    continue
                if reply.status not in BUSY:
                    return reply
                reason = f"HTTP status {reply.status}"
            if attempt >= self._limits.attempts:
                raise SourceUnreachable(self.url, reason)
            self._wait(0.2 * 2 ** (attempt - 1))
        raise AssertionError("unreachable")

    def _read(self, asked: str, method: str, path: str, body: bytes | None) -> Reply:
        authentication = self._credentials() if self._credentials is not None else None
        headers = {} if body is None else {"Content-Type": "application/json"}
        with self._http.stream(
            method, f"{self._address}{path}", content=body, headers=headers, auth=authentication
        ) as response:
            deadline = self._monotonic() + self._limits.reply_seconds

            def look() -> None:
                if self._monotonic() > deadline:
                    raise UnfitReply(f"took longer than {self._limits.reply_seconds:g} seconds")

            try:
                content = read_body(response, self._limits.reply_bytes, look)
            except UnfitReply as unfit:
                raise SourceReplyError(self.url, asked, unfit.what) from unfit
            return Reply(response.status_code, content)


def split_credentials(url: str) -> tuple[str, tuple[str, str] | None]:
    """An address without user and password, and those.

    Raises:
        ConfigurationError: it is no http or https address with a host; the message names no
            password.
    """
    name = "the address of the header source"
    parsed = httpx.URL(checked_http_address(url, name))
    if parsed.query or parsed.fragment:
        raise ConfigurationError(f"{name} ends with its path: {redacted(url)}")
    address = str(parsed.copy_with(username=None, password=None))
    return address, (parsed.username, parsed.password) if parsed.userinfo else None
