// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Parameters} from "../../../contracts/interfaces/IProtocolParameters.sol";

/// @notice Parameters under which every limit is reached within a few rounds.
function smallParameters() pure returns (Parameters memory p) {
    p.maximumClockSkew = 660;
    p.timestampStep = 600;
    p.parts = 2;
    p.testParts = 1;
    p.samplesPerPart = 10;
    p.epochRounds = 2;
    p.maximumMembers = 5;
    p.minimumRing = 2;
    p.warmHeat = 60;
    p.stake = 1 ether;
    p.startSeconds = 60;
    p.minimumData = 2;
    p.collectHeights = 12;
    p.openBlocks = 1;
    p.commitBlocks = 1;
    p.unsealBlocks = 1;
    p.reportBlocks = 1;
    p.revealBlocks = 1;
    p.availableBlocks = 1;
    p.bringBlocks = 1;
    p.attestBlocks = 1;
    p.attestRevealBlocks = 1;
    p.challengeBlocks = 1;
    p.answerBlocks = 1;
    p.secondChallengeBlocks = 1;
    p.secondAnswerBlocks = 1;
    p.proveBlocks = 1;
    p.finalizeBlocks = 1;
    p.minimumPhaseSeconds = 30;
    p.significance = 100;
    p.voiceBasisPoints = 4_000;
    p.burnBasisPoints = 5_000;
    p.modelBurn = 1 ether / 5;
    p.questionBond = 1 ether / 100;
    p.challengeReward = 1 ether / 2;
    p.minimumStanding = 2;
    p.standingRounds = 2;
    p.heatBest = 100;
    p.heatModel = 60;
    p.heatAttestation = 20;
    p.heatFadeBasisPoints = 500;
    p.blockReward = 1_000 ether;
    p.halvingBlocks = 3;
    p.bestBasisPoints = 4_000;
    p.modelsBasisPoints = 2_000;
    p.attestersBasisPoints = 1_000;
    p.dataBasisPoints = 3_000;
}

/// @notice Token units that all blocks together can mint.
function tokenCap(Parameters memory p) pure returns (uint256 cap) {
    for (uint256 reward = p.blockReward; reward != 0; reward >>= 1) {
        cap += reward * p.halvingBlocks;
    }
}
