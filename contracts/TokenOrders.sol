// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IModelToken} from "./interfaces/IModelToken.sol";
import {ITokenOrders} from "./interfaces/ITokenOrders.sol";
import {Tags} from "./libraries/Tags.sol";

/// @title Model Chain Token Orders
/// @dev Documentation is in ITokenOrders.
contract TokenOrders is ITokenOrders {
    uint256 private constant DAY = 1 days;

    /// @inheritdoc ITokenOrders
    IModelToken public immutable token;

    /// @inheritdoc ITokenOrders
    address public immutable modelChain;

    /// @param token_ deployed already; its transfers revert where they fail
    /// @param modelChain_ the model chain of the same deployment
    constructor(IModelToken token_, address modelChain_) {
        token = token_;
        modelChain = modelChain_;
    }

    /// @inheritdoc ITokenOrders
    function pay(Order calldata order, Signature calldata authorization) external {
        (address relayer, uint256 amount, uint256 fee) = (order.relayer, order.amount, order.fee);
        if (relayer == address(0)) {
            if (fee != 0) revert FeeForNobody(fee);
        } else if (msg.sender != relayer) {
            revert NotTheRelayer(msg.sender, relayer);
        }
        if (amount == 0) revert NothingToPay(fee);
        uint256 end = order.validBefore;
        if (end % DAY != 0) revert NotMidnight(end);

        (uint8 v, bytes32 r, bytes32 s) = (authorization.v, authorization.r, authorization.s);
        token.receiveWithAuthorization(order.from, address(this), amount + fee, 0, end, nonceOf(order), v, r, s);
        token.transfer(order.to, amount);
        if (fee != 0) token.transfer(relayer, fee);
    }

    /// @inheritdoc ITokenOrders
    function nonceOf(Order calldata order) public view returns (bytes32) {
        return keccak256(abi.encode(Tags.ORDER, block.chainid, modelChain, order));
    }
}
