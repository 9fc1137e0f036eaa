// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @notice Every number that the protocol can be tuned by. Fixed at deployment, the same for all contracts.
/// Fractions are basis points (1/10,000), times are seconds of the EVM's clock, phases are Bitcoin blocks, amounts are
/// wei. Ranges are inclusive. docs/Parameters.md says what each protects.
/// @param maximumClockSkew seconds by which a data transaction's timestamp may run ahead of its EVM block's;
/// `timestampStep` to 7,200
/// @param timestampStep seconds that every claimed timestamp is a multiple of; 1 to 3,600
/// @param parts sealed parts of a data transaction; 2 to 32
/// @param testParts parts of each data transaction that test; 1 to `parts` - 1
/// @param samplesPerPart samples in one part, exactly; 1 to 16,000 / `testParts`
/// @param epochRounds rounds of an epoch at least; 2 to 64
/// @param maximumMembers members of an epoch at most; 4 to 128
/// @param minimumRing members of an epoch at least; 2 to `maximumMembers`
/// @param warmHeat heat with which an account applies as warm; 1 to 2^64 - 1
/// @param stake wei that an account has behind what it does; 0 to 2^96 - 1
/// @param startSeconds seconds after deployment before which the chain only starts when all genesis accounts have
/// applied; 0 to 2,592,000
/// @param minimumData a round with fewer data transactions is void; 1 to `minimumRing`
/// @param collectHeights Bitcoin blocks after which a round closes without every member's data; 1 to 2,016
/// @param openBlocks Bitcoin blocks of the phase Open; 1 to 2,016
/// @param commitBlocks Bitcoin blocks of the phase Commit; 1 to 2,016
/// @param unsealBlocks Bitcoin blocks of the phase Unseal; 1 to 2,016
/// @param reportBlocks Bitcoin blocks of the phase Report; 1 to 2,016
/// @param revealBlocks Bitcoin blocks of the phase Reveal; 1 to 2,016
/// @param availableBlocks Bitcoin blocks of the phase Available; 1 to 2,016
/// @param bringBlocks Bitcoin blocks of the phase Bring; 1 to 2,016
/// @param attestBlocks Bitcoin blocks of the phase Attest; 1 to 2,016
/// @param attestRevealBlocks Bitcoin blocks of the phase AttestReveal; 1 to 2,016
/// @param challengeBlocks Bitcoin blocks of the phase Challenge; 1 to 2,016
/// @param answerBlocks Bitcoin blocks of the phase Answer; 1 to 2,016
/// @param secondChallengeBlocks Bitcoin blocks of the phase SecondChallenge; 1 to 2,016
/// @param secondAnswerBlocks Bitcoin blocks of the phase SecondAnswer; 1 to 2,016
/// @param proveBlocks Bitcoin blocks of the phase Prove; 1 to 2,016
/// @param finalizeBlocks Bitcoin blocks of the phase Finalize; 1 to 2,016
/// @param minimumPhaseSeconds seconds that each phase lasts at least; 1 to 86,400
/// @param significance how surely a model must be better than chance, in hundredths of a standard deviation; 0 to
/// 1,000
/// @param hostileAllowance what a third of hostile sharers may shift, added to it times the root of the data
/// transactions that count; 0 to 1,000
/// @param triesAllowance added to the bound for every doubling of the commitments; 0 to 10,000
/// @param voiceBasisPoints distance, as a share of the smaller spread, from which a model is no variant of a better
/// one; 1 to 10,000
/// @param burnBasisPoints a model below this share of the baseline's points loses `modelBurn`; 0 to 10,000
/// @param modelBurn wei of the stake that such a model, or a commitment that is not revealed, burns; 0 to `stake`
/// @param questionBond wei that a question, or a cell, costs at least; 0 to 2^80 - 1
/// @param challengeReward wei at most for who shows that a statement is false; 0 to `stake`
/// @param minimumStanding with fewer accounts with standing the genesis members attest; 1 to 64
/// @param standingRounds K: rounds for which a voice gives standing, and a stake stays after the last act; 1 to 64
/// @param heatBest heat gained by a block's best model; 0 to 2^64 - 1
/// @param heatModel heat gained by every other voice; 0 to 2^64 - 1
/// @param heatAttestation heat gained by an attestation behind the block's statement; 0 to 2^64 - 1
/// @param heatFadeBasisPoints share of an account's heat that is lost with each round that closes; 100 to 10,000
/// @param blockReward token units minted at most for a block before the first halving; 0 to 2^96 - 1
/// @param halvingBlocks blocks of the model chain after which the reward halves; 1 to 2^32 - 1
/// @param bestBasisPoints share of the reward for the best model. This and the next three are together at most
/// 10,000
/// @param modelsBasisPoints share of the reward that the other voices divide equally
/// @param attestersBasisPoints share of the reward that the attestations behind the statement divide equally
/// @param dataBasisPoints share of the reward that the data transactions in the data set divide equally
struct Parameters {
    // Data transactions
    uint256 maximumClockSkew;
    uint256 timestampStep;
    uint256 parts;
    uint256 testParts;
    uint256 samplesPerPart;
    // Members
    uint256 epochRounds;
    uint256 maximumMembers;
    uint256 minimumRing;
    uint256 warmHeat;
    uint256 stake;
    uint256 startSeconds;
    // Collection
    uint256 minimumData;
    uint256 collectHeights;
    // Competition
    uint256 openBlocks;
    uint256 commitBlocks;
    uint256 unsealBlocks;
    uint256 reportBlocks;
    uint256 revealBlocks;
    uint256 availableBlocks;
    uint256 bringBlocks;
    uint256 attestBlocks;
    uint256 attestRevealBlocks;
    uint256 challengeBlocks;
    uint256 answerBlocks;
    uint256 secondChallengeBlocks;
    uint256 secondAnswerBlocks;
    uint256 proveBlocks;
    uint256 finalizeBlocks;
    uint256 minimumPhaseSeconds;
    // Judging
    uint256 significance;
    uint256 hostileAllowance;
    uint256 triesAllowance;
    uint256 voiceBasisPoints;
    uint256 burnBasisPoints;
    uint256 modelBurn;
    // Disputes
    uint256 questionBond;
    uint256 challengeReward;
    // Standing
    uint256 minimumStanding;
    uint256 standingRounds;
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
