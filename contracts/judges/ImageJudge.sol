// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IJudge} from "../interfaces/IJudge.sol";
import {DigitsEvaluation} from "./DigitsEvaluation.sol";
import {DigitsModel, DigitsNetwork} from "./DigitsModel.sol";

/// @title The judge of the digits task: whether an integer network gives an image of 28 x 28 its label.
/// @notice docs/ExactEvaluation.md defines the networks and says why what is computed here is exact.
/// A record is the image's 784 pixels, row by row, and its label.
contract ImageJudge is IJudge {
    uint256 private constant RECORD_BYTES = 785;

    /// @inheritdoc IJudge
    function isWellFormed(bytes calldata model) external pure returns (bool) {
        (bool fits, DigitsNetwork memory network) = DigitsModel.read(model);
        return fits && DigitsModel.isExact(network);
    }

    /// @inheritdoc IJudge
    /// @dev 1 if the lowest class of the largest logits is the label, else 0. Of the model are checked header, length
    /// and shape.
    function points(bytes calldata model, bytes calldata record) external pure returns (uint8) {
        if (record.length != RECORD_BYTES) revert MalformedRecord();
        uint256 label = uint8(record[RECORD_BYTES - 1]);
        if (label >= DigitsModel.CLASSES) revert MalformedRecord();
        (bool fits, DigitsNetwork memory network) = DigitsModel.read(model);
        if (!fits) revert MalformedModel();
        int256[10] memory logits = DigitsEvaluation.logits(network, record);
        uint256 class;
        for (uint256 i = 1; i < logits.length; ++i) {
            if (logits[i] > logits[class]) class = i;
        }
        return class == label ? 1 : 0;
    }

    /// @inheritdoc IJudge
    function words() external pure returns (int256[] memory) {
        return new int256[](0);
    }
}
