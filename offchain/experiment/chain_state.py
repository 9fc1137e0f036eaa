"""An anvil's whole chain as a file: saved while it runs, loaded by one that starts."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path
from typing import Final

from offchain.chain.anvil import Anvil
from offchain.chain.development import DevelopmentClock
from offchain.chain.ethereum import Ethereum
from offchain.errors import ChainError, ConfigurationError

FIRST_TIMESTAMP: Final = 1_600_000_000
"""Time of the first block, in seconds since 1970: long before any recorded header."""


def save_chain(ethereum: Ethereum, file: Path) -> None:
    """Write blocks, transactions and state of an anvil; the file appears whole or not at all.

    Raises:
        ChainError: the node gives no state.
        ConfigurationError: the file cannot be written.
    """
    dumped = ethereum.request("anvil_dumpState")
    try:
        # anvil gives the state compressed, and loads it as plain JSON.
        state = gzip.decompress(bytes.fromhex(str(dumped).removeprefix("0x")))
    except (ValueError, OSError, EOFError, zlib.error) as error:
        raise ChainError(f"anvil gave a state that cannot be read: {error}") from error
    write_whole(file, state)


def experiment_anvil(accounts: int, log_file: Path, saved: Path | None) -> Anvil:
    """An anvil, not yet started, with a saved chain if there is one.

    Its first block is always the same: a chain that is loaded keeps its own beside the one that
    anvil makes, and anvil would take either for the first of both if they differed.
    """
    return Anvil(
        accounts=accounts,
        log_file=log_file,
        timestamp=FIRST_TIMESTAMP,
        extra_arguments=() if saved is None else ("--load-state", str(saved)),
    )


def set_clock_back(ethereum: Ethereum) -> None:
    """Let a loaded chain's clock go on from its latest block, not from this machine's time."""
    DevelopmentClock(ethereum).set(ethereum.block().timestamp + 1)


def write_whole(file: Path, content: bytes) -> None:
    """Write a file in one step; ``ConfigurationError`` if it cannot be written."""
    part = file.with_name(file.name + ".part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)
        part.replace(file)
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be written: {error.strerror}") from error
