// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title Words kept as contract code.
/// @notice Code is written once and never changes. Writing a word costs 6,400 gas instead of 22,100 for a storage slot,
/// reading one from an account that is warm about 110 instead of 2,100. The code is a STOP byte, so that a call does
/// nothing, and then the words.
library CodeStorage {
    /// @notice The chain did not accept the code (it was given too little gas).
    /// @param words number of words to be written
    error CodeNotWritten(uint256 words);

    /// @notice More words than one contract's code has room for.
    /// @param words number of words to be written
    /// @param maximum words that fit: 767
    error TooManyWords(uint256 words, uint256 maximum);

    /// @notice Contract code has at most 24,576 bytes (EIP-170): the STOP byte and these.
    uint256 internal constant MAXIMUM_WORDS = 767;

    /// @notice Creates a contract whose code holds the words.
    /// @dev Reverts with TooManyWords or CodeNotWritten.
    /// @param words at most MAXIMUM_WORDS
    /// @return code address of the contract
    function write(uint256[] memory words) internal returns (address code) {
        uint256 count = words.length;
        if (count > MAXIMUM_WORDS) revert TooManyWords(count, MAXIMUM_WORDS);
        // Assembly, because Solidity has no other way to create code from data. The creation code (PUSH2 size, DUP1,
        // PUSH1 10, RETURNDATASIZE, CODECOPY, RETURNDATASIZE, RETURN: "return what follows me") and the STOP byte are
        // put in front of the words, over the array's length, which saves a copy of the array. Safe: nothing else of
        // the memory is written, the length is put back, and the check above keeps the size within its two bytes.
        assembly ("memory-safe") {
            let size := add(shl(5, count), 1)
            mstore(words, or(0x61000080600a3d393df300, shl(64, size)))
            code := create(0, add(words, 21), add(size, 10))
            mstore(words, count)
        }
        if (code == address(0)) revert CodeNotWritten(count);
    }

    /// @notice Reads a word.
    /// @param code address that write returned
    /// @param position counted from 0
    /// @return word what lies there; zero past the end
    function load(address code, uint256 position) internal view returns (uint256 word) {
        // Assembly, because EXTCODECOPY has no counterpart in Solidity for a part of the code. Safe: it writes 32 bytes
        // to the scratch space at 0, which Solidity leaves free between statements.
        assembly ("memory-safe") {
            extcodecopy(code, 0, add(shl(5, position), 1), 32)
            word := mload(0)
        }
    }

    /// @notice Copies neighbouring words into memory. Those past the end are zero.
    /// @dev The caller sees to it that `at + count` is at most the target's length.
    /// @param code address that write returned
    /// @param first position of the first word to be copied, counted from 0
    /// @param count number of words
    /// @param target where they go
    /// @param at position of the first of them there
    function copy(address code, uint256 first, uint256 count, uint256[] memory target, uint256 at) internal view {
        // Assembly: one EXTCODECOPY for all words. Safe: it writes within the target, as the caller sees to.
        assembly ("memory-safe") {
            extcodecopy(code, add(add(target, 32), shl(5, at)), add(shl(5, first), 1), shl(5, count))
        }
    }
}
