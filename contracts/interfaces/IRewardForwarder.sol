// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IModelToken} from "./IModelToken.sol";

/// @title Moves tokens of accounts that have no ether, to where their owners said and nowhere else
/// @notice Rewards for data lie at fresh addresses. Whoever sent ether there to pay for a transfer would tie the
/// address to itself. Instead the address's key signs an order and a permit, and anybody brings both on chain. The
/// order binds destination, amount and fee, so that whoever brings it is trusted with nothing (docs/Relayer.md).
/// @dev The contract never holds tokens, has no owner, and serves one token. Beside the errors below, a call reverts
/// with the token's own (ERC-6093, ERC-2612), with ECDSA's for a malformed signature, and with InvalidAccountNonce of
/// OpenZeppelin's Nonces for an order that was carried out or is not its account's next.
interface IRewardForwarder {
    /// @notice What the owner of `from` wants: signed as EIP-712 typed data in this contract's domain.
    /// @param from whose tokens
    /// @param to who receives the amount less the fee
    /// @param amount what leaves `from`, in units of 10^-18
    /// @param fee what of it is paid for bringing the order on chain, at most `amount`
    /// @param feeRecipient who receives the fee, whoever brings the order
    /// @param nonce orders of `from` carried out so far
    /// @param deadline last second, since 1970, in which the order and its permit are accepted
    struct Order {
        address from;
        address to;
        uint256 amount;
        uint256 fee;
        address feeRecipient;
        uint256 nonce;
        uint256 deadline;
    }

    /// @notice An ECDSA signature over secp256k1, with s in the lower half of the order.
    /// @param v 27 if the y coordinate of the signature's point is even, 28 if it is odd
    /// @param r x coordinate of that point, modulo the order
    /// @param s the signature's second number
    struct Signature {
        uint8 v;
        bytes32 r;
        bytes32 s;
    }

    /// @notice The order came too late.
    /// @param deadline last second that the owner allowed
    /// @param timestamp of the block
    error OrderExpired(uint256 deadline, uint256 timestamp);

    /// @notice The fee is more than what leaves the account.
    /// @param fee the order's fee, in units of 10^-18
    /// @param amount what leaves the account, in units of 10^-18
    error FeeExceedsAmount(uint256 fee, uint256 amount);

    /// @notice Somebody else than the owner of `from` signed the order.
    /// @param signer who signed what these fields say
    /// @param from who had to
    error WrongSigner(address signer, address from);

    /// @notice Carries an order out: `amount - fee` to `to`, `fee` to `feeRecipient`, in two transfers. Anybody may
    /// bring it.
    /// @dev Reverts with OrderExpired, FeeExceedsAmount, WrongSigner, or one of the errors that this interface's own
    /// text names. The permit is used only while the allowance is too small, so that somebody who brings the permit
    /// alone to the token cannot stop the order.
    /// @param order what the owner wants
    /// @param permit the owner's ERC-2612 permit of `amount` for this contract until `deadline`
    /// @param signature the owner's signature of the order
    function forward(Order calldata order, Signature calldata permit, Signature calldata signature) external;

    /// @notice The token that it moves.
    /// @return that token
    function token() external view returns (IModelToken);

    /// @notice Orders of an account carried out so far.
    /// @param account whose orders
    /// @return their number: the nonce of its next one
    function nonces(address account) external view returns (uint256);

    /// @notice What the owner signs.
    /// @param order what the owner wants
    /// @return the EIP-712 hash of the order in this contract's domain
    function orderHash(Order calldata order) external view returns (bytes32);
}
