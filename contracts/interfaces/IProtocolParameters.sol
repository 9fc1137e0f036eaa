// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @notice Every number that the protocol can be tuned by. Fixed at deployment, the same for all contracts.
/// Fractions are basis points (1/10,000), times are seconds of the EVM's clock, phases are Bitcoin blocks, amounts are
/// wei. Ranges are inclusive. docs/Parameters.md says what each protects.
/// @param maximumClockSkew seconds by which a data transaction's timestamp may run ahead of its EVM block's; 0 to
/// 7,200
/// @param graceSeconds seconds for which a closed round's scope is still accepted; 0 to 86,400
/// @param minimumRing keys that a ring has at least; 2 to 64
/// @param maximumRing keys that a ring has at most; 16 or `minimumRing`, whichever is more, to 64
/// @param maximumSamples samples in one item at most, held by the task's payload check; 1 to 2^20
/// @param testBasisPoints share of a round's items that test; 1 to 9,999
/// @param minimumItems a round with fewer items is void; 10,000 / `testBasisPoints`, rounded up, to 2^16
/// @param maximumItems what a round's target never exceeds; `minimumItems` to 2^16
/// @param maximumCollectHeights Bitcoin blocks after which a round closes that has not reached its target; 1 to 2,016
/// @param commitBlocks Bitcoin blocks of the phase Commit; 1 to 2,016
/// @param unsealBlocks Bitcoin blocks of the phase Unseal; 1 to 2,016
/// @param revealBlocks Bitcoin blocks of the phase Reveal; 1 to 2,016
/// @param availableBlocks Bitcoin blocks of the phase Available; 1 to 2,016
/// @param attestBlocks Bitcoin blocks of the phase Attest; 1 to 2,016
/// @param attestRevealBlocks Bitcoin blocks of the phase AttestReveal; 1 to 2,016
/// @param finalizeBlocks Bitcoin blocks of the phase Finalize; 1 to 2,016
/// @param minimumPhaseSeconds seconds that each phase lasts at least; 1 to 86,400
/// @param standingRounds K: rounds for which a valid model gives standing and a bond stays locked; 1 to 64
/// @param minimumStanding with fewer accounts with standing the registered genesis accounts attest; 1 to 64
/// @param minimumImprovement correct test samples by which a model must beat the baseline at least; 1 to 2^32
/// @param improvementDivisor a valid model corrects at least one in this many of the baseline's errors; doubled for
/// every void round just before; 1 to 2^32
/// @param maximumModels accounts that may commit to a model in one round; 1 to 256
/// @param modelBond wei behind an account's commitment in a round; 0 to 2^96 - 1
/// @param burnBasisPoints a model that scores under this share of the baseline loses its bond; 0 to 10,000
/// @param leaseRounds rounds in which a registered share key is active; 1 to 16
/// @param baseKeys share keys that an account without heat may hold active; 1 to 64
/// @param maximumKeys share keys that any account may hold active at most; `baseKeys` to 64
/// @param keyStep heat that buys one further share key; 1 to 2^64 - 1
/// @param keyBond wei behind each share key of an account without a valid model, genesis accounts aside; 0 to 2^96 - 1
/// @param heatBest heat gained by a block's best model; 0 to 2^64 - 1
/// @param heatModel heat gained by every other valid model; 0 to 2^64 - 1
/// @param heatAttestation heat gained by an attestation with the majority, when it is claimed; 0 to 2^64 - 1
/// @param heatFadeBasisPoints share of an account's heat that is lost with each block appended; 100 to 10,000
/// @param blockReward token units minted at most for a block before the first halving; 0 to 2^96 - 1
/// @param halvingBlocks blocks of the model chain after which the reward halves; 1 to 2^32 - 1
/// @param bestBasisPoints share of the reward for the best model. This and the next three are together at most 10,000
/// @param modelsBasisPoints share of the reward that the other valid models divide equally
/// @param attestersBasisPoints share of the reward that the attestations with the majority divide equally
/// @param dataBasisPoints share of the reward that the items in the data set divide by weight
/// @param testItemWeight a test item earns this many times what a training item earns; 1 to 1,000
struct Parameters {
    // Data transactions
    uint256 maximumClockSkew;
    uint256 graceSeconds;
    uint256 minimumRing;
    uint256 maximumRing;
    uint256 maximumSamples;
    // Collection
    uint256 testBasisPoints;
    uint256 minimumItems;
    uint256 maximumItems;
    uint256 maximumCollectHeights;
    // Competition
    uint256 commitBlocks;
    uint256 unsealBlocks;
    uint256 revealBlocks;
    uint256 availableBlocks;
    uint256 attestBlocks;
    uint256 attestRevealBlocks;
    uint256 finalizeBlocks;
    uint256 minimumPhaseSeconds;
    // Standing and validity
    uint256 standingRounds;
    uint256 minimumStanding;
    uint256 minimumImprovement;
    uint256 improvementDivisor;
    uint256 maximumModels;
    uint256 modelBond;
    uint256 burnBasisPoints;
    // Share keys
    uint256 leaseRounds;
    uint256 baseKeys;
    uint256 maximumKeys;
    uint256 keyStep;
    uint256 keyBond;
    // Heat
    uint256 heatBest;
    uint256 heatModel;
    uint256 heatAttestation;
    uint256 heatFadeBasisPoints;
    // Rewards
    uint256 blockReward;
    uint256 halvingBlocks;
    uint256 bestBasisPoints;
    uint256 modelsBasisPoints;
    uint256 attestersBasisPoints;
    uint256 dataBasisPoints;
    uint256 testItemWeight;
}

/// @title The protocol's parameters, checked once and then the same for everybody.
interface IProtocolParameters {
    /// @notice Deployment: a parameter is outside the range in which the protocol's guarantees hold.
    /// @param name the parameter, as the struct names it
    /// @param value what was given
    /// @param minimum the lowest value that is accepted beside the others given
    /// @param maximum the highest value that is accepted beside the others given
    error ParameterOutOfRange(string name, uint256 value, uint256 minimum, uint256 maximum);

    /// @notice All parameters.
    /// @return what was given at deployment
    function get() external view returns (Parameters memory);
}
