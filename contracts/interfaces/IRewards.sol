// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IDataRegistry} from "./IDataRegistry.sol";

/// @title What blocks pay: tokens and heat. Pulled by anybody, paid to whom they are due.
/// @notice Amounts are token units of 10^-18. A pot is a share of the block's reward; what divides it unevenly is not
/// minted. Heat counts from the round that earned it, however late it is claimed.
interface IRewards {
    /// @notice A round whose block owes an account something.
    /// @param round the round
    /// @param index the account's model in it; any other number if it has none
    struct RoundClaim {
        uint32 round;
        uint32 index;
    }

    /// @notice A block's best model was paid.
    /// @param round the block's
    /// @param account whose model
    /// @param amount token units
    event BestRewarded(uint32 indexed round, address indexed account, uint256 amount);

    /// @notice Another voice was paid.
    /// @param round the block's
    /// @param account whose
    /// @param amount token units
    event VoiceRewarded(uint32 indexed round, address indexed account, uint256 amount);

    /// @notice An attestation behind the block's statement was paid.
    /// @param round the block's
    /// @param account whose
    /// @param amount token units
    event AttesterRewarded(uint32 indexed round, address indexed account, uint256 amount);

    /// @notice A data transaction was paid.
    /// @param round the block's
    /// @param rewardAddress who is paid
    /// @param index its number in the round
    /// @param amount token units
    event DataRewarded(uint32 indexed round, address indexed rewardAddress, uint32 index, uint256 amount);

    /// @notice The round has no block, or its block does not pay this.
    /// @param round the round
    error NothingToClaim(uint32 round);

    /// @notice It was paid already.
    /// @param round the round
    error AlreadyClaimed(uint32 round);

    /// @notice The data transaction is not the one with that number.
    /// @param round the round
    /// @param index the number
    /// @param id identifier of the one given
    error UnknownData(uint32 round, uint32 index, bytes32 id);

    /// @notice Pays a block's best model: `bestBasisPoints`, and `heatBest` of heat.
    /// @dev Reverts with NothingToClaim or AlreadyClaimed.
    /// @param round the block's
    function claimBest(uint32 round) external;

    /// @notice Pays another voice of the block that named D and the head: an equal share of `modelsBasisPoints`, and
    /// `heatModel` of heat.
    /// @dev Reverts with NothingToClaim or AlreadyClaimed.
    /// @param round the block's
    /// @param index the model's number in the round
    function claimVoice(uint32 round, uint32 index) external;

    /// @notice Pays an attestation behind the block's statement: an equal share of `attestersBasisPoints`, and
    /// `heatAttestation` of heat.
    /// @dev Reverts with NothingToClaim or AlreadyClaimed.
    /// @param round the block's
    /// @param account whose
    function claimAttestation(uint32 round, address account) external;

    /// @notice Pays all that blocks owe an account for its models and its attestations, in one transaction. What was
    /// paid already, or is not owed, is passed over. Data is not among it: it would tie its owners together.
    /// @dev Reverts with NothingToClaim of the last round if nothing is paid.
    /// @param account whose
    /// @param claims the rounds
    function claimRounds(address account, RoundClaim[] calldata claims) external;

    /// @notice Pays a data transaction of D: an equal share of `dataBasisPoints`, to its reward address.
    /// @dev Reverts with UnknownData, NothingToClaim or AlreadyClaimed.
    /// @param record the data transaction's
    /// @param index its number in its round
    function claimData(IDataRegistry.DataRecord calldata record, uint32 index) external;

    /// @notice What a block mints at most.
    /// @param blockNumber the block's; block 0 mints nothing
    /// @return token units
    function rewardOf(uint32 blockNumber) external view returns (uint256);

    /// @notice Whether the best model of a round's block was paid.
    /// @param round the round
    /// @return true if it was
    function isBestClaimed(uint32 round) external view returns (bool);

    /// @notice Models that were paid, the best one too.
    /// @param round the round
    /// @return bitmap bit i for revealed model i
    function claimedVoices(uint32 round) external view returns (uint256 bitmap);

    /// @notice Whether an attestation was paid.
    /// @param round the round
    /// @param account whose
    /// @return true if it was
    function isAttestationClaimed(uint32 round, address account) external view returns (bool);

    /// @notice Data transactions that were paid.
    /// @param round the round
    /// @return bitmap bit i for data transaction i
    function claimedData(uint32 round) external view returns (uint256 bitmap);
}
