// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IMembership} from "../interfaces/IMembership.sol";
import {IStakes} from "../interfaces/IStakes.sol";

/// @title An account that withdraws its stake again while it is being paid.
contract StakeHolderHarness {
    struct CameBack {
        bool tried;
        bool succeeded;
    }

    IMembership private immutable _membership;

    CameBack public cameBack;

    constructor(IMembership membership) {
        _membership = membership;
    }

    receive() external payable {
        (bool succeeded,) = address(_membership).call(abi.encodeCall(IStakes.withdrawStake, ()));
        cameBack = CameBack(true, succeeded);
    }

    function add() external payable {
        _membership.addStake{value: msg.value}();
    }

    function withdraw() external {
        _membership.withdrawStake();
    }
}
