// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IModelToken} from "./IModelToken.sol";

/// @title Pays tokens of accounts that have no ether, to where their owners said and nowhere else
/// @notice Rewards for data lie at fresh addresses. Whoever sent ether there to pay for a transfer would tie the
/// address to itself. Instead the address's key signs one ERC-3009 authorization for this contract, whose nonce is the
/// hash of an order, and a relayer hands both in (docs/Relayer.md). Amount and fee are paid in one call or not at all,
/// and whoever hands an order in can change nothing of it.
/// @dev The contract has no owner and keeps no state: the token remembers which authorizations were used. Beside the
/// errors below, a call reverts with the token's own: ERC-6093's, and OpenZeppelin's ERC3009InvalidSignature,
/// ERC3009InvalidAuthorizationTime and ERC3009UsedAuthorization.
interface ITokenOrders {
    /// @notice What the owner of `from` wants.
    /// @param from whose tokens
    /// @param to who receives the amount
    /// @param amount what `to` receives, in units of 10^-18; at least 1
    /// @param fee what `relayer` receives beside it, in units of 10^-18
    /// @param relayer who alone may hand the order in; zero: anybody, and there is no fee
    /// @param validBefore the order is good before this second since 1970, a midnight (UTC), so that it marks nobody
    /// @param salt random, so that no two orders are alike and none can be guessed
    struct Order {
        address from;
        address to;
        uint256 amount;
        uint256 fee;
        address relayer;
        uint256 validBefore;
        bytes32 salt;
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

    /// @notice The order names another relayer.
    /// @param caller who handed it in
    /// @param relayer who may
    error NotTheRelayer(address caller, address relayer);

    /// @notice The order has a fee and names nobody who receives it.
    /// @param fee the order's fee, in units of 10^-18
    error FeeForNobody(uint256 fee);

    /// @notice The order pays nothing to its receiver.
    /// @param fee the order's fee, in units of 10^-18
    error NothingToPay(uint256 fee);

    /// @notice The order does not end at a midnight (UTC).
    /// @param validBefore its end, in seconds since 1970
    error NotMidnight(uint256 validBefore);

    /// @notice Carries an order out: `amount` to `to` and `fee` to `relayer`, once.
    /// @dev Reverts with NotTheRelayer, FeeForNobody, NothingToPay, NotMidnight, with one of the token's errors that
    /// this interface's own text names, or with Panic(0x11) where amount and fee together are no uint256.
    /// @param order what the owner wants
    /// @param authorization the owner's signature of the token's ReceiveWithAuthorization: from `from` to this
    /// contract, `amount + fee`, after second 0 and before `validBefore`, nonceOf(order) as nonce
    function pay(Order calldata order, Signature calldata authorization) external;

    /// @notice The nonce of the authorization that an order needs: H("order", the order's fields), of the model chain.
    /// @param order what the owner wants
    /// @return the nonce
    function nonceOf(Order calldata order) external view returns (bytes32);

    /// @notice The token that it pays.
    /// @return that token
    function token() external view returns (IModelToken);

    /// @notice The model chain whose deployment this is.
    /// @return its address
    function modelChain() external view returns (address);
}
