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
    /// @param baseline score of the last block's best model
    /// @param testSamples samples in the test items
    /// @param minimumImprovement the least margin, in samples
    /// @param improvementDivisor the margin is the baseline's errors divided by this, if that is more
    /// @param voidsInARow void rounds just before; beyond 32 they change nothing more
    /// @return correct test samples
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
    /// @param score the model's attested score
    /// @param baseline score of the last block's best model
    /// @param burnBasisPoints share of the baseline under which the bond burns
    /// @return true if it does
    function burns(uint256 score, uint256 baseline, uint256 burnBasisPoints) internal pure returns (bool) {
        return score == 0 || score * BASIS_POINTS < baseline * burnBasisPoints;
    }

    /// @notice Whether a model ranks strictly before another: the higher score, then the earlier commitment.
    /// @param score its score
    /// @param order number of its commitment in the round
    /// @param otherScore the other's score
    /// @param otherOrder number of the other's commitment
    /// @return true if it does
    function ranksBefore(uint256 score, uint256 order, uint256 otherScore, uint256 otherOrder)
        internal
        pure
        returns (bool)
    {
        return score > otherScore || (score == otherScore && order < otherOrder);
    }

    /// @notice Merkle root of a block's votes: a tree over the nominations' roots, each the tree of its votes, best
    /// first. A valid model names the attested data set and the current head, so all valid votes share one nomination.
    /// @param votes identifiers of the valid model transactions, best first
    /// @return the root
    function voteRoot(bytes32[] memory votes) internal pure returns (bytes32) {
        bytes32[] memory nominations = new bytes32[](1);
        nominations[0] = MerkleTree.root(votes);
        return MerkleTree.root(nominations);
    }
}
