// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title What judging one image costs at most, by the numbers of channels alone:
/// offchain/learning/exact/judge_gas.py.
/// @notice Shapes that cost more are no models, so that a proof always pays and always fits a transaction.
library JudgingGas {
    uint256 private constant MAXIMUM_GAS = 6_000_000;
    uint256 private constant MAXIMUM_FILE_BYTES = 120_000;
    uint256 private constant HEADER_BYTES = 1_264;

    /// @notice Whether a judge takes networks with so many channels.
    /// @param channels outputs of the four convolutions
    /// @return true if it does
    function isWithin(uint256[4] memory channels) internal pure returns (bool) {
        return fileBytes(channels) <= MAXIMUM_FILE_BYTES && judgingGas(channels) <= MAXIMUM_GAS;
    }

    /// @notice How long a model file is at most.
    /// @param c outputs of the four convolutions
    /// @return bytes
    function fileBytes(uint256[4] memory c) internal pure returns (uint256) {
        uint256 weights = 25 * c[0] + 9 * c[0] * c[1] + 9 * c[1] * c[2] + 16 * c[2] * c[3] + 10 * c[3];
        return HEADER_BYTES + weights + 5 * (c[0] + c[1] + c[2] + c[3]) + 41;
    }

    /// @notice What a transaction costs that judges one image.
    /// @param c outputs of the four convolutions
    /// @return gas, at most
    function judgingGas(uint256[4] memory c) internal pure returns (uint256) {
        uint256 size = fileBytes(c);
        uint256 gas_ = 310_000 + 17 * size + 30_400 * c[0] + 4_900 * c[1] + 1_850 * c[2] + 850 * c[3];
        gas_ += 1_150 * c[0] * (c[1] + 1);
        gas_ += 775 * ((c[1] + 1) / 2) * (c[2] + 1);
        gas_ += (c[2] + 3) / 4 * (600 + 410 * c[3]);
        return Math.max(gas_, 21_000 + 40 * (size + 2_048));
    }
}
