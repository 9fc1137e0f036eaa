// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title Reports as bitmaps, counted for all 256 bits at once.
/// @notice Plane p holds bit p of every position's count, so that a bitmap is added as one binary number is added to
/// another, in all positions side by side: an empty bitmap costs nothing but the number of senders, any other two
/// storage slots on average.
library BitCounts {
    /// @notice More bitmaps than the planes can count.
    /// @param maximum bitmaps that they can
    error TooManyBitmaps(uint256 maximum);

    /// @notice The counts.
    /// @param senders bitmaps that were added
    /// @param planes plane p: bit p of each position's count
    struct Counts {
        uint16 senders;
        uint256[16] planes;
    }

    /// @notice Adds one to the count of each bit that is set.
    /// @dev Reverts with TooManyBitmaps.
    /// @param self the counts
    /// @param bitmap what one account reports
    function add(Counts storage self, uint256 bitmap) internal {
        if (self.senders == type(uint16).max) revert TooManyBitmaps(type(uint16).max);
        self.senders += 1;
        // A carry out of the last plane would need 2^16 senders.
        for (uint256 plane; bitmap != 0; ++plane) {
            uint256 before = self.planes[plane];
            self.planes[plane] = before ^ bitmap;
            bitmap &= before;
        }
    }

    /// @notice The bits whose count has reached a threshold.
    /// @param self the counts
    /// @param threshold at 0 all bits have
    /// @return reached bitmap of them
    function atLeast(Counts storage self, uint256 threshold) internal view returns (uint256 reached) {
        if (threshold > self.senders) return 0;
        // No count needs more planes than the number of senders has binary digits. From the highest plane down, a
        // count is still equal to the threshold's digits, or was once above them.
        uint256 equal = type(uint256).max;
        uint256 digits;
        while (uint256(self.senders) >> digits != 0) {
            ++digits;
        }
        for (uint256 plane = digits; plane != 0;) {
            --plane;
            uint256 bits = self.planes[plane];
            if (threshold >> plane & 1 == 0) {
                reached |= equal & bits;
                equal &= ~bits;
            } else {
                equal &= bits;
            }
        }
        reached |= equal;
    }

    /// @notice The bits set by at least one sender, and by at least half of the senders.
    /// @param self the counts
    /// @return bitmap of what is out
    function reported(Counts storage self) internal view returns (uint256) {
        uint256 senders = self.senders;
        return senders == 0 ? 0 : atLeast(self, (senders + 1) / 2);
    }
}
