// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IJudge} from "../interfaces/IJudge.sol";
import {DenseLayers} from "./DenseLayers.sol";
import {JudgeWords} from "./JudgeWords.sol";
import {TableEvaluation} from "./TableEvaluation.sol";
import {TableModel, TableNetwork} from "./TableModel.sol";
import {TableWords} from "./TableWords.sol";

/// @title The judge of a task of tables: what an integer network's prediction for one row is worth.
/// @notice docs/ExactEvaluation.md defines the networks and says why what is computed here is exact. A record is the
/// columns and the target, each as a big-endian int32; `TableWords` says what the judge knows of them.
contract TableJudge is IJudge {
    address private immutable _words;

    /// @notice Deploys a task's judge.
    /// @param task its words, see `TableWords`
    constructor(int256[] memory task) {
        _words = JudgeWords.write(task);
    }

    /// @inheritdoc IJudge
    function isWellFormed(bytes calldata model) external view returns (bool) {
        int256[] memory task = words();
        (bool fits, TableNetwork memory network) = TableModel.read(model, task);
        return fits && TableModel.isExact(network, task);
    }

    /// @inheritdoc IJudge
    /// @dev Of a class 1 if the lowest one of the largest sums is the target, else 0; of a number by its error.
    function points(bytes calldata model, bytes calldata record) external view returns (uint8) {
        int256[] memory task = words();
        if (!TableEvaluation.isRow(record, task)) revert MalformedRecord();
        (bool fits, TableNetwork memory network) = TableModel.read(model, task);
        if (!fits) revert MalformedModel();
        int256[] memory sums = TableEvaluation.sums(network, task, record);
        int256 target = TableEvaluation.valueAt(record, TableWords.columns(task));
        // At most 255.
        if (TableWords.classes(task) == 0) return uint8(TableEvaluation.worth(network, task, sums[0], target));
        return DenseLayers.lowestOfLargest(sums) == uint256(target) ? 1 : 0;
    }

    /// @inheritdoc IJudge
    function words() public view returns (int256[] memory) {
        return JudgeWords.read(_words);
    }
}
