// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IKeyRegistry} from "../interfaces/IKeyRegistry.sol";

/// @notice A contract that holds share keys and does with a returned bond what it is told to.
contract KeyHolderHarness {
    enum Receipt {
        Accept,
        Refuse,
        Reenter
    }

    error Refused(uint256 amount);

    IKeyRegistry private immutable _registry;
    Receipt private _receipt;
    uint256 private _registration;

    /// @notice How often it was paid, and why it could not come back in the last time.
    uint256 public payments;
    bytes public reason;

    constructor(IKeyRegistry registry) {
        _registry = registry;
    }

    receive() external payable {
        if (_receipt == Receipt.Refuse) revert Refused(msg.value);
        ++payments;
        if (_receipt == Receipt.Accept) return;
        try _registry.withdrawBond(_registration) {
            delete reason;
        } catch (bytes memory why) {
            reason = why;
        }
    }

    function register(uint256[] calldata keys, IKeyRegistry.Possession[] calldata proofs) external payable {
        _registry.register{value: msg.value}(keys, proofs);
    }

    function onPayment(Receipt receipt, uint256 registration) external {
        (_receipt, _registration) = (receipt, registration);
    }
}
