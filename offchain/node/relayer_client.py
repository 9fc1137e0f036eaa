"""How a worker hands data transactions and keys over: to a relayer, or to the chain itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import httpx

from offchain.errors import ConfigurationError, RelayerError, RevertedError
from offchain.node.relayer_wire import (
    MAXIMUM_REVEALS,
    encode_reveals,
    encode_submission,
)
from offchain.ports import Chain, ContentStore
from offchain.protocol.actions import PublishKeys, Share
from offchain.protocol.transactions import DataTransaction, KeyReveal

_REASON_LENGTH = 300


class RelayerRefusedError(RelayerError):
    """The relayer answered that it does not take a message; ``code`` is its word for the reason."""

    def __init__(self, status: int, code: str, reason: str) -> None:
        super().__init__(f"the relayer refused ({status} {code}): {reason}")
        self.status = status
        self.code = code
        self.reason = reason


class Outlet(ABC):
    """Where data transactions and keys go."""

    @abstractmethod
    def submit(self, transaction: DataTransaction, payload: bytes) -> None:
        """Hand over a data transaction with its sealed payload; again does no harm.

        Raises:
            RelayerRefusedError: it is not taken, and would not be later as it is.
            RelayerError: nobody answers.
        """

    @abstractmethod
    def publish(self, reveals: Sequence[KeyReveal]) -> None:
        """Hand over payload keys whose time has come; raises as `submit`."""


class RelayerClient(Outlet):
    """A relayer over HTTP.

    Args:
        url: its address.
        transport: another way than the network, for tests.

    Raises:
        ConfigurationError: the address is no http or https URL.
    """

    def __init__(self, url: str, transport: httpx.BaseTransport | None = None) -> None:
        self._url = checked_relayer(url)
        self._client = httpx.Client(base_url=url, timeout=30.0, transport=transport)

    def submit(self, transaction: DataTransaction, payload: bytes) -> None:
        """See `Outlet.submit`."""
        self._post("/transactions", encode_submission(transaction, payload))

    def publish(self, reveals: Sequence[KeyReveal]) -> None:
        """See `Outlet.publish`."""
        for start in range(0, len(reveals), MAXIMUM_REVEALS):
            batch = tuple(reveals[start : start + MAXIMUM_REVEALS])
            self._post("/keys", encode_reveals(batch))

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _post(self, path: str, message: dict[str, object]) -> None:
        try:
            response = self._client.post(path, json=message)
        except httpx.HTTPError as error:
            raise RelayerError(
                f"the relayer at {self._url} does not answer ({type(error).__name__}): "
                "start it with `python offchain/relayer.py` or name another with --relayer"
            ) from error
        if response.is_success:
            return
        code, reason = _reason(response)
        if response.status_code >= 500:
            raise RelayerError(f"the relayer at {self._url} fails ({code}): {reason}")
        raise RelayerRefusedError(response.status_code, code, reason)


class DirectOutlet(Outlet):
    """The chain itself, with the node's own account: it shows whose data it is."""

    def __init__(self, chain: Chain, store: ContentStore) -> None:
        self._chain = chain
        self._store = store

    def submit(self, transaction: DataTransaction, payload: bytes) -> None:
        """See `Outlet.submit`."""
        self._store.put(payload)
        try:
            self._chain.execute(Share((transaction,)))
        except RevertedError as error:
            if error.name != "NullifierUsed":
                raise RelayerRefusedError(422, error.name, str(error)) from error

    def publish(self, reveals: Sequence[KeyReveal]) -> None:
        """See `Outlet.publish`."""
        for start in range(0, len(reveals), MAXIMUM_REVEALS):
            try:
                self._chain.execute(PublishKeys(tuple(reveals[start : start + MAXIMUM_REVEALS])))
            except RevertedError as error:
                raise RelayerRefusedError(422, error.name, str(error)) from error


def checked_relayer(url: str) -> str:
    """`url` if it is an http or https address with a host; ``ConfigurationError`` if not."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise ConfigurationError(f"the relayer's address {url!r} is not a URL: {error}") from error
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise ConfigurationError(
            f"the relayer's address {url!r} must begin with http:// or https:// and name a host"
        )
    return url


def _reason(response: httpx.Response) -> tuple[str, str]:
    """What a relayer says of a refusal; it may say anything."""
    try:
        message = response.json()
        code, reason = str(message["error"]), str(message["reason"])
    except (ValueError, KeyError, TypeError):
        return "unknown", response.text[:_REASON_LENGTH]
    return code[:40], reason[:_REASON_LENGTH]
