"""Bitcoin Core and Esplora as sources of headers, each at a server that answers like it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from offchain.bitcoin.header import BlockHeader
from offchain.bitcoin.rules import REGTEST, Rules
from offchain.headers.bitcoin_core import BitcoinCoreHeaders
from offchain.headers.bounded_http import Limits
from offchain.headers.esplora import EsploraHeaders
from offchain.headers.network_source import NetworkSource
from tests.support.servers.header_servers import (
    PASSWORD,
    USER,
    BestChain,
    CoreServer,
    EsploraServer,
)
from tests.support.servers.http_server import LocalServer, Respond, serve

QUICK = Limits(pause_seconds=0.5, reply_seconds=1.0, reply_bytes=1 << 18, attempts=2)
UNKNOWN = Rules(pow_limit=2**250, no_retargeting=True)
"""A network whose first block is not known, so that the first question is the best height."""

LENGTH = 260
FORK = 240


def open_core(url: str, limits: Limits = QUICK, rules: Rules = REGTEST) -> NetworkSource:
    return BitcoinCoreHeaders(url, rules, (USER, PASSWORD), limits)


def open_esplora(url: str, limits: Limits = QUICK, rules: Rules = REGTEST) -> NetworkSource:
    return EsploraHeaders(f"{url}/api", rules, None, limits)


def open_source(
    kind: str, url: str, limits: Limits = QUICK, rules: Rules = REGTEST
) -> NetworkSource:
    """The source of a kind, ``core`` or ``esplora``."""
    return (open_core if kind == "core" else open_esplora)(url, limits, rules)


def server_of(kind: str, best: BestChain, stale: list[BlockHeader] | None = None) -> Respond:
    """What an honest server of a kind answers."""
    return (CoreServer if kind == "core" else EsploraServer)(best, stale or [])


@contextmanager
def running(
    kind: str, best: BestChain, stale: list[BlockHeader] | None = None
) -> Iterator[tuple[NetworkSource, LocalServer]]:
    with serve(server_of(kind, best, stale)) as server:
        source = open_source(kind, server.url)
        yield source, server
        source.close()
