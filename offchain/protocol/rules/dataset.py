"""The data set D of a round: which data transactions are in, and the roots over them.

A data transaction is in D iff a partition took it before the round closed, all its training keys
were published in Open and all its test keys in Unseal, and the attesters' reports do not put it
out. All of that is on chain: D is a fact that the contract computes.

Source: docs/Protocol.md, "One round", 3 to 7.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from offchain.crypto.hashing import Domain
from offchain.crypto.merkle import merkle_root
from offchain.protocol.words.status import Phase
from offchain.protocol.words.transactions import data_leaf


def publishing_phase(*, is_test: bool) -> Phase:
    """The phase in which a round's training keys, or test keys, are published."""
    return Phase.UNSEAL if is_test else Phase.OPEN


def published(training: int, test: int, closed: int) -> int:
    """The data transactions whose keys were all published in time.

    Args:
        training: bitmap of those whose training keys were.
        test: bitmap of those whose test keys were.
        closed: how many data transactions the round closed with.
    """
    return training & test & (1 << closed) - 1


def data_set(published: int, out: int) -> int:
    """D: what is published and not out by reports; bitmaps."""
    return published & ~out


def data_root(domain: Domain, ids: Iterable[bytes]) -> bytes:
    """Merkle root over H("data", id) of the data transactions in D, in order of arrival."""
    return merkle_root([data_leaf(domain, data_id) for data_id in ids])


def training_root(domain: Domain, ids: Sequence[bytes]) -> bytes:
    """Root of the data transactions that a model was trained on, in order of arrival."""
    return data_root(domain, ids)
