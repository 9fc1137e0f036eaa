"""Transactions that were signed and are not known to be mined, for programs that may be killed.

A sender writes down what it signs before the network sees it. So a program that is started again
knows what may be on its way under which nonce, and never sends the same thing twice.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from eth_utils.crypto import keccak

from offchain.chain.sending.fees import Fees


@dataclass(frozen=True, slots=True)
class SignedTransaction:
    """A signed transaction and what it says; ``to`` None creates a contract, ``raw`` is sent."""

    nonce: int
    to: str | None
    content: bytes
    value: int
    gas: int
    fees: Fees
    raw: bytes

    @property
    def hash(self) -> bytes:
        """The transaction's hash, that of its signed encoding: the node's word is not needed."""
        return bytes(keccak(self.raw))


class Outbox(ABC):
    """Keeps signed transactions until they are settled. One nonce may have several versions."""

    @abstractmethod
    def keep(self, transaction: SignedTransaction) -> None:
        """Write a transaction down, durably, before it is sent."""

    @abstractmethod
    def waiting(self) -> Sequence[SignedTransaction]:
        """All that is kept, by nonce, versions of one nonce in the order of `keep`."""

    @abstractmethod
    def forget(self, nonce: int) -> None:
        """All versions of a nonce are settled: one is mined, or none ever will be."""
