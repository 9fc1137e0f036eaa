// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title Bitmaps: bit i says something of number i.
library Bits {
    /// @notice How many bits are set.
    /// @param bitmap any
    /// @return number of them
    function count(uint256 bitmap) internal pure returns (uint32 number) {
        // Each step takes the lowest set bit away.
        for (; bitmap != 0; bitmap &= bitmap - 1) {
            ++number;
        }
    }

    /// @notice Whether a bit is set.
    /// @param bitmap any
    /// @param index the bit's number; from 256 on none is set
    /// @return true if it is
    function has(uint256 bitmap, uint256 index) internal pure returns (bool) {
        return bitmap >> index & 1 == 1;
    }

    /// @notice Number of the set bit that has so many set bits below it.
    /// @param bitmap any, with more than `below` bits set
    /// @param below how many
    /// @return index the bit's number
    function nth(uint256 bitmap, uint256 below) internal pure returns (uint256 index) {
        for (; below != 0; --below) {
            bitmap &= bitmap - 1;
        }
        while (!has(bitmap, index)) {
            ++index;
        }
    }
}
