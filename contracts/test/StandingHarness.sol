// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Standing} from "../libraries/Standing.sol";

/// @notice Opens Standing's internal functions to tests.
contract StandingHarness {
    using Standing for Standing.Ledger;

    Standing.Ledger private _ledger;

    event Granted(address[] accounts);
    event Dropped(bool had);

    constructor() {
        _ledger.tick = 1;
    }

    function enrol(address account) external {
        _ledger.enrol(account);
    }

    function countRound() external {
        _ledger.countRound();
    }

    function freeze() external {
        _ledger.freeze();
    }

    function grant(address[] calldata accounts, uint32 ticks, uint256 places) external {
        emit Granted(_ledger.grant(accounts, ticks, places));
    }

    function open(address account, uint32 round, bytes32 statement) external {
        _ledger.open(account, round, statement);
    }

    function keep(uint32 round, bytes32 statement, uint32 ticks) external {
        _ledger.keep(round, statement, ticks);
    }

    function drop(address account) external {
        emit Dropped(_ledger.drop(account));
    }

    function count() external view returns (uint32) {
        return _ledger.count;
    }

    function has(address account) external view returns (bool) {
        return _ledger.has(account);
    }

    function endOf(address account) external view returns (uint32) {
        return _ledger.endOf(account);
    }
}
