// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

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

    /// @notice One of the equal parts of a pot. A pot of attesters or data halves with every further block in a row
    /// that is quiet because no model is valid: having stopped to learn is paid less and less.
    /// @param reward what is minted for the block at most
    /// @param basisPoints the pot's share of it
    /// @param quietRun blocks in a row, up to this one, that are quiet because no model is valid
    /// @param parts how many divide it, at least 1
    /// @return token units
    function part(uint256 reward, uint256 basisPoints, uint256 quietRun, uint256 parts)
        internal
        pure
        returns (uint256)
    {
        return (reward * basisPoints / BASIS_POINTS >> (Math.max(1, quietRun) - 1)) / parts;
    }
}
