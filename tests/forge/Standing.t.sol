// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {StandingHarness} from "../../contracts/test/StandingHarness.sol";
import {Test, bound, draw} from "./support/Test.sol";

/// @notice The count of accounts with standing, against counting them one by one.
contract StandingTest is Test {
    uint256 private constant ACCOUNTS = 9;
    uint32 private constant ROUNDS = 20;

    StandingHarness private _ledger = new StandingHarness();

    function testFuzz_theCountIsThatOfTheAccountsWithStanding(uint256 seed, uint256 rounds) external {
        uint32 standingRounds = uint32(bound(rounds, 1, 8));
        uint32[ACCOUNTS] memory untilRound;
        for (uint32 round = 1; round <= ROUNDS; ++round) {
            _ledger.expire(round);
            uint256 expected;
            for (uint256 i = 0; i < ACCOUNTS; ++i) {
                bool has = untilRound[i] >= round;
                vm.assertTrue(_ledger.has(_account(i), round) == has, "standing");
                if (has) ++expected;
            }
            vm.assertEq(_ledger.count(), expected, "count");

            // Some rounds are void; in the others every third account gains or renews standing, by chance.
            if (draw(seed, round) % 4 == 0) continue;
            for (uint256 i = 0; i < ACCOUNTS; ++i) {
                if (draw(seed, round * ACCOUNTS + i) % 3 != 0) continue;
                _ledger.grant(_account(i), round, round + standingRounds);
                untilRound[i] = round + standingRounds;
            }
        }
    }

    function _account(uint256 number) private pure returns (address) {
        return address(uint160(number + 1));
    }
}
