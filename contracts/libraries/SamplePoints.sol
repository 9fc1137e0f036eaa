// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {MerkleTree} from "./MerkleTree.sol";
import {PackedRows} from "./PackedRows.sol";

/// @title Points on the test samples of one data transaction: a byte each.
/// @notice They are bound by a Merkle root over words of 32 bytes; behind the last sample there are zeros.
library SamplePoints {
    uint256 private constant WORD = 32;

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
        for (uint256 i; i < leaves.length; ++i) {
            leaves[i] = bytes32(points[i * WORD:]);
        }
        bytes32 given = MerkleTree.root(leaves);
        if (given != root) revert NotThePoints(given, root);
    }

    /// @notice Sums of two models' points. At most 40,000 samples: squares stay below 2^32.
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
        uint256 length = first.length;
        for (uint256 i; i < length; i += WORD) {
            // Bytes behind the end are zeros, which change no sum.
            uint256 ones = uint256(bytes32(first[i:]));
            uint256 others = second.length == 0 ? 0 : uint256(bytes32(second[i:]));
            // Sums of bytes, and the square of a difference: nothing overflows.
            unchecked {
                for (; ones | others != 0; (ones, others) = (ones >> 8, others >> 8)) {
                    uint256 one = ones & 0xff;
                    uint256 other = others & 0xff;
                    ofFirst += one;
                    ofSecond += other;
                    // The square is right whichever is larger: (-d)^2 = d^2 modulo 2^256.
                    squares += (one - other) * (one - other);
                }
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

    function _words(uint256 samples) private pure returns (uint256) {
        return (samples + WORD - 1) / WORD;
    }
}
