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
                vm.assertEq(_ledger.until(_account(i)), untilRound[i], "until");
                if (has) ++expected;
            }
            vm.assertEq(_ledger.count(), expected, "count");

            // Some rounds are void; in the others every third account gains or renews standing, by chance.
            if (draw(seed, round) % 4 == 0) continue;
            address[] memory accounts = new address[](ACCOUNTS);
            uint256 count;
            for (uint256 i = 0; i < ACCOUNTS; ++i) {
                uint256 chance = draw(seed, round * ACCOUNTS + i);
                if (chance % 5 == 0) _ledger.enrol(_account(i));
                if (chance % 3 != 0) continue;
                accounts[count++] = _account(i);
                untilRound[i] = round + standingRounds;
            }
            _ledger.grant(_first(accounts, count), round, round + standingRounds);
        }
    }

    function _first(address[] memory accounts, uint256 count) private pure returns (address[] memory some) {
        some = new address[](count);
        for (uint256 i = 0; i < count; ++i) {
            some[i] = accounts[i];
        }
    }

    function _account(uint256 number) private pure returns (address) {
        return address(uint160(number + 1));
    }
}
