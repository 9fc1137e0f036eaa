// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title What a judge of tables knows of its task: its words, as nodes make them of a task's file.
/// @notice They are, in this order: the bytes of the longest file of a model; the number of classes, 0 where the target
/// is a number; the target's lowest and highest value, and its tolerance; and for each column its number of
/// categories, 0 where it holds numbers, its lowest and its highest value. What stands in a word that means nothing
/// is 0; categories and classes are numbers from 0 on.
library TableWords {
    uint256 private constant MAXIMUM_BYTES = 0;
    uint256 private constant CLASSES = 1;
    uint256 private constant LOWEST = 2;
    uint256 private constant HIGHEST = 3;
    uint256 private constant TOLERANCE = 4;
    uint256 private constant FIRST_COLUMN = 5;
    uint256 private constant COLUMN = 3;

    /// @notice How long a model's file is at most.
    /// @param words the task's
    /// @return bytes
    function maximumBytes(int256[] memory words) internal pure returns (uint256) {
        return uint256(words[MAXIMUM_BYTES]);
    }

    /// @notice How many classes there are.
    /// @param words the task's
    /// @return 0 if the target is a number
    function classes(int256[] memory words) internal pure returns (uint256) {
        return uint256(words[CLASSES]);
    }

    /// @notice How many sums the last layer has.
    /// @param words the task's
    /// @return one for each class, or one for a number
    function outputs(int256[] memory words) internal pure returns (uint256) {
        uint256 count = classes(words);
        return count == 0 ? 1 : count;
    }

    /// @notice What the target may be.
    /// @param words the task's
    /// @return lowest value
    /// @return highest value
    function targetRange(int256[] memory words) internal pure returns (int256 lowest, int256 highest) {
        return (words[LOWEST], words[HIGHEST]);
    }

    /// @notice The error at which a prediction is worth nothing.
    /// @param words the task's
    /// @return at least 1, if the target is a number
    function tolerance(int256[] memory words) internal pure returns (uint256) {
        return uint256(words[TOLERANCE]);
    }

    /// @notice How many columns there are.
    /// @param words the task's
    /// @return without the target
    function columns(int256[] memory words) internal pure returns (uint256) {
        return (words.length - FIRST_COLUMN) / COLUMN;
    }

    /// @notice How many categories a column has.
    /// @param words the task's
    /// @param column from 0 on
    /// @return 0 if it holds numbers
    function categories(int256[] memory words, uint256 column) internal pure returns (uint256) {
        return uint256(words[FIRST_COLUMN + COLUMN * column]);
    }

    /// @notice What a column's values may be.
    /// @param words the task's
    /// @param column from 0 on
    /// @return lowest value
    /// @return highest value
    function range(int256[] memory words, uint256 column) internal pure returns (int256 lowest, int256 highest) {
        uint256 at = FIRST_COLUMN + COLUMN * column;
        return (words[at + 1], words[at + 2]);
    }

    /// @notice How many columns hold numbers.
    /// @param words the task's
    /// @return count of them
    function numbers(int256[] memory words) internal pure returns (uint256 count) {
        for (uint256 i; i < columns(words); ++i) {
            if (categories(words, i) == 0) ++count;
        }
    }

    /// @notice How many inputs a network has.
    /// @param words the task's
    /// @param bins of each column of numbers
    /// @return count of them
    function inputs(int256[] memory words, uint256 bins) internal pure returns (uint256 count) {
        for (uint256 i; i < columns(words); ++i) {
            uint256 options = categories(words, i);
            count += options == 0 ? bins : options;
        }
    }
}
