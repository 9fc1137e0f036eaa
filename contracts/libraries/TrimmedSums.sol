// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title Sums without extremes, checked without sorting.
/// @notice M of n numbers is their sum without the k lowest and the k highest, k less than half of n. Whoever claims
/// it names its edges: the lowest number that stays and the highest. One pass counts whether they are.
library TrimmedSums {
    /// @dev Bytes of a number.
    uint256 private constant NUMBER = 4;

    /// @notice Numbers in a row of bytes: uint32 each, big-endian.
    /// @param start where the first is
    /// @param step from each to the next
    /// @param count n
    /// @param trimmed k
    struct Column {
        uint256 start;
        uint256 step;
        uint256 count;
        uint256 trimmed;
    }

    /// @notice The edges are not the lowest and the highest number that stay.
    /// @param index which sum's, from 0
    error WrongEdges(uint256 index);

    /// @notice M of the numbers.
    /// @dev Reverts with WrongEdges. n is at most 128, so that sums stay below 2^40. `packed` reaches to the last
    /// number.
    /// @param packed has the numbers
    /// @param against has numbers to take from them, in the same column; empty: zeros
    /// @param column where they are
    /// @param edges of all sums: the lowest and the highest number that stay
    /// @param index which sum this is
    /// @return total M
    function sum(
        bytes calldata packed,
        bytes calldata against,
        Column memory column,
        int64[2][] calldata edges,
        uint256 index
    ) internal pure returns (int256 total) {
        (int256 low, int256 high) = (edges[index][0], edges[index][1]);
        (uint256 below, uint256 atLow, uint256 atHigh, uint256 above) = (0, 0, 0, 0);
        uint256 at = column.start;
        // Numbers below 2^32 in absolute value, at most 128 of them: nothing overflows.
        unchecked {
            for (uint256 i; i < column.count; ++i) {
                int256 number = int256(_at(packed, at));
                if (against.length != 0) number -= int256(_at(against, at));
                at += column.step;
                if (number < low) ++below;
                else if (number == low) ++atLow;
                if (number > high) ++above;
                else if (number == high) ++atHigh;
                if (number > low && number < high) total += number;
            }
            bool isLow = below <= column.trimmed && column.trimmed < below + atLow;
            bool isHigh = above <= column.trimmed && column.trimmed < above + atHigh;
            if (!isLow || !isHigh) revert WrongEdges(index);
            if (low == high) return low * int256(column.count - 2 * column.trimmed);
            total += low * int256(below + atLow - column.trimmed) + high * int256(above + atHigh - column.trimmed);
        }
    }

    function _at(bytes calldata packed, uint256 at) private pure returns (uint256) {
        return uint32(bytes4(packed[at:at + NUMBER]));
    }
}
