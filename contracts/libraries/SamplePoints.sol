// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {MerkleTree} from "./MerkleTree.sol";
import {RowClaims} from "./RowClaims.sol";

/// @title Two models' points on the test samples of one data transaction: a byte each, in turn.
/// @notice A word of 32 bytes has the points of 16 samples; behind the last sample it has zeros.
library SamplePoints {
    /// @dev Samples of a word.
    uint256 private constant PER_WORD = 16;
    uint256 private constant WORD = 32;

    /// @notice What points make.
    /// @param root Merkle root over their words
    /// @param first sum of the first model's
    /// @param second sum of the second model's
    /// @param squares sum of the squares of their differences
    struct Sums {
        bytes32 root;
        uint256 first;
        uint256 second;
        uint256 squares;
    }

    /// @notice The points do not add up to what was answered.
    /// @param first sum of the first model's points
    /// @param second sum of the second model's
    /// @param squares sum of the squares of their differences
    error WrongPoints(uint256 first, uint256 second, uint256 squares);

    /// @notice What points make. At most 40,000 samples: squares stay below 2^32.
    /// @dev Reverts with RowClaims.WrongLength.
    /// @param points of each sample in turn: the first model's, the second's
    /// @param samples how many there have to be; at least 1
    /// @return sums
    function read(bytes calldata points, uint256 samples) internal pure returns (Sums memory sums) {
        RowClaims.requireLength(points, 2 * samples);
        uint256 words = _words(samples);
        bytes32[] memory leaves = new bytes32[](words);
        uint256 first;
        uint256 second;
        uint256 squares;
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
        return Sums(MerkleTree.root(leaves), first, second, squares);
    }

    /// @notice Requires that points are those behind a row at one place, and of the baseline.
    /// @dev Reverts with WrongPoints.
    /// @param sums what the points make: the row's model's, the baseline's
    /// @param ofRow the row packed
    /// @param ofBaseline the baseline's row packed; none: its points are zeros
    /// @param place which of the data transactions
    function requireRows(Sums memory sums, bytes calldata ofRow, bytes calldata ofBaseline, uint256 place)
        internal
        pure
    {
        (uint32 points, uint32 squares) = RowClaims.at(ofRow, place);
        bool fits = sums.first == points && sums.second == RowClaims.pointsAt(ofBaseline, place);
        _requireFit(sums, fits && sums.squares == squares);
    }

    /// @notice Requires that points of two models are as far apart at one place as was answered.
    /// @dev Reverts with WrongPoints.
    /// @param sums what the points make
    /// @param distances of the two at each place
    /// @param place which of the data transactions
    function requireDistance(Sums memory sums, bytes calldata distances, uint256 place) internal pure {
        _requireFit(sums, sums.squares == RowClaims.distanceAt(distances, place));
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
        return MerkleTree.verify(root, word, sample / PER_WORD, _words(samples), path);
    }

    /// @notice A sample's points in their word.
    /// @param word 32 bytes of 16 samples
    /// @param sample its number in the data transaction
    /// @param second whether the second model's; else the first's
    /// @return the points
    function at(bytes32 word, uint256 sample, bool second) internal pure returns (uint8) {
        return uint8(word[2 * (sample % PER_WORD) + (second ? 1 : 0)]);
    }

    function _requireFit(Sums memory sums, bool fits) private pure {
        if (!fits) revert WrongPoints(sums.first, sums.second, sums.squares);
    }

    function _words(uint256 samples) private pure returns (uint256) {
        return (samples + PER_WORD - 1) / PER_WORD;
    }
}
