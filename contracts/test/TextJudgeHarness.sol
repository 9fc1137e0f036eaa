// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IJudge} from "../interfaces/IJudge.sol";
import {JudgeWords} from "../judges/JudgeWords.sol";
import {TextEvaluation} from "../judges/TextEvaluation.sol";
import {TextJudgingGas} from "../judges/TextJudgingGas.sol";
import {TextModel, TextNetwork} from "../judges/TextModel.sol";

/// @notice Shows what the judge of texts has from its libraries, of which points tell little.
contract TextJudgeHarness {
    address private immutable _words;

    constructor(int256[] memory task) {
        _words = JudgeWords.write(task);
    }

    function isWellFormed(bytes calldata model) external view returns (bool) {
        (bool fits, TextNetwork memory network) = TextModel.read(model, JudgeWords.read(_words));
        return fits && TextModel.isExact(network);
    }

    function sums(bytes calldata model, bytes calldata record) external view returns (int256[] memory) {
        (bool fits, TextNetwork memory network) = TextModel.read(model, JudgeWords.read(_words));
        if (!fits) revert IJudge.MalformedModel();
        return TextEvaluation.logits(network, record);
    }

    function judgingGas(uint256 textBytes, uint256 fileBytes, uint256 units, uint256 hidden, uint256 labels)
        external
        pure
        returns (uint256)
    {
        return TextJudgingGas.judgingGas(textBytes, fileBytes, units, hidden, labels);
    }
}
