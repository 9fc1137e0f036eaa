// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title Eight numbers of 32 bits in a word.
library Lanes {
    /// @notice A one in every lane.
    uint256 internal constant ALL = 0x0000000100000001000000010000000100000001000000010000000100000001;

    /// @notice A one in every lane but the last, the least significant.
    uint256 internal constant FIRST_SEVEN = 0x0000000100000001000000010000000100000001000000010000000100000000;

    /// @notice A one in every lane but the first.
    uint256 internal constant LAST_SEVEN = 0x0000000000000001000000010000000100000001000000010000000100000001;

    /// @notice What is added to the sums of all lanes before `activate`: the bias, and 2^24, so that none is below 0.
    /// @param bias below 2^24 in absolute value
    /// @return a word
    function offset(int256 bias) internal pure returns (uint256) {
        unchecked {
            return ALL * uint256(bias + (1 << 24));
        }
    }

    /// @notice A layer's outputs: clamp(sum / 2^shift, 0, 255) in every lane, rounded to the nearest whole number, of
    /// two equally near ones to the even one.
    ///
    /// With d = floor(v / 2^shift), the nearest to v / 2^shift is floor((2 v + 2^shift - 1 + d mod 2) / 2^(shift +
    /// 1)): what v has beyond d carries if it is more than a half, or a half and d is odd. Doubled, a shift of 0 is no
    /// case of its own.
    /// @param v each lane's sum plus 2^24, from 1 to 2^25 - 1
    /// @param kept ones in the lanes that are kept; the others become 0
    /// @param shift 0 to 20
    /// @return a word with lanes from 0 to 255
    function activate(uint256 v, uint256 kept, uint256 shift) internal pure returns (uint256) {
        unchecked {
            // Bit 24 says that a sum is not negative; then the lower bits are the sum. All others become 0.
            v &= ((v >> 24) & kept) * 0xffffff;
            uint256 odd = (v >> shift) & ALL;
            // Lanes stay below 2^26, and what shifting brings into them from above lies beyond and is cut off.
            v = ((2 * v + ALL * ((1 << shift) - 1) + odd) >> (shift + 1)) & (ALL * (0x7fffffff >> shift));
            // Bit 24 of v + 2^24 - 256 says that v, at most 2^24, is above 255.
            uint256 above = ((v + ALL * 0xffff00) >> 24) & ALL;
            return (v | (above * 255)) & (ALL * 255);
        }
    }
}
