"""A checkpoint taken from a header source, for a relay that is to be deployed."""

from __future__ import annotations

from offchain.bitcoin.checkpoint import Checkpoint
from offchain.bitcoin.rules import Rules
from offchain.headers.errors import HeadersNotHeld
from offchain.ports import HeaderSource


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
