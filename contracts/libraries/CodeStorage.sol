// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title Words kept as contract code.
/// @notice Code is written once and never changes. Writing a word costs 6,400 gas instead of 22,100 for a storage
/// slot, reading one from an account that is warm about 110 instead of 2,100. The code is a STOP byte, so that a call
/// does nothing, and then the words.
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

    /// @notice Reads all words.
    /// @param code address that write returned
    /// @return words what was written
    function read(address code) internal view returns (uint256[] memory words) {
        words = new uint256[]((code.code.length - 1) / 32);
        // Assembly: one EXTCODECOPY for all words, straight to where they belong. Safe: it writes the array's own
        // elements, as many as the code has behind its STOP byte.
        assembly ("memory-safe") {
            extcodecopy(code, add(words, 32), 1, shl(5, mload(words)))
        }
    }
}
