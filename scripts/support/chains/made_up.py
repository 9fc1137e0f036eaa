"""Values that are made up for tests of contracts, always the same for a name."""

from __future__ import annotations

import hashlib

from web3 import Web3

from offchain.crypto.hashing import keccak256
from offchain.protocol.words.transactions import Row


def label(*names: object) -> bytes:
    """32 bytes for a name, always the same."""
    return hashlib.sha256(repr(names).encode()).digest()


def row(net: int, spread: int = 1, middle: int | None = None, repeats: int = 0) -> Row:
    """A model's row; its points are the baseline's 100 and the net, unless they are given."""
    own = max(0, 100 + net) if middle is None else middle
    return Row(label("row", net, spread, own), own, net, spread, repeats)


BASELINE = Row(label("row", "baseline"), 100, 0, 0, 0)
"""The baseline's row that goes with `row`."""


def salt(account: str) -> bytes:
    """The salt of all commitments of an account."""
    return label("salt", account)


def reward_address(account: str, round_number: int) -> str:
    """Who is paid for what an account shares in a round."""
    return Web3.to_checksum_address(keccak256(label("reward", account, round_number))[:20])
