// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title The median of the last 11 header times (BIP 113), kept while a chain grows.
/// @notice A header's time must exceed the median before it, so along a chain the median never falls: of the old
/// window at least 6 times are not below its median; one leaves, one above it comes.
library MedianTimePast {
    /// @dev Times of which the median is taken.
    uint256 internal constant WINDOW = 11;

    uint256 private constant MIDDLE = 5;

    /// @dev The last 11 times.
    /// `recent` is a ring of them by arrival, `oldest` the place of the one that leaves next; `sorted` ascends.
    struct Window {
        uint256[11] recent;
        uint256[11] sorted;
        uint256 oldest;
    }

    /// @notice Puts one of the first 11 times into an empty window; `place` counts from 0 to 10.
    function fill(Window memory window, uint256 place, uint256 time) internal pure {
        window.recent[place] = time;
        uint256[11] memory sorted = window.sorted;
        for (; place > 0 && sorted[place - 1] > time; --place) {
            sorted[place] = sorted[place - 1];
        }
        sorted[place] = time;
    }

    /// @notice The oldest time leaves, `time` comes.
    function push(Window memory window, uint256 time) internal pure {
        unchecked {
            uint256 place = window.oldest;
            uint256 leaving = window.recent[place];
            window.recent[place] = time;
            window.oldest = place == WINDOW - 1 ? 0 : place + 1;

            // Old times leave from near the start of the order, new ones come near its end: search from there.
            uint256[11] memory sorted = window.sorted;
            uint256 from = 0;
            while (sorted[from] != leaving) ++from;
            uint256 notAfter = WINDOW; // how many of the times are not after the new one
            while (notAfter > 0 && sorted[notAfter - 1] > time) --notAfter;
            if (notAfter > from) {
                _move(sorted, from + 1, from, notAfter - 1 - from);
                sorted[notAfter - 1] = time;
            } else {
                _move(sorted, notAfter, notAfter + 1, from - notAfter);
                sorted[notAfter] = time;
            }
        }
    }

    /// @notice The median of the window: the sixth of the 11 times in order.
    function median(Window memory window) internal pure returns (uint256) {
        return window.sorted[MIDDLE];
    }

    /// @dev Moves `count` neighbours in `sorted` from place `from` on to place `to` on.
    function _move(uint256[11] memory sorted, uint256 from, uint256 to, uint256 count) private pure {
        // Assembly copies all of them at once instead of one by one with four checked accesses each. Safe: `push` calls
        // it with from + count <= 11 and to + count <= 11, and MCOPY allows the two ranges to overlap.
        assembly ("memory-safe") {
            mcopy(add(sorted, mul(to, 32)), add(sorted, mul(from, 32)), mul(count, 32))
        }
    }
}
