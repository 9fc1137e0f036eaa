// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {TallyHarness} from "../../contracts/test/TallyHarness.sol";
import {Test, bound} from "./support/Test.sol";

/// @notice The rules of a round's outcome, for all numbers that the parameters allow.
contract TallyTest is Test {
    uint256 private constant LARGEST_COUNT = 2 ** 64;

    TallyHarness private _tally = new TallyHarness();

    function testFuzz_aModelMustBeatTheBaselineByTheMargin(
        uint256 baseline,
        uint256 samples,
        uint256 minimum,
        uint256 divisor,
        uint256 voids
    ) external view {
        baseline = bound(baseline, 0, LARGEST_COUNT);
        samples = bound(samples, 0, LARGEST_COUNT);
        minimum = bound(minimum, 1, 2 ** 32);
        divisor = bound(divisor, 1, 2 ** 32);
        voids = bound(voids, 0, type(uint32).max);
        uint256 required = _tally.requiredScore(baseline, samples, minimum, divisor, voids);
        vm.assertLe(baseline + minimum, required, "less than the least improvement");
        uint256 errors = samples > baseline ? samples - baseline : 0;
        vm.assertLe(required, baseline + (errors / divisor > minimum ? errors / divisor : minimum), "more than asked");
        vm.assertLe(_tally.requiredScore(baseline, samples, minimum, divisor, voids + 1), required, "voids raise it");
    }

    function testFuzz_whatBurnsAtAScoreBurnsAtEveryLower(uint256 score, uint256 lower, uint256 baseline, uint256 share)
        external
        view
    {
        score = bound(score, 0, LARGEST_COUNT);
        lower = bound(lower, 0, score);
        baseline = bound(baseline, 0, LARGEST_COUNT);
        share = bound(share, 0, 10_000);
        vm.assertTrue(!_tally.burns(score, baseline, share) || _tally.burns(lower, baseline, share), "burns");
        vm.assertTrue(_tally.burns(0, baseline, share), "no score");
        if (baseline != 0) vm.assertTrue(!_tally.burns(baseline, baseline, share), "the baseline's own score");
    }

    function testFuzz_ofTwoModelsExactlyOneRanksBefore(
        uint256 score,
        uint256 order,
        uint256 otherScore,
        uint256 otherOrder
    ) external view {
        bool before = _tally.ranksBefore(score, order, otherScore, otherOrder);
        bool afterwards = _tally.ranksBefore(otherScore, otherOrder, score, order);
        bool areEqual = score == otherScore && order == otherOrder;
        vm.assertTrue(areEqual ? !before && !afterwards : before != afterwards, "no strict order");
    }

    function testFuzz_theOrderOfVotesChangesTheirRoot(bytes32 first, bytes32 second) external view {
        vm.assume(first != second);
        bytes32[] memory votes = new bytes32[](2);
        (votes[0], votes[1]) = (first, second);
        bytes32 root = _tally.voteRoot(votes);
        (votes[0], votes[1]) = (second, first);
        vm.assertTrue(_tally.voteRoot(votes) != root, "same root");
    }
}
