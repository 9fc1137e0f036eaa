// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title What a judge of texts knows of its task: its words, as nodes make them of a task's file.
/// @notice They are, in this order: the bytes of the longest file of a model, the bytes of the longest text, and the
/// number of labels.
library TextWords {
    uint256 private constant MAXIMUM_BYTES = 0;
    uint256 private constant TEXT_BYTES = 1;
    uint256 private constant LABELS = 2;

    /// @notice How long a model's file is at most.
    /// @param words the task's
    /// @return bytes
    function maximumBytes(int256[] memory words) internal pure returns (uint256) {
        return uint256(words[MAXIMUM_BYTES]);
    }

    /// @notice How long a text is at most.
    /// @param words the task's
    /// @return bytes
    function textBytes(int256[] memory words) internal pure returns (uint256) {
        return uint256(words[TEXT_BYTES]);
    }

    /// @notice How many labels there are.
    /// @param words the task's
    /// @return at least 2
    function labels(int256[] memory words) internal pure returns (uint256) {
        return uint256(words[LABELS]);
    }
}
