// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {DigitsEvaluation} from "../judges/DigitsEvaluation.sol";
import {DigitsModel, DigitsNetwork} from "../judges/DigitsModel.sol";
import {ImageJudge} from "../judges/ImageJudge.sol";
import {JudgingGas} from "../judges/JudgingGas.sol";

/// @notice Shows what the judge has from its libraries.
contract ImageJudgeHarness is ImageJudge {
    function logits(bytes calldata model, bytes calldata image) external pure returns (int256[10] memory) {
        (bool fits, DigitsNetwork memory network) = DigitsModel.read(model);
        if (!fits) revert MalformedModel();
        return DigitsEvaluation.logits(network, image);
    }

    function bounds(uint256[4] calldata channels) external pure returns (uint256, uint256, bool) {
        return (JudgingGas.judgingGas(channels), JudgingGas.fileBytes(channels), JudgingGas.isWithin(channels));
    }
}
