// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IProtocolParameters, Parameters} from "./interfaces/IProtocolParameters.sol";

/// @title The protocol's parameters: checked once, here, and never changed.
/// @notice The ranges keep every loop bounded and every product far from overflow, so that the other contracts need
/// no checks of their own. offchain/protocol/words/parameters.py holds the same table.
contract ProtocolParameters is IProtocolParameters {
    uint256 private constant BASIS_POINTS = 10_000;
    uint256 private constant DAY = 86_400;
    uint256 private constant EPOCH_BLOCKS = 2_016;
    uint256 private constant LARGEST_AMOUNT = type(uint96).max;

    Parameters private _parameters;

    /// @dev Reverts with ParameterOutOfRange at the first parameter, in their order, that is outside its range.
    /// @param p all parameters
    constructor(Parameters memory p) {
        _checkData(p);
        _checkCompetition(p);
        _checkStanding(p);
        _checkKeysAndHeat(p);
        _checkRewards(p);
        _parameters = p;
    }

    /// @inheritdoc IProtocolParameters
    function get() external view returns (Parameters memory) {
        return _parameters;
    }

    function _checkData(Parameters memory p) private pure {
        _check("maximumClockSkew", p.maximumClockSkew, 0, 7_200);
        _check("graceSeconds", p.graceSeconds, 0, DAY);
        _check("minimumRing", p.minimumRing, 2, 64);
        _check("maximumRing", p.maximumRing, p.minimumRing > 16 ? p.minimumRing : 16, 64);
        _check("maximumSamples", p.maximumSamples, 1, 2 ** 20);
        _check("testBasisPoints", p.testBasisPoints, 1, BASIS_POINTS - 1);
        // minimumItems * testBasisPoints >= 10000: a round that is not void has a test item.
        uint256 smallestBatch = (BASIS_POINTS + p.testBasisPoints - 1) / p.testBasisPoints;
        _check("minimumItems", p.minimumItems, smallestBatch, 2 ** 16);
        _check("maximumItems", p.maximumItems, p.minimumItems, 2 ** 16);
        _check("maximumCollectHeights", p.maximumCollectHeights, 1, EPOCH_BLOCKS);
    }

    function _checkCompetition(Parameters memory p) private pure {
        _check("commitBlocks", p.commitBlocks, 1, EPOCH_BLOCKS);
        _check("unsealBlocks", p.unsealBlocks, 1, EPOCH_BLOCKS);
        _check("revealBlocks", p.revealBlocks, 1, EPOCH_BLOCKS);
        _check("availableBlocks", p.availableBlocks, 1, EPOCH_BLOCKS);
        _check("attestBlocks", p.attestBlocks, 1, EPOCH_BLOCKS);
        _check("attestRevealBlocks", p.attestRevealBlocks, 1, EPOCH_BLOCKS);
        _check("finalizeBlocks", p.finalizeBlocks, 1, EPOCH_BLOCKS);
        _check("minimumPhaseSeconds", p.minimumPhaseSeconds, 1, DAY);
    }

    function _checkStanding(Parameters memory p) private pure {
        _check("standingRounds", p.standingRounds, 1, 64);
        _check("minimumStanding", p.minimumStanding, 1, 64);
        _check("minimumImprovement", p.minimumImprovement, 1, 2 ** 32);
        // Shifted left by at most 32 it still fits any integer.
        _check("improvementDivisor", p.improvementDivisor, 1, 2 ** 32);
        // Bounds what finalize() loops over.
        _check("maximumModels", p.maximumModels, 1, 256);
        _check("modelBond", p.modelBond, 0, LARGEST_AMOUNT);
        _check("burnBasisPoints", p.burnBasisPoints, 0, BASIS_POINTS);
    }

    function _checkKeysAndHeat(Parameters memory p) private pure {
        _check("leaseRounds", p.leaseRounds, 1, 16);
        _check("baseKeys", p.baseKeys, 1, 64);
        _check("maximumKeys", p.maximumKeys, p.baseKeys, 64);
        _check("keyStep", p.keyStep, 1, type(uint64).max);
        _check("keyBond", p.keyBond, 0, LARGEST_AMOUNT);
        _check("heatBest", p.heatBest, 0, type(uint64).max);
        _check("heatModel", p.heatModel, 0, type(uint64).max);
        _check("heatAttestation", p.heatAttestation, 0, type(uint64).max);
        // Bounds the blocks that an absent account's heat is faded over one by one.
        _check("heatFadeBasisPoints", p.heatFadeBasisPoints, 100, BASIS_POINTS);
    }

    function _checkRewards(Parameters memory p) private pure {
        _check("blockReward", p.blockReward, 0, LARGEST_AMOUNT);
        _check("halvingBlocks", p.halvingBlocks, 1, type(uint32).max);
        // The four pots together are at most the whole.
        uint256 left = BASIS_POINTS;
        _check("bestBasisPoints", p.bestBasisPoints, 0, left);
        left -= p.bestBasisPoints;
        _check("modelsBasisPoints", p.modelsBasisPoints, 0, left);
        left -= p.modelsBasisPoints;
        _check("attestersBasisPoints", p.attestersBasisPoints, 0, left);
        left -= p.attestersBasisPoints;
        _check("dataBasisPoints", p.dataBasisPoints, 0, left);
        _check("testItemWeight", p.testItemWeight, 1, 1_000);
    }

    function _check(string memory name, uint256 value, uint256 minimum, uint256 maximum) private pure {
        if (value < minimum || value > maximum) revert ParameterOutOfRange(name, value, minimum, maximum);
    }
}
