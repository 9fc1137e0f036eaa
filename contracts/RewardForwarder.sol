// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IModelToken} from "./interfaces/IModelToken.sol";
import {IRewardForwarder} from "./interfaces/IRewardForwarder.sol";

/// @title Model Chain Reward Forwarder
/// @dev Documentation is in IRewardForwarder.
contract RewardForwarder is EIP712, Nonces, IRewardForwarder {
    bytes32 private constant ORDER_TYPEHASH = keccak256(
        "Order(address from,address to,uint256 amount,uint256 fee,address feeRecipient,uint256 nonce,uint256 deadline)"
    );

    /// @inheritdoc IRewardForwarder
    IModelToken public immutable token;

    /// @param token_ deployed already; its transfers revert where they fail
    constructor(IModelToken token_) EIP712("Model Chain Reward Forwarder", "1") {
        token = token_;
    }

    /// @inheritdoc IRewardForwarder
    function forward(Order calldata order, Signature calldata permit, Signature calldata signature) external {
        if (block.timestamp > order.deadline) revert OrderExpired(order.deadline, block.timestamp);
        if (order.fee > order.amount) revert FeeExceedsAmount(order.fee, order.amount);
        address signer = ECDSA.recover(orderHash(order), signature.v, signature.r, signature.s);
        if (signer != order.from) revert WrongSigner(signer, order.from);
        _useCheckedNonce(order.from, order.nonce);

        if (token.allowance(order.from, address(this)) < order.amount) {
            token.permit(order.from, address(this), order.amount, order.deadline, permit.v, permit.r, permit.s);
        }
        token.transferFrom(order.from, order.to, order.amount - order.fee);
        if (order.fee != 0) token.transferFrom(order.from, order.feeRecipient, order.fee);
    }

    /// @inheritdoc IRewardForwarder
    function nonces(address account) public view override(Nonces, IRewardForwarder) returns (uint256) {
        return super.nonces(account);
    }

    /// @inheritdoc IRewardForwarder
    function orderHash(Order calldata order) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(ORDER_TYPEHASH, order)));
    }
}
