"""Whether a deployment on this chain could ever make a block: looked at before it is paid for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from offchain.bitcoin.checkpoint import Checkpoint
from offchain.bitcoin.header import HEADER_SIZE, BlockHeader
from offchain.bitcoin.rules import MAXIMUM_FUTURE_SECONDS
from offchain.bitcoin.target import EPOCH_BLOCKS
from offchain.chain.rpc.ethereum import Ethereum
from offchain.errors import ConfigurationError
from offchain.protocol.words.parameters import DAY_SECONDS

OLDEST_SECONDS: Final = DAY_SECONDS
"""Bitcoin has a block every ten minutes: a source whose best header is older does not follow it."""

MOST_BEHIND: Final = EPOCH_BLOCKS
"""Headers between checkpoint and best one, each of which has to be paid for before a round opens:
two weeks of them."""

_DELEGATED: Final = bytes.fromhex("ef0100")
"""How the code of an account begins that still signs with its key (EIP-7702)."""


class HeadersOutOfTime(ConfigurationError):
    """The headers' time is not the chain's: data could never be partitioned.

    ``header_time`` and ``chain_time`` are seconds since 1970.
    """

    def __init__(self, header_time: int, chain_time: int) -> None:
        super().__init__(
            f"the newest Bitcoin header is of {_shown(header_time)} and the chain's clock says "
            f"{_shown(chain_time)}: such a chain could never make a block; name a source that "
            "follows Bitcoin, MODELCHAIN_HEADERS=core:URL or esplora:URL"
        )
        self.header_time = header_time
        self.chain_time = chain_time


class CheckpointTooLow(ConfigurationError):
    """There are too many headers after a checkpoint: all would have to be relayed first."""

    def __init__(self, height: int, best: int) -> None:
        super().__init__(
            f"the checkpoint's height {height} is {best - height} headers below the best one, and "
            f"all of them would have to be relayed first: choose {best - MOST_BEHIND} or more, or "
            "leave MODELCHAIN_CHECKPOINT out"
        )
        self.height = height
        self.best = best


def check_clock(header_time: int, chain_time: int) -> None:
    """Compare the newest Bitcoin header with the EVM chain's clock.

    Raises:
        HeadersOutOfTime: the header is more than a day older, or more than two hours ahead.
    """
    if not -OLDEST_SECONDS <= header_time - chain_time <= MAXIMUM_FUTURE_SECONDS:
        raise HeadersOutOfTime(header_time, chain_time)


def check_distance(checkpoint: Checkpoint, best_height: int) -> None:
    """Raise `CheckpointTooLow` where a checkpoint lies too far below the best header."""
    if best_height - checkpoint.height > MOST_BEHIND:
        raise CheckpointTooLow(checkpoint.height, best_height)


def last_header_time(checkpoint: Checkpoint) -> int:
    """Time of a checkpoint's last header, in seconds since 1970."""
    return BlockHeader.parse(checkpoint.headers[-HEADER_SIZE:]).time


def check_genesis_accounts(ethereum: Ethereum, accounts: Sequence[str], needed: int) -> list[str]:
    """Look whether genesis accounts can sign, and have what they will need.

    Args:
        ethereum: the chain.
        accounts: the genesis accounts, EIP-55.
        needed: wei, for the stake and some gas.

    Returns:
        Those that have less: others may send it later.

    Raises:
        ConfigurationError: one is a contract, which can neither sign nor apply.
    """
    for account, code in zip(accounts, ethereum.codes(accounts), strict=True):
        if code and not code.startswith(_DELEGATED):
            raise ConfigurationError(
                f"genesis account {account} is a contract on this chain: name accounts with keys"
            )
    balances = zip(accounts, ethereum.balances(accounts), strict=True)
    return [account for account, balance in balances if balance < needed]


def _shown(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
