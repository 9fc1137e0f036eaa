// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {CodeStorage} from "../libraries/CodeStorage.sol";

/// @title What a judge knows of its task: words that it is deployed with and that nobody can change.
/// @notice They are kept as contract code. A judge does not ask whether they make sense: nodes make them of the task's
/// file, and take no judge that was deployed with others.
library JudgeWords {
    /// @notice Keeps words.
    /// @param words as many as contract code has room for
    /// @return code address that they are kept at
    function write(int256[] memory words) internal returns (address code) {
        uint256[] memory same;
        // Assembly: the same words, read without a sign.
        assembly ("memory-safe") {
            same := words
        }
        return CodeStorage.write(same);
    }

    /// @notice Reads them.
    /// @param code address that they are kept at
    /// @return words what was written
    function read(address code) internal view returns (int256[] memory words) {
        uint256[] memory same = CodeStorage.read(code);
        // Assembly: the same words, read with a sign.
        assembly ("memory-safe") {
            words := same
        }
    }
}
