// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IAttestations} from "../interfaces/IAttestations.sol";
import {IDisputeLedger} from "../interfaces/IDisputeLedger.sol";
import {IDisputes} from "../interfaces/IDisputes.sol";

/// @title An account that settles its question again while it is being paid, or refuses what it is paid.
contract AskerHarness {
    IDisputes private immutable _disputes;
    bool public refuses;
    uint32 public cameBack; // times that it was paid
    bool public succeeded; // whether it was paid twice for one question

    error Refused();

    constructor(IDisputes disputes) {
        _disputes = disputes;
    }

    receive() external payable {
        if (refuses) revert Refused();
        ++cameBack;
        (bool paid,) = address(_disputes).call(abi.encodeCall(IDisputeLedger.settle, (2, 1)));
        if (paid) succeeded = true;
    }

    function refuse(bool from) external {
        refuses = from;
    }

    function ask(bytes32 statement, IAttestations.Row[] calldata rows, IDisputeLedger.Kind kind, uint32 row)
        external
        payable
    {
        _disputes.ask{value: msg.value}(statement, rows, kind, row);
    }
}
