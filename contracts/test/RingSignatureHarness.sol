// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IDataRegistry} from "../interfaces/IDataRegistry.sol";
import {RingSignatures} from "../libraries/RingSignatures.sol";

/// @title Opens the RingSignatures library to tests. It has no state, so its code works at any address.
contract RingSignatureHarness {
    function verify(
        IDataRegistry.Item calldata item,
        uint256[] memory ring,
        uint256 minimumRing,
        bytes32 challenge,
        uint256[] calldata responses
    ) external view {
        RingSignatures.verify(item, ring, minimumRing, challenge, responses);
    }

    /// @notice Gas that the library's verification uses, without the loading of its arguments.
    function gasOfVerify(
        IDataRegistry.Item calldata item,
        uint256[] memory ring,
        uint256 minimumRing,
        bytes32 challenge,
        uint256[] calldata responses
    ) external view returns (uint256) {
        uint256 before = gasleft();
        RingSignatures.verify(item, ring, minimumRing, challenge, responses);
        return before - gasleft();
    }

    function scopeTag(uint256 scope) external view returns (uint256) {
        return RingSignatures.scopeTag(scope);
    }

    function prefix(IDataRegistry.Item calldata item, uint256[] memory ring) external view returns (bytes32) {
        return RingSignatures.prefix(item, ring);
    }
}
