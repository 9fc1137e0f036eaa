// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Parameters} from "../../../contracts/interfaces/IProtocolParameters.sol";

/// @notice Parameters under which every limit is reached within a few rounds.
function smallParameters() pure returns (Parameters memory p) {
    p.maximumClockSkew = 600;
    p.graceSeconds = 600;
    p.minimumRing = 2;
    p.maximumRing = 16;
    p.maximumSamples = 4_096;
    p.testBasisPoints = 1_500;
    p.minimumItems = 7;
    p.maximumItems = 20;
    p.maximumCollectHeights = 30;
    p.commitBlocks = 1;
    p.unsealBlocks = 1;
    p.revealBlocks = 1;
    p.availableBlocks = 1;
    p.attestBlocks = 1;
    p.attestRevealBlocks = 1;
    p.finalizeBlocks = 1;
    p.minimumPhaseSeconds = 30;
    p.standingRounds = 2;
    p.minimumStanding = 2;
    p.minimumImprovement = 1;
    p.improvementDivisor = 20;
    p.maximumModels = 5;
    p.modelBond = 1 ether / 10;
    p.burnBasisPoints = 5_000;
    p.leaseRounds = 2;
    p.baseKeys = 4;
    p.maximumKeys = 6;
    p.keyStep = 100;
    p.keyBond = 1 ether / 10;
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
    p.testItemWeight = 3;
}

/// @notice Token units that all blocks together can mint.
function tokenCap(Parameters memory p) pure returns (uint256 cap) {
    for (uint256 reward = p.blockReward; reward != 0; reward >>= 1) {
        cap += reward * p.halvingBlocks;
    }
}
