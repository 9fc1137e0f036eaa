// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IJudge} from "../interfaces/IJudge.sol";
import {JudgeWords} from "../judges/JudgeWords.sol";
import {TableEvaluation} from "../judges/TableEvaluation.sol";
import {TableModel, TableNetwork} from "../judges/TableModel.sol";

/// @notice Shows what the judge of tables has from its libraries, of which points tell little.
contract TableJudgeHarness {
    address private immutable _words;

    constructor(int256[] memory task) {
        _words = JudgeWords.write(task);
    }

    function isWellFormed(bytes calldata model) external view returns (bool) {
        int256[] memory task = JudgeWords.read(_words);
        (bool fits, TableNetwork memory network) = TableModel.read(model, task);
        return fits && TableModel.isExact(network, task);
    }

    function sums(bytes calldata model, bytes calldata record) external view returns (int256[] memory) {
        int256[] memory task = JudgeWords.read(_words);
        (bool fits, TableNetwork memory network) = TableModel.read(model, task);
        if (!fits) revert IJudge.MalformedModel();
        return TableEvaluation.sums(network, task, record);
    }
}
