// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {MerkleTree} from "./MerkleTree.sol";

/// @title Two models' points on the test samples of one data transaction: a byte each, in turn.
/// @notice A word of 32 bytes has the points of 16 samples; behind the last sample it has zeros.
library SamplePoints {
    /// @dev Samples of a word.
    uint256 internal constant PER_WORD = 16;
    uint256 private constant WORD = 32;

    /// @notice There are points of another number of samples.
    /// @param given how many bytes there are
    /// @param expected two for each sample
    error WrongPointCount(uint256 given, uint256 expected);

    /// @notice The points do not add up to what was answered.
    /// @param first sum of the first model's points
    /// @param second sum of the second model's
    /// @param squares sum of the squares of their differences
    error PointsDoNotAddUp(uint256 first, uint256 second, uint256 squares);

    /// @notice Sums of points, and what they are a leaf of.
    /// @dev Reverts with WrongPointCount. At most 40,000 samples: squares stay below 2^32.
    /// @param points of each sample in turn: the first model's, the second's
    /// @param samples how many there have to be; at least 1
    /// @return root Merkle root over the words
    /// @return first sum of the first model's points
    /// @return second sum of the second model's
    /// @return squares sum of the squares of their differences
    function read(bytes calldata points, uint256 samples)
        internal
        pure
        returns (bytes32 root, uint256 first, uint256 second, uint256 squares)
    {
        if (points.length != 2 * samples) revert WrongPointCount(points.length, 2 * samples);
        uint256 words = (samples + PER_WORD - 1) / PER_WORD;
        bytes32[] memory leaves = new bytes32[](words);
        for (uint256 i; i < words; ++i) {
            // Bytes behind the end are zeros, which change no sum.
            bytes32 leaf = bytes32(points[i * WORD:]);
            leaves[i] = leaf;
            uint256 rest = uint256(leaf);
            // Sums of bytes, and the square of a difference: nothing overflows.
            unchecked {
                for (; rest != 0; rest >>= 16) {
                    uint256 one = rest >> 8 & 0xff;
                    uint256 other = rest & 0xff;
                    first += one;
                    second += other;
                    // The square is right whichever is larger: (-d)^2 = d^2 modulo 2^256.
                    squares += (one - other) * (one - other);
                }
            }
        }
        root = MerkleTree.root(leaves);
    }

    /// @notice A sample's points in their word.
    /// @param word 32 bytes of 16 samples
    /// @param sample its number in the data transaction
    /// @param second whether the second model's; else the first's
    /// @return the points
    function at(bytes32 word, uint256 sample, bool second) internal pure returns (uint8) {
        return uint8(word[2 * (sample % PER_WORD) + (second ? 1 : 0)]);
    }
}
