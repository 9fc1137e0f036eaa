// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @notice Every number that the protocol can be tuned by. Fixed at deployment, the same for all contracts.
/// Fractions are basis points (1/10,000), times are seconds, phases are Bitcoin blocks, amounts are wei.
struct Parameters {
    // Data transactions
    uint256 maximumClockSkew; // a data transaction's timestamp may run ahead of the block's by this much
    uint256 graceSeconds; // a closed round's scope is still accepted for this long
    uint256 minimumRing;
    uint256 maximumRing;
    uint256 maximumSamples; // samples in one item; held by the task's payload check
    // Collection
    uint256 testBasisPoints; // share of a round's items that test
    uint256 minimumItems; // fewer items make a round void
    uint256 maximumItems;
    uint256 maximumCollectHeights; // a round that has not reached its target closes after this many Bitcoin blocks
    // Competition, in Bitcoin blocks
    uint256 commitBlocks;
    uint256 unsealBlocks;
    uint256 revealBlocks;
    uint256 availableBlocks;
    uint256 attestBlocks;
    uint256 attestRevealBlocks;
    uint256 finalizeBlocks;
    uint256 minimumPhaseSeconds; // a phase lasts at least this long on the EVM's clock
    // Standing and validity
    uint256 standingRounds; // K: rounds for which a valid model gives standing and a bond stays locked
    uint256 minimumStanding; // fewer standing nodes: the registered genesis accounts attest
    uint256 minimumImprovement; // correct test samples by which a model must beat the baseline
    uint256 improvementDivisor; // ... or this fraction of the baseline's errors, whichever is more
    uint256 maximumModels; // commitments in one round
    uint256 modelBond; // wei behind each commitment
    uint256 burnBasisPoints; // a model that scores under this share of the baseline loses its bond
    // Share keys
    uint256 leaseRounds; // rounds in which a registered key is active
    uint256 baseKeys;
    uint256 maximumKeys;
    uint256 keyStep; // heat that buys one further key
    uint256 keyBond; // wei behind each key of an account without a valid model
    // Heat
    uint256 heatBest; // gained by a block's best model
    uint256 heatModel; // gained by every other valid model
    uint256 heatAttestation; // gained by an attestation with the majority
    uint256 heatFadeBasisPoints; // lost with each block appended
    // Rewards
    uint256 blockReward; // token units minted for a block before the first halving
    uint256 halvingBlocks;
    uint256 bestBasisPoints;
    uint256 modelsBasisPoints;
    uint256 attestersBasisPoints;
    uint256 dataBasisPoints;
    uint256 testItemWeight; // a test item earns this many times what a training item earns
}

/// @title The protocol's parameters, checked once and then the same for everybody.
interface IProtocolParameters {
    /// @notice A parameter is outside the range in which the protocol's guarantees hold.
    error ParameterOutOfRange(string name, uint256 value, uint256 minimum, uint256 maximum);

    /// @notice All parameters.
    function get() external view returns (Parameters memory);
}
