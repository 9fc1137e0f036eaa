// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {MerkleTree} from "./MerkleTree.sol";
import {PackedRows} from "./PackedRows.sol";

/// @title Points on the test samples of one data transaction: a byte each.
/// @notice They are bound by a Merkle root over words of 32 bytes; behind the last sample there are zeros.
library SamplePoints {
    uint256 private constant WORD = 32;

    /// @dev A one, and the lowest byte, in each 64 bits of a word; and every second 64 bits.
    uint256 private constant ONES = 0x0000000000000001000000000000000100000000000000010000000000000001;
    uint256 private constant BYTES = 0xff * ONES;
    uint256 private constant HALVES = 0x0000000000000000ffffffffffffffff0000000000000000ffffffffffffffff;

    /// @notice The points are not those that a row binds.
    /// @param given Merkle root over what was given
    /// @param expected what it would have to be
    error NotThePoints(bytes32 given, bytes32 expected);

    /// @notice Requires that points are those that a root binds.
    /// @dev Reverts with PackedRows.WrongLength or NotThePoints.
    /// @param points of each sample in turn
    /// @param samples how many there have to be; 0: there is nothing to bind
    /// @param root Merkle root over their words
    function requireBound(bytes calldata points, uint256 samples, bytes32 root) internal pure {
        PackedRows.requireLength(points, samples);
        if (samples == 0) return;
        bytes32[] memory leaves = new bytes32[](_words(samples));
        // Assembly: copies all words at once. Safe: they take as many bytes as there are samples, rounded up; what lies
        // behind the last sample stays zero.
        assembly ("memory-safe") {
            calldatacopy(add(leaves, 0x20), points.offset, samples)
        }
        bytes32 given = MerkleTree.root(leaves);
        if (given != root) revert NotThePoints(given, root);
    }

    /// @notice Sums of two models' points. At most 16,000 samples: squares stay below 2^32.
    /// @param first the one's
    /// @param second the other's on the same samples; none: zeros
    /// @return ofFirst sum of the one's
    /// @return ofSecond sum of the other's
    /// @return squares sum of the squares of what they differ
    function sums(bytes calldata first, bytes calldata second)
        internal
        pure
        returns (uint256 ofFirst, uint256 ofSecond, uint256 squares)
    {
        // Sums of bytes, and of squares of their differences: nothing overflows.
        unchecked {
            for (uint256 i; i < first.length; i += WORD) {
                // Bytes behind the end are zeros, which change no sum.
                uint256 ones = uint256(bytes32(first[i:]));
                uint256 others = second.length == 0 ? 0 : uint256(bytes32(second[i:]));
                (uint256 sumOfOnes, uint256 sumOfOthers, uint256 apart) = _wordSums(ones, others);
                ofFirst += sumOfOnes;
                ofSecond += sumOfOthers;
                squares += apart;
            }
        }
    }

    /// @notice Whether a word stands where a sample's points are.
    /// @param root Merkle root over the words
    /// @param samples how many there are
    /// @param sample number of the sample
    /// @param word that has its points
    /// @param path the sibling hashes from the word to the root
    /// @return whether it does
    function contains(bytes32 root, uint256 samples, uint256 sample, bytes32 word, bytes32[] calldata path)
        internal
        pure
        returns (bool)
    {
        return MerkleTree.verify(root, word, sample / WORD, _words(samples), path);
    }

    /// @notice A sample's points in their word.
    /// @param word 32 bytes of as many samples
    /// @param sample its number in the data transaction
    /// @return the points
    function at(bytes32 word, uint256 sample) internal pure returns (uint8) {
        return uint8(word[sample % WORD]);
    }

    /// @dev The same of two words: four bytes at a time, which take 64 bits each, so that one addition adds them all.
    /// Multiplied with ones such a word has the sum of its four numbers in the highest 64 bits. Differences are taken
    /// as d + 256, so that none is negative; multiplied with the same in the opposite order they give the sum of their
    /// squares in the highest 64 bits, as number i meets itself there and nowhere else. It is at most 4 * 511^2, and so
    /// is every sum below it: none runs into the next. Over 32 bytes (d + 256)^2 is d^2, and 512 d, and 256^2.
    function _wordSums(uint256 ones, uint256 others)
        private
        pure
        returns (uint256 ofOnes, uint256 ofOthers, uint256 squares)
    {
        unchecked {
            for (uint256 shift; shift < 64; shift += 8) {
                uint256 some = ones >> shift & BYTES;
                uint256 against = others >> shift & BYTES;
                ofOnes += some;
                ofOthers += against;
                uint256 apart = some + 256 * ONES - against;
                uint256 opposite = apart << 128 | apart >> 128;
                opposite = (opposite & HALVES) << 64 | opposite >> 64 & HALVES;
                squares += apart * opposite >> 192;
            }
            ofOnes = ofOnes * ONES >> 192;
            ofOthers = ofOthers * ONES >> 192;
            // Where others are larger the difference is negative modulo 2^256, and the result is right.
            squares -= 512 * (ofOnes - ofOthers) + 32 * 256 ** 2;
        }
    }

    function _words(uint256 samples) private pure returns (uint256) {
        return (samples + WORD - 1) / WORD;
    }
}
