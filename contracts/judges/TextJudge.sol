// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IJudge} from "../interfaces/IJudge.sol";
import {DenseLayers} from "./DenseLayers.sol";
import {JudgeWords} from "./JudgeWords.sol";
import {TextEvaluation} from "./TextEvaluation.sol";
import {TextModel, TextNetwork} from "./TextModel.sol";
import {TextWords} from "./TextWords.sol";

/// @title The judge of a task of texts: whether an integer network gives a text its label.
/// @notice docs/ExactEvaluation.md defines the networks and says why what is computed here is exact. A record is the
/// text's length as a big-endian uint16, its bytes filled up with zeros to the longest text, and its label.
contract TextJudge is IJudge {
    address private immutable _words;

    /// @notice Deploys a task's judge.
    /// @param task its words, see `TextWords`
    constructor(int256[] memory task) {
        _words = JudgeWords.write(task);
    }

    /// @inheritdoc IJudge
    function isWellFormed(bytes calldata model) external view returns (bool) {
        (bool fits, TextNetwork memory network) = TextModel.read(model, words());
        return fits && TextModel.isExact(network);
    }

    /// @inheritdoc IJudge
    /// @dev 1 if the lowest label of the largest logits is the text's, else 0.
    function points(bytes calldata model, bytes calldata record) external view returns (uint8) {
        int256[] memory task = words();
        if (!TextEvaluation.isText(record, TextWords.textBytes(task), TextWords.labels(task))) {
            revert MalformedRecord();
        }
        (bool fits, TextNetwork memory network) = TextModel.read(model, task);
        if (!fits) revert MalformedModel();
        uint256 label = DenseLayers.lowestOfLargest(TextEvaluation.logits(network, record));
        return label == TextEvaluation.labelOf(record) ? 1 : 0;
    }

    /// @inheritdoc IJudge
    function words() public view returns (int256[] memory) {
        return JudgeWords.read(_words);
    }
}
