// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {MerkleTree} from "./MerkleTree.sol";

/// @title Pure rules of a round's outcome: what a model must reach, what burns a bond, who is ranked before whom.
library Tally {
    uint256 private constant BASIS_POINTS = 10_000;
    uint256 private constant MAXIMUM_HALVINGS = 32;

    /// @notice Score that makes a model valid. The margin keeps a copy of the last best model, or one with noise
    /// added, from counting as work; it halves with every void round in a row, so that learning can go on when
    /// little is left to gain, but never falls under minimumImprovement.
    function requiredScore(
        uint256 baseline,
        uint256 testSamples,
        uint256 minimumImprovement,
        uint256 improvementDivisor,
        uint256 voidsInARow
    ) internal pure returns (uint256) {
        uint256 halvings = voidsInARow < MAXIMUM_HALVINGS ? voidsInARow : MAXIMUM_HALVINGS;
        uint256 errors = testSamples > baseline ? testSamples - baseline : 0;
        uint256 margin = errors / (improvementDivisor << halvings);
        return baseline + (margin > minimumImprovement ? margin : minimumImprovement);
    }

    /// @notice Whether a revealed model's bond burns: it was malformed or missing (score 0), or far below the baseline.
    function burns(uint256 score, uint256 baseline, uint256 burnBasisPoints) internal pure returns (bool) {
        return score == 0 || score * BASIS_POINTS < baseline * burnBasisPoints;
    }

    /// @notice Whether a model ranks strictly before another: the higher score, then the earlier commitment.
    function ranksBefore(uint256 score, uint256 order, uint256 otherScore, uint256 otherOrder)
        internal
        pure
        returns (bool)
    {
        return score > otherScore || (score == otherScore && order < otherOrder);
    }

    /// @notice Merkle root of a block's votes: a tree over the nominations' roots, each the tree of its votes, best
    /// first. A valid model names the attested data set and the current head, so all valid votes share one nomination.
    function voteRoot(bytes32[] memory votes) internal pure returns (bytes32) {
        bytes32[] memory nominations = new bytes32[](1);
        nominations[0] = MerkleTree.root(votes);
        return MerkleTree.root(nominations);
    }
}
