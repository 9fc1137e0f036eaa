"""The next batch for a relay from any source of headers: extends its chain or reorganises it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from offchain.bitcoin.header import HEADER_SIZE
from offchain.bitcoin.header_batches import (
    Batch,
    HeaderRun,
    RelayView,
    extends,
    find_fork,
    plan_batch,
)
from offchain.bitcoin.rules import Rules
from offchain.bitcoin.target import MEDIAN_BLOCKS
from offchain.errors import HeaderError
from offchain.ports import HeaderSource

_CONTEXT = MEDIAN_BLOCKS - 1
"""Headers before a common one: with it, the times that the next header is judged by."""

_READ_AT_ONCE = 2016
"""Headers that one question to a source asks for at most."""


def next_batch(
    relay: RelayView,
    held_hashes: Callable[[], Sequence[bytes]],
    source: HeaderSource,
    rules: Rules,
) -> Batch | None:
    """Look at a source's best chain and return what the relay should get from it now.

    Args:
        relay: what the relay says of itself.
        held_hashes: reads the first 24 bytes of the relay's hashes from `relay.lowest_fork` to
            `relay.best_height`; called only where the source's chain does not have the relay's
            best header.
        source: the headers; not trusted.
        rules: the network's.

    Returns:
        None if the relay is up to date, or the source's chain does not have more work.

    Raises:
        HeaderError: the source cannot be used, or its headers break a rule.
        NoCommonHeader: its chain is another one.
        ReorganisationTooDeep: the relay cannot follow.
    """
    best = source.best_height()
    if best >= relay.best_height:
        end = min(best, relay.best_height + relay.maximum_batch)
        run = _read(source, relay.best_height - _CONTEXT, end)
        if extends(relay, run):
            return plan_batch(relay, relay.best_height, run, rules)
    held = held_hashes()
    expected = relay.best_height - relay.lowest_fork + 1
    if len(held) != expected:
        raise HeaderError(f"the relay's hashes changed while they were read: {len(held)} of them")
    end = min(best, relay.best_height + relay.maximum_batch)
    run = _read(source, relay.lowest_fork - _CONTEXT, end)
    return plan_batch(relay, find_fork(relay, held, run), run, rules)


def _read(source: HeaderSource, first_height: int, last_height: int) -> HeaderRun:
    """The source's headers of a range, as far as it has them."""
    first = max(first_height, source.first_height(), 0)
    headers: list[bytes] = []
    while (start := first + len(headers)) <= last_height:
        found = source.headers(start, min(last_height - start + 1, _READ_AT_ONCE))
        if not found:
            break
        headers += found
    if any(len(header) != HEADER_SIZE for header in headers):
        raise HeaderError(f"a source gave headers that do not have {HEADER_SIZE} bytes")
    return HeaderRun(first, headers)
