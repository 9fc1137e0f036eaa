"""The first block of each network: what tells the networks apart.

Fields from Bitcoin Core's chainparams.cpp; the hashes follow from them.
"""

from __future__ import annotations

from offchain.bitcoin.errors import WrongGenesis
from offchain.bitcoin.header import BlockHeader
from offchain.bitcoin.rules import MAINNET, REGTEST, Rules

_MERKLE_ROOT = bytes.fromhex("3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a")
"""Of the one transaction that all networks begin with, in internal order."""

GENESIS = {
    MAINNET: BlockHeader(1, bytes(32), _MERKLE_ROOT, 1_231_006_505, 0x1D00FFFF, 2_083_236_893),
    REGTEST: BlockHeader(1, bytes(32), _MERKLE_ROOT, 1_296_688_602, 0x207FFFFF, 2),
}
"""The header at height 0 by the network's rules."""


def genesis_hash(rules: Rules) -> bytes | None:
    """Hash of a network's first block, 32 bytes, internal order; None for rules of no network."""
    header = GENESIS.get(rules)
    return None if header is None else header.hash()


def check_genesis(block_hash: bytes, rules: Rules) -> None:
    """Check that a block at height 0 is the network's first one; nothing for unknown rules.

    Raises:
        WrongGenesis: it is another.
    """
    expected = genesis_hash(rules)
    if expected is not None and block_hash != expected:
        raise WrongGenesis(expected, block_hash)
