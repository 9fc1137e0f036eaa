// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Draw} from "../libraries/Draw.sol";

/// @notice Opens Draw's internal functions to tests.
contract DrawHarness {
    function places(uint256 warm, uint256 cold, uint256 maximumMembers, uint256 minimumRing)
        external
        pure
        returns (uint256, uint256)
    {
        return Draw.places(warm, cold, maximumMembers, minimumRing);
    }

    function seed(address modelChain, uint256 epoch, bytes24 bitcoinHash) external view returns (bytes32) {
        return Draw.seed(modelChain, epoch, bitcoinHash);
    }

    function key(address modelChain, bytes32 seed_, bool isWarm) external view returns (bytes32) {
        return Draw.key(modelChain, seed_, isWarm);
    }

    function isDrawn(bytes32 key_, uint256 number, uint256 applicants, uint256 places_) external pure returns (bool) {
        return Draw.isDrawn(key_, number, applicants, places_);
    }

    /// @notice Where the permutation puts the numbers from `first` on, up to `end`.
    function positions(bytes32 key_, uint256 first, uint256 end, uint256 count)
        external
        pure
        returns (uint256[] memory result)
    {
        result = new uint256[](end - first);
        for (uint256 i; i < result.length; ++i) {
            result[i] = Draw.position(key_, first + i, count);
        }
    }

    /// @notice Gas that the library uses for each number of a range.
    function gasOfPositions(bytes32 key_, uint256 count) external view returns (uint256[] memory result) {
        result = new uint256[](count);
        for (uint256 i; i < count; ++i) {
            uint256 before = gasleft();
            Draw.position(key_, i, count);
            result[i] = before - gasleft();
        }
    }
}
