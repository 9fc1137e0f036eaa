// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Tally} from "../libraries/Tally.sol";

/// @notice Opens Tally's internal functions to tests.
contract TallyHarness {
    function requiredScore(
        uint256 baseline,
        uint256 testSamples,
        uint256 minimumImprovement,
        uint256 improvementDivisor,
        uint256 voidsInARow
    ) external pure returns (uint256) {
        return Tally.requiredScore(baseline, testSamples, minimumImprovement, improvementDivisor, voidsInARow);
    }

    function burns(uint256 score, uint256 baseline, uint256 burnBasisPoints) external pure returns (bool) {
        return Tally.burns(score, baseline, burnBasisPoints);
    }

    function ranksBefore(uint256 score, uint256 order, uint256 otherScore, uint256 otherOrder)
        external
        pure
        returns (bool)
    {
        return Tally.ranksBefore(score, order, otherScore, otherOrder);
    }

    function voteRoot(bytes32[] memory votes) external pure returns (bytes32) {
        return Tally.voteRoot(votes);
    }
}
