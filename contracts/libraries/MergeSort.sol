// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Arrays} from "@openzeppelin/contracts/utils/Arrays.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title Sorting by merging runs.
library MergeSort {
    /// @notice The first `count` numbers, ascending, by merging runs: as many steps whatever order they come in, so
    /// that nobody can make it dear by what he brings.
    /// @param numbers below 2^256 - 1; used up
    /// @param count how many of them
    /// @return them, in an array that is as long as `numbers` or `count` long; what is beyond is not theirs
    function sorted(uint256[] memory numbers, uint256 count) internal pure returns (uint256[] memory) {
        uint256[] memory merged = new uint256[](count);
        // No index is above twice `count`.
        unchecked {
            for (uint256 run = 1; run < count; run *= 2) {
                for (uint256 start; start < count; start += 2 * run) {
                    uint256 middle = Math.min(start + run, count);
                    uint256 end = Math.min(middle + run, count);
                    (uint256 low, uint256 high) = (start, middle);
                    (uint256 left, uint256 right) = (_at(numbers, low, middle), _at(numbers, high, end));
                    for (uint256 i = start; i < end; ++i) {
                        if (left < right) {
                            merged[i] = left;
                            left = _at(numbers, ++low, middle);
                        } else {
                            merged[i] = right;
                            right = _at(numbers, ++high, end);
                        }
                    }
                }
                (numbers, merged) = (merged, numbers);
            }
        }
        return numbers;
    }

    /// @dev A number of a run that ends before `end`; above all numbers where the run has no more.
    function _at(uint256[] memory numbers, uint256 index, uint256 end) private pure returns (uint256) {
        return index < end ? Arrays.unsafeMemoryAccess(numbers, index) : type(uint256).max;
    }
}
