// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {RingSignatures} from "../libraries/RingSignatures.sol";
import {ShareKeys} from "../libraries/ShareKeys.sol";

/// @title Opens the libraries RingSignatures and ShareKeys to tests.
contract RingSignatureHarness {
    function verify(
        address modelChain,
        uint256 scope,
        bytes32 message,
        uint256 nullifierX,
        uint256 nullifierV,
        uint256[] memory ring,
        bytes32 challenge,
        uint256[] calldata responses
    ) external view {
        RingSignatures.verify(modelChain, scope, message, nullifierX, nullifierV, ring, challenge, responses);
    }

    /// @notice Gas that the library's verification uses, without the loading of its arguments.
    function gasOfVerify(
        address modelChain,
        uint256 scope,
        bytes32 message,
        uint256 nullifierX,
        uint256 nullifierV,
        uint256[] memory ring,
        bytes32 challenge,
        uint256[] calldata responses
    ) external view returns (uint256) {
        uint256 before = gasleft();
        RingSignatures.verify(modelChain, scope, message, nullifierX, nullifierV, ring, challenge, responses);
        return before - gasleft();
    }

    function scopeTag(address modelChain, uint256 scope) external view returns (uint256) {
        return RingSignatures.scopeTag(modelChain, scope);
    }

    function prefix(
        address modelChain,
        uint256 scope,
        bytes32 message,
        uint256 nullifierX,
        uint256 nullifierV,
        uint256[] memory ring
    ) external view returns (bytes32) {
        return RingSignatures.prefix(modelChain, scope, message, nullifierX, nullifierV, ring);
    }

    function verifyPossession(
        address modelChain,
        address account,
        uint256 epoch,
        uint256 key,
        bytes32 challenge,
        uint256 response
    ) external view {
        ShareKeys.verifyPossession(modelChain, account, epoch, key, challenge, response);
    }

    /// @notice Gas that the check of a proof of possession uses, without the loading of its arguments.
    function gasOfVerifyPossession(
        address modelChain,
        address account,
        uint256 epoch,
        uint256 key,
        bytes32 challenge,
        uint256 response
    ) external view returns (uint256) {
        uint256 before = gasleft();
        ShareKeys.verifyPossession(modelChain, account, epoch, key, challenge, response);
        return before - gasleft();
    }

    function possessionHash(address modelChain, address account, uint256 epoch, uint256 key)
        external
        view
        returns (bytes32)
    {
        return ShareKeys.possessionHash(modelChain, account, epoch, key);
    }
}
