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

    /// @notice All words of the last code.
    function read() external view returns (uint256[] memory) {
        return CodeStorage.read(code);
    }
}
