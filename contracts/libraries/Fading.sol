// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title How heat fades: with every round, void ones too.
library Fading {
    uint256 private constant BASIS_POINTS = 10_000;

    /// @notice Heat after so many further rounds, rounded down after each.
    /// @dev Rounding down takes at least 1 each time, so that the loop ends at no heat, after about
    /// 10,000 / fade * ln(heat) rounds at most, however long the absence.
    /// @param heat what there was, below 2^240
    /// @param rounds how many rounds ago
    /// @param fadeBasisPoints what each round takes, from 100 to 10,000
    /// @return what is left
    function faded(uint256 heat, uint256 rounds, uint256 fadeBasisPoints) internal pure returns (uint256) {
        uint256 kept = BASIS_POINTS - fadeBasisPoints;
        for (uint256 i; i < rounds && heat != 0; ++i) {
            heat = heat * kept / BASIS_POINTS;
        }
        return heat;
    }
}
