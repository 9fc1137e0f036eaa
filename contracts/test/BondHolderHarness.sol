// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IModelChain} from "../interfaces/IModelChain.sol";

/// @notice An account that asks for its bond of round 1 once more while it is being paid.
contract BondHolderHarness {
    uint256 public payments;
    bytes public reason;

    receive() external payable {
        ++payments;
        try IModelChain(msg.sender).withdrawBond(1, address(this)) {
            delete reason;
        } catch (bytes memory why) {
            reason = why;
        }
    }
}
