"""Accounts, what they know, and made-up models: who plays in `offchain.attacks.worlds.rounds`."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from eth_utils.address import to_checksum_address

from offchain.crypto.derivation import NodeSecrets
from offchain.crypto.hashing import keccak256
from offchain.protocol.rules import statements
from offchain.protocol.words import actions
from offchain.protocol.words.parameters import DEMO
from offchain.protocol.words.transactions import (
    DataTransaction,
)

START = 1_704_100_000
SMALL = replace(DEMO, parts=4, test_parts=1, samples_per_part=50, significance=100)
"""The demo's parameters with few parts."""

LUCK = 30
"""How far chance moves a skill at one sample, up or down: so much that two models differ."""

Observer = Callable[[actions.Action, str, int], None]
"""Told of every action that was taken, who sent it, and when."""


def address(*names: object) -> str:
    """An account by what it is called."""
    return str(to_checksum_address(keccak256(repr(names).encode())[:20]))


@dataclass(frozen=True)
class Player:
    """An account with the secrets of one deployment."""

    account: str
    secrets: NodeSecrets


@dataclass(frozen=True)
class Shared:
    """A data transaction, with what only its sharer knows."""

    player: Player
    transaction: DataTransaction
    keys: tuple[bytes, ...]


@dataclass(frozen=True)
class Model:
    """A made-up model: right where its skill, moved by luck, is above a sample's difficulty.

    Skills and difficulties are from 0 to 100.
    """

    account: str
    round: int
    skill: int
    name: str = ""

    @property
    def hash(self) -> bytes:
        """sha2-256 of its file."""
        return hashlib.sha256(repr(self).encode()).digest()

    def points(self, data_id: bytes, samples: int) -> statements.Points:
        """Its points for a data transaction's test samples."""
        luck = _random(data_id + self.hash).integers(-LUCK, LUCK + 1, samples)
        right = self.skill + luck > _random(data_id).integers(0, 100, samples)
        return right.astype(np.uint8)


def _random(seed: bytes) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(int.from_bytes(keccak256(seed), "big")))


@cache
def salt(purpose: str, account: str) -> bytes:
    """A salt that nobody else knows."""
    return keccak256(f"{purpose} {account}".encode())
