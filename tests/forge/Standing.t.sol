// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {StandingHarness} from "../../contracts/test/StandingHarness.sol";
import {Test, bound, draw} from "./support/Test.sol";

/// @notice The count of accounts with standing, against counting them one by one.
contract StandingTest is Test {
    uint256 private constant ACCOUNTS = 9;
    uint32 private constant ROUNDS = 20;

    StandingHarness private _ledger = new StandingHarness();
    uint32[ACCOUNTS] private _ends;
    bytes32[ACCOUNTS] private _opened; // in the round that goes on; 0: nothing
    uint32 private _tick = 1;
    uint32 private _frozen;

    function testFuzz_theCountIsThatOfTheAccountsWithStanding(uint256 seed, uint256 ticks) external {
        uint32 granted = uint32(bound(ticks, 1, 8));
        for (uint32 round = 1; round <= ROUNDS; ++round) {
            uint256 chance = draw(seed, round);
            _ledger.freeze();
            _frozen = _tick;
            delete _opened;
            _check();
            // Some rounds are void before they count, some afterwards.
            if (chance % 8 == 0) continue;
            _ledger.countRound();
            ++_tick;
            _open(draw(chance, 0), round);
            _drop(draw(chance, 1));
            if (chance % 8 == 1) continue;
            if (chance % 8 < 4) _keep(bytes32(1 + chance % 2), round, granted);
            else _grant(draw(chance, 2), granted);
            _drop(draw(chance, 3));
            _check();
        }
    }

    function _check() private view {
        uint256 expected;
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            vm.assertTrue(_ledger.has(_account(i)) == _has(i), "standing");
            if (!_has(i)) continue;
            vm.assertEq(_ledger.endOf(_account(i)), _ends[i], "end");
            ++expected;
        }
        vm.assertEq(_ledger.count(), expected, "count");
    }

    /// @dev Two accounts in three open one of two statements.
    function _open(uint256 seed, uint32 round) private {
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            uint256 statement = draw(seed, i) % 3;
            if (statement == 0) continue;
            _ledger.open(_account(i), round, bytes32(statement));
            if (_has(i)) _opened[i] = bytes32(statement);
        }
    }

    /// @dev A quiet block follows a statement.
    function _keep(bytes32 statement, uint32 round, uint32 ticks) private {
        _ledger.keep(round, statement, ticks);
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            if (_opened[i] == statement && _has(i)) ++_ends[i];
        }
    }

    /// @dev Every third account is a voice, and there is not always a place for it.
    function _grant(uint256 seed, uint32 ticks) private {
        uint256 places = 1 + seed % 3;
        uint256 free = places;
        uint256 count;
        address[] memory voices = new address[](ACCOUNTS);
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            uint256 chance = draw(seed, i);
            if (chance % 5 == 0) _ledger.enrol(_account(i));
            if (chance % 3 != 0) continue;
            voices[count++] = _account(i);
            if (!_has(i)) {
                if (free == 0) continue;
                --free;
            }
            _ends[i] = _tick + ticks;
        }
        _ledger.grant(_first(voices, count), ticks, places);
    }

    /// @dev One account's stake is not full any more, every other time.
    function _drop(uint256 seed) private {
        if (seed % 2 == 0) return;
        uint256 i = draw(seed, 0) % ACCOUNTS;
        _ledger.drop(_account(i));
        if (_has(i)) (_ends[i], _opened[i]) = (1, 0);
    }

    function _has(uint256 i) private view returns (bool) {
        return _frozen < _ends[i];
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
