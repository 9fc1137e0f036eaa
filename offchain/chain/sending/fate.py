"""What became of a signed transaction: told by its hash, its receipt and its nonce.

The words of a node's errors are its own and change with its releases; and what is said of a
transaction by one node may be untrue of another behind the same address.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from offchain.chain.rpc.ethereum import Ethereum
from offchain.chain.rpc.replies import TransactionReceipt
from offchain.chain.sending.outbox import SignedTransaction
from offchain.errors import ChainError


class OvertakenError(ChainError):
    """A transaction was sent and can't be mined any more: its nonce is used up."""

    def __init__(self, transaction_hash: bytes, nonce: int) -> None:
        super().__init__(
            f"transaction 0x{transaction_hash.hex()} can't be mined: another transaction of the "
            f"account has its nonce {nonce}; see whether another program sends with this account"
        )
        self.transaction_hash = transaction_hash
        self.nonce = nonce


class Fate(Enum):
    """What became of the versions of one nonce, as far as a node knows.

    ``MINED``: one is in a block. ``WAITING``: the node has one. ``DISPLACED``: it has none, and
    another transaction of the account waits under their nonce. ``LOST``: it has none, and another
    is in a block under their nonce, so that none of them can ever be. ``UNKNOWN``: it has none.
    """

    MINED = "mined"
    WAITING = "waiting"
    DISPLACED = "displaced"
    LOST = "lost"
    UNKNOWN = "unknown"

    @property
    def is_taken(self) -> bool:
        """Whether the node has one of them."""
        return self in (Fate.MINED, Fate.WAITING)


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of them, with the receipt of the one that was mined.

    ``first_free`` is the lowest nonce of the account that no transaction has, as the node sees it:
    if it is lower than theirs they wait for whatever fills the gap.
    """

    fate: Fate
    first_free: int
    receipt: TransactionReceipt | None = None


def find_out(ethereum: Ethereum, account: str, versions: Sequence[SignedTransaction]) -> Finding:
    """Ask a node what became of the versions of one nonce; ``RpcError`` if it does not say."""
    seen = ethereum.seen(account, [version.hash for version in versions])
    nonce = versions[0].nonce
    for receipt in seen.receipts.values():
        return Finding(Fate.MINED, seen.pending, receipt)
    fate = Fate.DISPLACED if seen.pending > nonce else Fate.UNKNOWN
    if seen.known:
        fate = Fate.WAITING
    elif seen.mined > nonce:
        fate = Fate.LOST
    return Finding(fate, seen.pending)
