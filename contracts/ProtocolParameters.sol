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
        _checkMembers(p);
        _checkCompetition(p);
        _checkJudging(p);
        _checkHeat(p);
        _checkRewards(p);
        _parameters = p;
    }

    /// @inheritdoc IProtocolParameters
    function get() external view returns (Parameters memory) {
        return _parameters;
    }

    function _checkData(Parameters memory p) private pure {
        // A timestamp is the next step: with less skew some moments would have none.
        _check("maximumClockSkew", p.maximumClockSkew, p.timestampStep, 7_200);
        _check("timestampStep", p.timestampStep, 1, 3_600);
        _check("parts", p.parts, 2, 32);
        _check("testParts", p.testParts, 1, p.parts - 1);
        // The answer to a cell of a round of 128 models fits a transaction. Points and squares of a data transaction
        // fit 32 bits.
        _check("samplesPerPart", p.samplesPerPart, 1, 16_000 / p.testParts);
    }

    function _checkMembers(Parameters memory p) private pure {
        // A freeze needs a round of its own.
        _check("epochRounds", p.epochRounds, 2, 64);
        // Bounds every loop over members, data transactions and models, and the bitmaps of them.
        _check("maximumMembers", p.maximumMembers, 4, 128);
        _check("minimumRing", p.minimumRing, 2, p.maximumMembers);
        _check("warmHeat", p.warmHeat, 1, type(uint64).max);
        _check("stake", p.stake, 0, LARGEST_AMOUNT);
        _check("startSeconds", p.startSeconds, 0, 30 * DAY);
        _check("minimumData", p.minimumData, 1, p.minimumRing);
        _check("collectHeights", p.collectHeights, 1, EPOCH_BLOCKS);
    }

    function _checkCompetition(Parameters memory p) private pure {
        _check("openBlocks", p.openBlocks, 1, EPOCH_BLOCKS);
        _check("commitBlocks", p.commitBlocks, 1, EPOCH_BLOCKS);
        _check("unsealBlocks", p.unsealBlocks, 1, EPOCH_BLOCKS);
        _check("reportBlocks", p.reportBlocks, 1, EPOCH_BLOCKS);
        _check("revealBlocks", p.revealBlocks, 1, EPOCH_BLOCKS);
        _check("availableBlocks", p.availableBlocks, 1, EPOCH_BLOCKS);
        _check("bringBlocks", p.bringBlocks, 1, EPOCH_BLOCKS);
        _check("attestBlocks", p.attestBlocks, 1, EPOCH_BLOCKS);
        _check("attestRevealBlocks", p.attestRevealBlocks, 1, EPOCH_BLOCKS);
        _check("challengeBlocks", p.challengeBlocks, 1, EPOCH_BLOCKS);
        _check("answerBlocks", p.answerBlocks, 1, EPOCH_BLOCKS);
        _check("secondChallengeBlocks", p.secondChallengeBlocks, 1, EPOCH_BLOCKS);
        _check("secondAnswerBlocks", p.secondAnswerBlocks, 1, EPOCH_BLOCKS);
        _check("proveBlocks", p.proveBlocks, 1, EPOCH_BLOCKS);
        _check("finalizeBlocks", p.finalizeBlocks, 1, EPOCH_BLOCKS);
        _check("minimumPhaseSeconds", p.minimumPhaseSeconds, 1, DAY);
    }

    function _checkJudging(Parameters memory p) private pure {
        _check("significance", p.significance, 0, 1_000);
        _check("hostileAllowance", p.hostileAllowance, 0, 1_000);
        _check("triesAllowance", p.triesAllowance, 0, 10_000);
        _check("voiceBasisPoints", p.voiceBasisPoints, 1, BASIS_POINTS);
        _check("burnBasisPoints", p.burnBasisPoints, 0, BASIS_POINTS);
        _check("modelBurn", p.modelBurn, 0, p.stake);
        // The bond doubles at most 16 times, which keeps it to 96 bits.
        _check("questionBond", p.questionBond, 0, type(uint80).max);
        _check("challengeReward", p.challengeReward, 0, p.stake);
        _check("minimumStanding", p.minimumStanding, 1, 64);
        _check("standingRounds", p.standingRounds, 1, 64);
    }

    function _checkHeat(Parameters memory p) private pure {
        _check("heatBest", p.heatBest, 0, type(uint64).max);
        _check("heatModel", p.heatModel, 0, type(uint64).max);
        _check("heatAttestation", p.heatAttestation, 0, type(uint64).max);
        // Bounds the rounds that an absent account's heat is faded over one by one.
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
    }

    function _check(string memory name, uint256 value, uint256 minimum, uint256 maximum) private pure {
        if (value < minimum || value > maximum) revert ParameterOutOfRange(name, value, minimum, maximum);
    }
}
