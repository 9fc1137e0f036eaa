"""A header source from the text that names it.

What a kind of source needs is imported when one is opened: options name the kinds.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from offchain.bitcoin.checkpoint import Checkpoint
from offchain.bitcoin.rules import Rules
from offchain.config import local_path, split_kind
from offchain.errors import ConfigurationError
from offchain.headers.errors import HeadersNotHeld

if TYPE_CHECKING:
    from offchain.ports import HeaderSource

RECORDED: Final = "recorded"
CORE: Final = "core"
ESPLORA: Final = "esplora"
KINDS: Final = (RECORDED, CORE, ESPLORA)
"""What a source's text may begin with, before a colon; a plain path is a recorded file."""

_EXAMPLES: Final = (
    "recorded:FILE.json, core:http://user:password@127.0.0.1:8332 or esplora:https://host/api"
)


def open_source(text: str, rules: Rules, cookie: Path | None = None) -> HeaderSource:
    """The source that a text names; nothing on the network is asked yet.

    Args:
        text: ``recorded:FILE`` or a plain path: the description (JSON) beside a file of headers;
            ``core:URL``: a Bitcoin node's JSON-RPC; ``esplora:URL``: an Esplora server.
        rules: of the network that it is expected to serve.
        cookie: the Bitcoin node's cookie file, where the URL has no user and password.

    Raises:
        ConfigurationError: the text names no source, or credentials are missing.
        BadHeaderFile: the recorded headers cannot be used.
    """
    kind, place = split_source(text)
    if kind == RECORDED:
        from offchain.headers.recorded import RecordedHeaders

        return RecordedHeaders(local_path(place), rules)
    from offchain.headers.bounded_http import split_credentials

    url, credentials = split_credentials(place)
    if kind == ESPLORA:
        from offchain.headers.esplora import EsploraHeaders

        return EsploraHeaders(url, rules, credentials)
    if credentials is None and cookie is None:
        from offchain.strangers.http_address import redacted

        raise ConfigurationError(
            f"the Bitcoin node at {redacted(url)} wants a user and a password: name its cookie "
            "file with --cookie, or give the address as http://user:password@host:port"
        )
    from offchain.headers.bitcoin_core import BitcoinCoreHeaders

    return BitcoinCoreHeaders(url, rules, credentials or local_path(str(cookie or "")))


def split_source(text: str) -> tuple[str, str]:
    """Kind and place of a source: ``core:http://host`` is ("core", "http://host").

    Raises:
        ConfigurationError: it names no source; the message repeats no address, which may hold a
            password.
    """
    kind, place = split_kind(text) or (RECORDED, text)
    if kind not in KINDS:
        what = (
            f"must begin with {CORE}: or {ESPLORA}:"
            if kind in ("http", "https")
            else (f"cannot begin with {kind}:")
        )
        raise ConfigurationError(f"a header source {what}; it is one of {_EXAMPLES}")
    if not place.strip():
        raise ConfigurationError(f"a header source must name a place: {_EXAMPLES}")
    return kind, place


def recorded_file(text: str) -> Path:
    """The description of recorded headers that a source's text names.

    Raises:
        ConfigurationError: it names another kind of source.
    """
    kind, place = split_source(text)
    if kind != RECORDED:
        raise ConfigurationError(f"only recorded headers can be replayed, not those of {kind}:")
    return local_path(place)


def read_checkpoint(source: HeaderSource, height: int, rules: Rules) -> Checkpoint:
    """Return a checked checkpoint whose last header is at `height`.

    The source must have the 11 headers that end there and the one that started its epoch, at the
    highest multiple of 2016 that is not above it.

    Raises:
        BadCheckpointHeight: fewer than 11 headers end with `height`, or it is beyond any real one.
        HeadersNotHeld: the source lacks one of the headers.
        RelayRuleError: the headers break a rule.
    """

    def read_header(wanted: int) -> bytes:
        headers = source.headers(wanted, 1)
        if len(headers) != 1:
            raise HeadersNotHeld(wanted, 1, source.first_height(), source.best_height())
        return headers[0]

    checkpoint = Checkpoint.read(height, read_header)
    checkpoint.check(rules)
    return checkpoint
