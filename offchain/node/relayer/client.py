"""A relayer over HTTP, as its clients see it: it may answer anything."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import httpx
from eth_utils.address import is_checksum_address

from offchain.errors import RelayerBusyError, RelayerError, RelayerRefusedError
from offchain.node.relayer.order_wire import encode_order
from offchain.node.relayer.wire import encode_reveals, encode_submission
from offchain.ports import Outlet
from offchain.protocol.words.actions import MAXIMUM_REVEALS
from offchain.protocol.words.orders import SignedOrder
from offchain.protocol.words.transactions import DataTransaction, KeyReveal
from offchain.refusals import AnyCode, OtherCode, RefusalCode, code_of
from offchain.strangers.foreign_text import printable
from offchain.strangers.http_address import checked_http_address, redacted
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


@dataclass(frozen=True, slots=True)
class OrderTerms:
    """What a relayer asks for carrying out an order, and the account that it does so with."""

    relayer: str
    minimum_fee: int


class RelayerClient(Outlet):
    """A relayer over HTTP.

    Args:
        url: its address.

    Raises:
        ConfigurationError: the address is no http or https URL.
    """

    def __init__(self, url: str) -> None:
        address = checked_http_address(url, "the relayer's address")
        self._url = redacted(address)
        self._client = open_client(address, pause_seconds=30.0, reply_seconds=REPLY_SECONDS)

    def submit(self, transaction: DataTransaction, payload: bytes) -> None:
        """See `Outlet.submit`."""
        self._post("/transactions", encode_submission(transaction, payload))

    def publish(self, reveals: Sequence[KeyReveal]) -> None:
        """See `Outlet.publish`."""
        for start in range(0, len(reveals), MAXIMUM_REVEALS):
            batch = tuple(reveals[start : start + MAXIMUM_REVEALS])
            self._post("/keys", encode_reveals(batch))

    def pay(self, signed: SignedOrder) -> None:
        """Hand over a signed order; raises as `submit`."""
        self._post("/orders", encode_order(signed))

    def order_terms(self, chain_id: int, model_chain: str) -> OrderTerms:
        """What the relayer asks for an order.

        Raises:
            RelayerRefusedError: it carries out no orders.
            RelayerError: nobody answers, the answer is none, or it serves another deployment.
        """
        response = self._exchange("GET", "/status", None)
        try:
            status = json.loads(response.content)
            found = status["chainId"], status["modelChain"]
            account, fee = status["account"], status["minimumFee"]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise RelayerError(f"the relayer at {self._url} gives no status") from error
        if not isinstance(found[0], int) or not isinstance(found[1], str):
            raise RelayerError(f"the relayer at {self._url} gives no status")
        if found != (chain_id, model_chain):
            raise RelayerError(
                f"the relayer at {self._url} serves model chain {printable(found[1], 60)} on chain "
                f"{str(found[0])[:20]}, not {model_chain} on chain {chain_id}"
            )
        if fee is None:
            code = RefusalCode.NOT_OFFERED
            raise RelayerRefusedError(code.status, code, code.meaning)
        known = isinstance(account, str) and is_checksum_address(account)
        if not known or not isinstance(fee, str) or not re.fullmatch(r"[0-9]{1,78}", fee):
            raise RelayerError(f"the relayer at {self._url} names no usable terms for orders")
        return OrderTerms(account, int(fee))

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _post(self, path: str, message: dict[str, object]) -> None:
        self._exchange("POST", path, message)

    def _exchange(self, method: str, path: str, message: dict[str, object] | None) -> _Reply:
        """Send a request and read the reply, of a hostile relayer no more than a bound."""
        try:
            with self._client.stream(method, path, json=message) as response:
                content = read_body(response, MAXIMUM_REPLY)
        except UnfitReply as error:
            raise RelayerError(f"the answer of the relayer at {self._url} {error.what}") from error
        except httpx.HTTPError as error:
            raise RelayerError(
                f"the relayer at {self._url} does not answer ({type(error).__name__}): "
                "start it with `python offchain/relayer.py` or name another with --relayer"
            ) from error
        reply = _Reply(response.status_code, content, response.headers.get("retry-after"))
        if 200 <= reply.status < 300:
            return reply
        code, reason = reply.reason()
        if reply.status == 429:
            raise RelayerBusyError(reply.seconds(), reason)
        if reply.status >= 500:
            raise RelayerError(f"the relayer at {self._url} fails ({code}): {reason}")
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
