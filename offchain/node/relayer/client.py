"""Relayers over HTTP, as sharers see them.

A request says what the chain will show, and nothing else: no name, no option, no connection that
was used for another data transaction.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from offchain.errors import RelayerError, RelayerRefusedError
from offchain.node.relayer.connection import RelayerConnection
from offchain.node.relayer.mixing import longest_wait
from offchain.node.relayer.wire import (
    Publication,
    decode_missing,
    encode_publication,
    encode_share,
    round_of,
)
from offchain.ports import Outlet
from offchain.protocol.words.actions import PublishTestKeys, Share
from offchain.protocol.words.parameters import Parameters
from offchain.protocol.words.status import Phase
from offchain.refusals import RefusalCode
from offchain.strangers.http_address import checked_http_address, checked_proxy_address

_CHOICE_LABEL: Final = b"modelchain/relayer-choice/2"

STAYS: Final = frozenset(
    {
        RefusalCode.NULLIFIER_USED,
        RefusalCode.ROUND,
        RefusalCode.TIMESTAMP,
        RefusalCode.TOO_EARLY,
        RefusalCode.TOO_LATE,
    }
)
"""Refusals with which the next relayer is not tried: it would say the same, and know more."""

REMEMBERED: Final = 16
"""Things handed over that are remembered: those of some rounds."""


class RelayerClient(Outlet):
    """One relayer.

    Args:
        url: its address.
        proxy: what it is asked through; None: as the environment says.

    Raises:
        ConfigurationError: the address is no http or https URL, or the proxy is none.
    """

    def __init__(self, url: str, proxy: str | None = None) -> None:
        self._url = checked_http_address(url, "the relayer's address")
        self._proxy = None if proxy is None else checked_proxy_address(proxy)

    def rank(self, secret: bytes, name: bytes) -> bytes:
        """Its place among relayers for something of that name: by chance for who has no secret."""
        return hmac.digest(secret, _CHOICE_LABEL + name + self._url.encode(), hashlib.sha256)

    def submit(self, share: Share, payloads: Sequence[bytes]) -> None:
        """See `Outlet.submit`: files go after the data transaction, those that are missing."""
        files = {hashlib.sha256(payload).digest(): payload for payload in payloads}
        with self._connection() as connection:
            answer = connection.post("/transactions", encode_share(share))
            try:
                for digest in _missing(connection, answer):
                    if digest in files:
                        connection.post(f"/files/{digest.hex()}", files[digest])
            except RelayerRefusedError as error:
                if error.code is not RefusalCode.UNKNOWN_FILE:
                    raise
                # It waits no more: another relayer brought it, or the relayer says why not.
                connection.post("/transactions", encode_share(share))

    def publish(self, keys: Publication) -> None:
        """See `Outlet.publish`."""
        with self._connection() as connection:
            connection.post("/keys", encode_publication(keys))

    @contextmanager
    def _connection(self) -> Iterator[RelayerConnection]:
        connection = RelayerConnection(self._url, self._proxy)
        try:
            yield connection
        finally:
            connection.close()


@dataclass(frozen=True, slots=True)
class _Handed:
    """What was handed over first when, and how many relayers are passed over since."""

    since: float
    passed_over: int = 0


class Relayers(Outlet):
    """Several relayers: a node's data transaction goes to one of them, by chance for each round.

    Its keys go to the same one, and so does all of it after a restart: no more of them than need be
    learn of it. Where one does not answer or is no relayer of this chain, the next is asked; also
    where something is handed over again so late that it should be on chain. That is harmless:
    nothing is brought twice.

    Args:
        urls: their addresses, at least one.
        seed: of the node: what chance is derived from; it tells nobody anything.
        parameters: the deployment's.
        clock: seconds.
        proxy: what all of them are asked through; None: as the environment says.

    Raises:
        ConfigurationError: an address is no http or https URL, or the proxy is none.
    """

    def __init__(
        self,
        urls: Sequence[str],
        seed: bytes,
        parameters: Parameters,
        clock: Callable[[], float],
        proxy: str | None = None,
    ) -> None:
        self._clients = [RelayerClient(url, proxy) for url in dict.fromkeys(urls)]
        self._seed = seed
        self._parameters = parameters
        self._clock = clock
        self._handed: dict[tuple[int, Phase], _Handed] = {}

    def submit(self, share: Share, payloads: Sequence[bytes]) -> None:
        """See `Outlet.submit`; raises what the relayer says that it was to go to."""
        round_number = share.transaction.round
        self._hand_over(round_number, Phase.NONE, lambda client: client.submit(share, payloads))

    def publish(self, keys: Publication) -> None:
        """See `Outlet.publish`; raises what the relayer says that it was to go to."""
        phase = Phase.UNSEAL if isinstance(keys, PublishTestKeys) else Phase.OPEN
        self._hand_over(round_of(keys), phase, lambda client: client.publish(keys))

    def _hand_over(
        self, round_number: int, phase: Phase, hand_over: Callable[[RelayerClient], None]
    ) -> None:
        order = self._order(round_number)
        handed = self._due(round_number, phase)
        first: RelayerError | None = None
        for step in range(len(order)):
            try:
                hand_over(order[(handed.passed_over + step) % len(order)])
            except RelayerError as error:
                if isinstance(error, RelayerRefusedError) and error.code in STAYS:
                    raise
                first = first or error
            else:
                return
        assert first is not None  # noqa: S101  (there is a relayer)
        raise first

    def _order(self, round_number: int) -> list[RelayerClient]:
        """The relayers in the order in which they are asked for a round's data transaction."""
        name = round_number.to_bytes(32, "big")
        return sorted(self._clients, key=lambda client: client.rank(self._seed, name))

    def _due(self, round_number: int, phase: Phase) -> _Handed:
        """Since when it is handed over; one more relayer is passed over each time it should be."""
        now, what = self._clock(), (round_number, phase)
        handed = self._handed.pop(what, _Handed(now))
        if now - handed.since > longest_wait(self._parameters, phase):
            handed = _Handed(now, handed.passed_over + 1)
        self._handed[what] = handed
        while len(self._handed) > REMEMBERED:
            del self._handed[next(iter(self._handed))]
        return handed


def _missing(connection: RelayerConnection, answer: bytes) -> tuple[bytes, ...]:
    """The files that a relayer asks for; it may answer anything."""
    try:
        return decode_missing(json.loads(answer))
    except (RelayerError, ValueError, RecursionError) as error:
        raise RelayerError(
            f"the relayer at {connection.url} does not say which files it lacks"
        ) from error
