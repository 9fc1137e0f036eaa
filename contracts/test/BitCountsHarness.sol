// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {BitCounts} from "../libraries/BitCounts.sol";

/// @notice Opens BitCounts' internal functions to tests.
contract BitCountsHarness {
    using BitCounts for BitCounts.Counts;

    BitCounts.Counts private _counts;

    function add(uint256[] calldata bitmaps) external {
        for (uint256 i; i < bitmaps.length; ++i) {
            _counts.add(bitmaps[i]);
        }
    }

    /// @notice Adds a bitmap and says what gas that took.
    event Added(uint256 gas);

    function addOne(uint256 bitmap) external {
        uint256 before = gasleft();
        _counts.add(bitmap);
        emit Added(before - gasleft());
    }

    /// @notice Makes it seem that so many bitmaps have been added, all of them empty.
    function setSenders(uint16 senders) external {
        _counts.senders = senders;
    }

    function atLeast(uint256 threshold) external view returns (uint256) {
        return _counts.atLeast(threshold);
    }

    function reported() external view returns (uint256) {
        return _counts.reported();
    }
}
