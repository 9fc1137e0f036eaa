"""An anvil's whole chain as a file: saved while it runs, loaded by one that starts."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from offchain.chain.rpc.development_clock import DevelopmentClock
from offchain.chain.rpc.ethereum import Ethereum
from offchain.toolchain.anvil import Anvil
from offchain.whole_files import write_whole

FIRST_TIMESTAMP: Final = 1_600_000_000
"""Time of the first block, in seconds since 1970: long before any recorded header."""


def save_chain(anvil: Anvil, file: Path) -> None:
    """Write blocks, transactions and state of an anvil; the file appears whole or not at all.

    Raises:
        ChainError: anvil gives no state.
        UnwritableFile: the file cannot be written.
    """
    write_whole(file, anvil.dump_state())


def loading_anvil(accounts: int, log_file: Path, saved: Path | None, port: int = 0) -> Anvil:
    """An anvil, not yet started, with a saved chain if there is one.

    Its first block is always the same: a chain that is loaded keeps its own beside the one that
    anvil makes, and anvil would take either for the first of both if they differed.
    """
    return Anvil(
        port=port,
        accounts=accounts,
        log_file=log_file,
        timestamp=FIRST_TIMESTAMP,
        extra_arguments=() if saved is None else ("--load-state", str(saved)),
    )


def set_clock_back(ethereum: Ethereum) -> None:
    """Let a loaded chain's clock go on from its latest block, not from this machine's time."""
    DevelopmentClock(ethereum).set(ethereum.block().timestamp + 1)
