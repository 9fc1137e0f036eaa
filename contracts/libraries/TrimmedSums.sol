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
    /// @dev Reverts with WrongEdges, and where the bytes end before the last number. n is at most 128, so that sums
    /// stay below 2^40.
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
        int64[2] calldata edge = edges[index];
        uint256 start = _start(packed, column);
        bool isRight;
        (total, isRight) = _sum(start, against.length == 0 ? 0 : _start(against, column), column, edge[0], edge[1]);
        if (!isRight) revert WrongEdges(index);
    }

    /// @dev M of the numbers from `at` on, each less the one as far behind `against` unless that is 0; and whether the
    /// edges are those. Numbers below 2^32 in absolute value, at most 128 of them: nothing overflows.
    function _sum(uint256 at, uint256 against, Column memory column, int256 low, int256 high)
        private
        pure
        returns (int256 total, bool isRight)
    {
        unchecked {
            uint256 step = column.step;
            uint256 end = at + column.count * step;
            // How many are below the lower edge, at it, at the upper one, and above: 16 bits each, as the compiler has
            // no room for four.
            uint256 counts;
            for (; at != end; at += step) {
                int256 number = _at(at);
                if (against != 0) {
                    number -= _at(against);
                    against += step;
                }
                if (number <= low) {
                    counts += number == low ? 1 << 16 : 1;
                } else if (number < high) {
                    total += number;
                } else {
                    counts += number == high ? 1 << 32 : 1 << 48;
                }
            }
            (uint256 below, uint256 atLow) = (uint16(counts), uint16(counts >> 16));
            (uint256 atHigh, uint256 above) = (low == high ? atLow : uint16(counts >> 32), uint16(counts >> 48));
            uint256 trimmed = column.trimmed;
            isRight = low <= high && below <= trimmed && trimmed < below + atLow && above <= trimmed
                && trimmed < above + atHigh;
            if (low == high) return (low * int256(column.count - 2 * trimmed), isRight);
            total += low * int256(below + atLow - trimmed) + high * int256(above + atHigh - trimmed);
        }
    }

    /// @dev Where the column's first number is in the call's data; its last one is inside the bytes.
    function _start(bytes calldata packed, Column memory column) private pure returns (uint256 at) {
        bytes calldata numbers = packed[column.start:column.start + (column.count - 1) * column.step + NUMBER];
        // Assembly: Solidity does not tell where bytes are. Safe: it reads nothing.
        assembly ("memory-safe") {
            at := numbers.offset
        }
    }

    /// @dev A number of the call's data. Assembly: Solidity would look at each one whether it is inside the bytes, for
    /// which `_start` looked. Safe: it only reads.
    function _at(uint256 at) private pure returns (int256 value) {
        assembly ("memory-safe") {
            value := shr(224, calldataload(at))
        }
    }
}
