// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title What a block pays.
library Pots {
    uint256 private constant BASIS_POINTS = 10_000;

    /// @notice What is minted for a block at most: `initial`, halved with every `halvingBlocks`.
    /// @param number the block's, from 0; the genesis block earns nothing
    /// @param initial the first block's
    /// @param halvingBlocks blocks after which it halves
    /// @return token units
    function ofBlock(uint256 number, uint256 initial, uint256 halvingBlocks) internal pure returns (uint256) {
        return number == 0 ? 0 : initial >> ((number - 1) / halvingBlocks);
    }

    /// @notice What is left of a block's reward where nothing better was found: halved with every such block in a row
    /// but the first.
    /// @param reward what is minted for the block at most
    /// @param idle such blocks in a row, this one included; 0: it has voices
    /// @return token units
    function ofIdle(uint256 reward, uint256 idle) internal pure returns (uint256) {
        return idle == 0 ? reward : reward >> (idle - 1);
    }

    /// @notice One of the equal parts of a pot.
    /// @param reward what is minted for the block at most
    /// @param basisPoints the pot's share of it
    /// @param parts how many divide it, at least 1
    /// @return token units
    function part(uint256 reward, uint256 basisPoints, uint256 parts) internal pure returns (uint256) {
        return reward * basisPoints / BASIS_POINTS / parts;
    }
}
