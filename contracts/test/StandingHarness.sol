// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Standing} from "../libraries/Standing.sol";

/// @notice Opens Standing's internal functions to tests.
contract StandingHarness {
    using Standing for Standing.Ledger;

    Standing.Ledger private _ledger;

    function grant(address account, uint32 time, uint32 untilTime) external {
        _ledger.grant(account, time, untilTime);
    }

    function suspend(address account, uint32 time) external {
        _ledger.suspend(account, time);
    }

    function resume(address account, uint32 time, uint32 sinceRound) external {
        _ledger.resume(account, time, sinceRound);
    }

    function expire(uint32 time) external {
        _ledger.expire(time);
    }

    function count() external view returns (uint32) {
        return _ledger.count;
    }

    function acts(address account, uint32 time, uint32 round) external view returns (bool) {
        return _ledger.acts(account, time, round);
    }
}
