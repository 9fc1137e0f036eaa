"""What a relayer has accepted and not yet brought on chain, kept on disk."""

from __future__ import annotations

from offchain.node.relayer.database import RelayerDatabase
from offchain.node.relayer.lane import Form, Lane
from offchain.node.relayer.limits import MAXIMUM_QUEUE
from offchain.node.relayer.orders import order_lane
from offchain.node.relayer.wire import (
    decode_reveal,
    decode_transaction,
    encode_reveal,
    encode_transaction,
)
from offchain.protocol.words.transactions import DataTransaction, KeyReveal


class RelayerQueue:
    """Data transactions, key reveals and orders that wait for the chain.

    Args:
        database: where they are kept; what it holds waits on.
        maximum: of each kind.
    """

    def __init__(self, database: RelayerDatabase, maximum: int = MAXIMUM_QUEUE) -> None:
        self.database = database
        self.transactions = Lane(
            Form("transactions", _nullifier, encode_transaction, decode_transaction),
            database,
            maximum,
        )
        self.reveals = Lane(
            Form("keys", _nullifier, encode_reveal, decode_reveal), database, maximum
        )
        self.orders = order_lane(database, maximum)


def _nullifier(entry: DataTransaction | KeyReveal) -> str:
    """Scope and the nullifier's x, by which a data transaction and its key are unique."""
    return f"{entry.item.scope}:{entry.item.nullifier_x}"
