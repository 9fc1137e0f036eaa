// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {SharedData} from "../libraries/DataTransactions.sol";
import {RingSignatures} from "../libraries/RingSignatures.sol";

/// @title Opens the RingSignatures library to tests.
contract RingSignatureHarness {
    function verify(
        address modelChain,
        SharedData calldata data,
        uint256[] memory ring,
        uint256 minimumRing,
        bytes32 challenge,
        uint256[] calldata responses
    ) external view {
        RingSignatures.verify(modelChain, data, ring, minimumRing, challenge, responses);
    }

    /// @notice Gas that the library's verification uses, without the loading of its arguments.
    function gasOfVerify(
        address modelChain,
        SharedData calldata data,
        uint256[] memory ring,
        uint256 minimumRing,
        bytes32 challenge,
        uint256[] calldata responses
    ) external view returns (uint256) {
        uint256 before = gasleft();
        RingSignatures.verify(modelChain, data, ring, minimumRing, challenge, responses);
        return before - gasleft();
    }

    function scopeTag(address modelChain, uint256 round) external view returns (uint256) {
        return RingSignatures.scopeTag(modelChain, round);
    }

    function prefix(address modelChain, SharedData calldata data, uint256[] memory ring)
        external
        view
        returns (bytes32)
    {
        return RingSignatures.prefix(modelChain, data, ring);
    }
}
