// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {RingSignatures} from "./RingSignatures.sol";
import {Tags} from "./Tags.sol";

/// @title Proof that an account holds the secret of the share key that it applies with.
/// @notice A Schnorr signature in the notation of docs/RingSignature.md, where P has x coordinate `key` and even y:
///
///     L = address(s G + c P) = ecrecover(-s x, 27, x, c x)
///     accepted if and only if c == keccak256(abi.encode(H("possession", account, epoch, key), L))
library ShareKeys {
    /// @dev Share keys have even y, as in BIP 340.
    uint8 private constant EVEN_Y_V = 27;

    /// @notice The key's x coordinate is not in [1, ORDER).
    /// @param key the coordinate
    error ShareKeyOutOfRange(uint256 key);

    /// @notice The response is not in [0, ORDER).
    /// @param response what it is
    error PossessionResponseOutOfRange(uint256 response);

    /// @notice The proof was not made by the key, or not for this account and epoch; or the key is not on the curve.
    /// @param key x coordinate of the key
    /// @param expected the proof's challenge
    /// @param actual the challenge that its response leads to
    error PossessionNotProven(uint256 key, bytes32 expected, bytes32 actual);

    /// @notice What a share key signs when it is applied with.
    /// @param modelChain the deployment
    /// @param account who applies
    /// @param epoch the epoch that it applies for
    /// @param key x coordinate of the share key
    /// @return H("possession", account, epoch, key)
    function possessionHash(address modelChain, address account, uint256 epoch, uint256 key)
        internal
        view
        returns (bytes32)
    {
        return keccak256(abi.encode(Tags.POSSESSION, block.chainid, modelChain, account, epoch, key));
    }

    /// @notice Reverts, with a reason of its own for each fault, unless the proof was made with the key's secret for
    /// this account, epoch, deployment and chain.
    /// @param modelChain the deployment
    /// @param account who applies
    /// @param epoch the epoch that it applies for
    /// @param key x coordinate of the share key
    /// @param challenge c
    /// @param response s
    function verifyPossession(
        address modelChain,
        address account,
        uint256 epoch,
        uint256 key,
        bytes32 challenge,
        uint256 response
    ) internal view {
        uint256 order = RingSignatures.ORDER;
        if (key == 0 || key >= order) revert ShareKeyOutOfRange(key);
        if (response >= order) revert PossessionResponseOutOfRange(response);
        // The address is 0 where ecrecover has none: then no challenge is right, but for a hash of chance 2^-256.
        address left = ecrecover(
            bytes32(mulmod(response, order - key, order)),
            EVEN_Y_V,
            bytes32(key),
            bytes32(mulmod(uint256(challenge), key, order))
        );
        bytes32 actual = keccak256(abi.encode(possessionHash(modelChain, account, epoch, key), left));
        if (left == address(0) || actual != challenge) revert PossessionNotProven(key, challenge, actual);
    }
}
