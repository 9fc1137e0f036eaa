"""The first lines of a worker: who it is, where, what it learns, and how far the chain is."""

from __future__ import annotations

from urllib.parse import urlsplit

from offchain.chronicle.present import ChainView
from offchain.commands.look.text import time_left


def introduction(chain: ChainView, account: str, url: str, device: str) -> list[str]:
    """What a node says of itself before it begins.

    Args:
        chain: where the chain is.
        account: the node's address.
        url: the EVM node's address, or several; shown is the first one's host and port, since the
            rest may hold a key.
        device: where it trains and judges.
    """
    place = urlsplit(url.partition(",")[0]).netloc.rpartition("@")[2]
    lines = [
        f"account {account} on chain {chain.chain_id} at {place}",
        f"learns {chain.task}, trains and judges on {device}",
    ]
    if chain.collecting == 0:
        return [*lines, "the chain has not started: round 1 opens once epoch 1 has its members"]
    lines.append(
        f"round {chain.collecting} collects data, and closes at the latest "
        f"{time_left(chain.collection, chain.chain_id)}"
    )
    if chain.ends is not None:
        lines.append(
            f"round {chain.competing} is in phase {chain.phase.name}, which may end "
            f"{time_left(chain.ends, chain.chain_id)}"
        )
    return lines
