// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Standing} from "../libraries/Standing.sol";

/// @notice Opens Standing's internal functions to tests.
contract StandingHarness {
    using Standing for Standing.Ledger;

    Standing.Ledger private _ledger;

    function enrol(address account) external {
        _ledger.enrol(account);
    }

    function grant(address[] calldata accounts, uint32 round, uint32 untilRound) external {
        _ledger.grant(accounts, round, untilRound);
    }

    function expire(uint32 round) external {
        _ledger.expire(round);
    }

    function count() external view returns (uint32) {
        return _ledger.count;
    }

    function has(address account, uint32 round) external view returns (bool) {
        return _ledger.has(account, round);
    }

    function until(address account) external view returns (uint32) {
        return _ledger.until(account);
    }
}
