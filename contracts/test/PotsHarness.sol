// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Fading} from "../libraries/Fading.sol";
import {Pots} from "../libraries/Pots.sol";

/// @notice Opens the internal functions of Pots and Fading to tests.
contract PotsHarness {
    function ofBlock(uint256 number, uint256 initial, uint256 halvingBlocks) external pure returns (uint256) {
        return Pots.ofBlock(number, initial, halvingBlocks);
    }

    function part(uint256 reward, uint256 basisPoints, uint256 parts) external pure returns (uint256) {
        return Pots.part(reward, basisPoints, parts);
    }

    function faded(uint256 heat, uint256 rounds, uint256 fadeBasisPoints) external pure returns (uint256) {
        return Fading.faded(heat, rounds, fadeBasisPoints);
    }
}
