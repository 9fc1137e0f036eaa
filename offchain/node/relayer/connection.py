"""Requests to a relayer over HTTP; it may answer anything."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Final

import httpx

from offchain.errors import RelayerBusyError, RelayerError, RelayerRefusedError
from offchain.refusals import AnyCode, OtherCode, code_of
from offchain.strangers.foreign_text import printable
from offchain.strangers.http_address import checked_http_address, checked_proxy_address, redacted
from offchain.strangers.http_client import UnfitReply, open_client, read_body

MAXIMUM_REPLY: Final = 1 << 18
"""Bytes of the longest answer that is read."""

REPLY_SECONDS: Final = 60.0
"""How long an answer may take to arrive."""

LONGEST_RETRY_SECONDS: Final = 600
"""No relayer is waited for longer, whatever it asks."""

NO_CODE: Final = OtherCode("unknown")
"""The code of an answer that names none."""

_CODE_LENGTH: Final = 40
_REASON_LENGTH: Final = 300


class RelayerConnection:
    """A relayer's address, and the connections to it.

    Args:
        url: the address.
        proxy: what it is asked through; None: as the environment says.

    Raises:
        ConfigurationError: it is no http or https URL, or the proxy is none.
    """

    def __init__(self, url: str, proxy: str | None = None) -> None:
        address = checked_http_address(url, "the relayer's address")
        proxy = None if proxy is None else checked_proxy_address(proxy)
        self.url = redacted(address)
        self._client = open_client(
            address, pause_seconds=30.0, reply_seconds=REPLY_SECONDS, proxy=proxy
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def get(self, path: str) -> bytes:
        """What the relayer says somewhere; raises as `post`."""
        return self._exchange("GET", path).content

    def post(self, path: str, message: dict[str, object] | bytes) -> bytes:
        """Hand a message or a file over; returns what is answered.

        Raises:
            RelayerRefusedError: it is not taken, and would not be later as it is.
            RelayerBusyError: it is not taken now.
            RelayerError: nobody answers.
        """
        if isinstance(message, bytes):
            return self._exchange("POST", path, message, "application/octet-stream").content
        return self._exchange("POST", path, json.dumps(message).encode()).content

    def _exchange(
        self, method: str, path: str, sent: bytes | None = None, kind: str = "application/json"
    ) -> _Reply:
        """Send a request and read the reply, of a hostile relayer no more than a bound."""
        try:
            with self._client.stream(
                method, path, content=sent, headers={"Content-Type": kind}
            ) as response:
                content = read_body(response, MAXIMUM_REPLY)
        except UnfitReply as error:
            raise RelayerError(f"the answer of the relayer at {self.url} {error.what}") from error
        except httpx.HTTPError as error:
            raise RelayerError(
                f"the relayer at {self.url} does not answer ({type(error).__name__}): "
                "start it with `python offchain/relayer.py` or name another with --relayer"
            ) from error
        reply = _Reply(response.status_code, content, response.headers.get("retry-after"))
        if 200 <= reply.status < 300:
            return reply
        code, reason = reply.reason()
        if reply.status == 429:
            raise RelayerBusyError(reply.seconds(), reason)
        if reply.status >= 500:
            raise RelayerError(f"the relayer at {self.url} fails ({code}): {reason}")
        raise RelayerRefusedError(reply.status, code, reason)


@dataclass(frozen=True, slots=True)
class _Reply:
    """What a relayer answered; it may answer anything."""

    status: int
    content: bytes
    retry_after: str | None

    def reason(self) -> tuple[AnyCode, str]:
        """Its word and sentence for a refusal."""
        try:
            message = json.loads(self.content)
            code, reason = str(message["error"]), str(message["reason"])
        except (ValueError, KeyError, TypeError, RecursionError):
            text = self.content[:_REASON_LENGTH].decode("utf-8", errors="replace")
            return NO_CODE, printable(text, _REASON_LENGTH, "?")
        return code_of(printable(code, _CODE_LENGTH, "?")), printable(reason, _REASON_LENGTH, "?")

    def seconds(self) -> int:
        """How long it wants to be left alone, within reason."""
        text = self.retry_after or ""
        asked = int(text) if re.fullmatch(r"[0-9]{1,6}", text) else 1
        return min(max(asked, 1), LONGEST_RETRY_SECONDS)
