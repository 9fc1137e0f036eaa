// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title What judging one text costs at most, by the sizes of network and text alone:
/// offchain/learning/exact/judge_gas.py.
/// @notice Networks that cost more are no models, so that a proof always pays and always fits a transaction.
library TextJudgingGas {
    uint256 private constant MAXIMUM_GAS = 6_000_000;

    /// @notice Whether a judge takes such networks.
    /// @param textBytes of the longest text
    /// @param fileBytes of the model's file
    /// @param units of the embedding
    /// @param hidden units of the hidden layer
    /// @param labels how many there are
    /// @return true if it does
    function isWithin(uint256 textBytes, uint256 fileBytes, uint256 units, uint256 hidden, uint256 labels)
        internal
        pure
        returns (bool)
    {
        return judgingGas(textBytes, fileBytes, units, hidden, labels) <= MAXIMUM_GAS;
    }

    /// @notice What a transaction costs that judges one text.
    /// @param textBytes of the longest text
    /// @param fileBytes of the model's file
    /// @param units of the embedding
    /// @param hidden units of the hidden layer
    /// @param labels how many there are
    /// @return gas, at most
    function judgingGas(uint256 textBytes, uint256 fileBytes, uint256 units, uint256 hidden, uint256 labels)
        internal
        pure
        returns (uint256)
    {
        uint256 gas_ = 300_000 + 17 * (fileBytes + textBytes);
        gas_ += 4 * textBytes * (95 + 92 * ((units + 31) / 32));
        gas_ += 1_000 * (units + hidden + labels) + 7 * (hidden * units + labels * hidden);
        return Math.max(gas_, 21_000 + 40 * (fileBytes + textBytes + 2_048));
    }
}
