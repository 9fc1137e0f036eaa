// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {CodeStorage} from "../libraries/CodeStorage.sol";

/// @title Opens the CodeStorage library to tests.
contract CodeStorageHarness {
    error WordsChanged();

    /// @notice The last code written.
    address public code;

    /// @notice Writes the words; reverts if that changed the caller's array, or memory after it.
    function write(uint256[] memory words) external {
        uint256[] memory next = new uint256[](1);
        next[0] = 7;
        bytes32 before = keccak256(abi.encode(words, next));
        code = CodeStorage.write(words);
        if (keccak256(abi.encode(words, next)) != before) revert WordsChanged();
    }

    function load(uint256 position) external view returns (uint256) {
        return CodeStorage.load(code, position);
    }

    /// @notice An array of `size` ones, into which words were copied.
    function copy(uint256 first, uint256 count, uint256 size, uint256 at) external view returns (uint256[] memory) {
        uint256[] memory target = new uint256[](size);
        for (uint256 i = 0; i < size; ++i) {
            target[i] = 1;
        }
        CodeStorage.copy(code, first, count, target, at);
        return target;
    }
}
