// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IJudge} from "../interfaces/IJudge.sol";
import {DigitsEvaluation} from "../judges/DigitsEvaluation.sol";
import {DigitsModel, DigitsNetwork} from "../judges/DigitsModel.sol";
import {JudgingGas} from "../judges/JudgingGas.sol";

/// @notice Shows what the judge has from its libraries, of which points tell little.
contract ImageJudgeHarness {
    function isWellFormed(bytes calldata model) external pure returns (bool) {
        (bool fits, DigitsNetwork memory network) = DigitsModel.read(model);
        return fits && DigitsModel.isExact(network);
    }

    function logits(bytes calldata model, bytes calldata record) external pure returns (int256[10] memory) {
        (bool fits, DigitsNetwork memory network) = DigitsModel.read(model);
        if (!fits) revert IJudge.MalformedModel();
        return DigitsEvaluation.logits(network, record);
    }

    function bounds(uint256[4] calldata channels) external pure returns (uint256, uint256, bool) {
        return (JudgingGas.judgingGas(channels), JudgingGas.fileBytes(channels), JudgingGas.isWithin(channels));
    }
}
