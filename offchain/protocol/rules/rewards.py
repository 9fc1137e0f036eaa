"""Rewards: what a block pays, in token units. Anybody claims; the payee is fixed.

A block has a pot for its best model, one that the other voices that named D and the head divide
equally, one for the attesters behind the statement, one for the data transactions in D. Data
transactions are equally large, so they earn the same. A quiet block leaves out the first two.

Source: docs/Protocol.md, "Attesters, rewards, heat"; ``contracts/libraries/Pots.sol``.
"""

from __future__ import annotations

from offchain.protocol.words.parameters import BASIS_POINTS


def block_reward(number: int, first_reward: int, halving_blocks: int) -> int:
    """Minted for a block at most; halves every halvingBlocks. The genesis block earns nothing."""
    return 0 if number == 0 else first_reward >> ((number - 1) // halving_blocks)


def idle_reward(reward: int, idle: int) -> int:
    """What is left of a block's reward where nothing better was found.

    Halved with every such block in a row but the first.

    Args:
        reward: minted for the block at most.
        idle: such blocks in a row, this one included; 0: it has voices.
    """
    return reward if idle == 0 else reward >> (idle - 1)


def part(reward: int, basis_points: int, parts: int) -> int:
    """One of the equal parts of a pot, which is a share of the block's reward.

    Args:
        reward: minted for the block at most.
        basis_points: the pot's share of it.
        parts: how many divide it: 1 for the best model.
    """
    return reward * basis_points // BASIS_POINTS // parts
