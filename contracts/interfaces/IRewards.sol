// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IDataRegistry} from "./IDataRegistry.sol";

/// @title What blocks pay: tokens and heat. Pulled by anybody, paid to whom they are due.
interface IRewards {
    event BestRewarded(uint32 indexed round, address indexed account, uint256 amount);
    event VoiceRewarded(uint32 indexed round, address indexed account, uint256 amount);
    event AttesterRewarded(uint32 indexed round, address indexed account, uint256 amount);
    event DataRewarded(uint32 indexed round, address indexed rewardAddress, uint32 index, uint256 amount);

    error NothingToClaim(uint32 round);
    error AlreadyClaimed(uint32 round);
    error UnknownData(uint32 round, uint32 index, bytes32 id);

    /// @notice Pays a block's best model: `bestBasisPoints`, and `heatBest` of heat.
    function claimBest(uint32 round) external;
    /// @notice Pays another voice of the block that named D and the head: an equal share, and `heatModel` of heat.
    function claimVoice(uint32 round, uint32 index) external;
    /// @notice Pays an attestation behind the block's statement: an equal share, and `heatAttestation` of heat.
    function claimAttestation(uint32 round, address account) external;
    /// @notice Pays a data transaction of D: an equal share, to its reward address.
    function claimData(IDataRegistry.DataRecord calldata record, uint32 index) external;

    function rewardOf(uint32 blockNumber) external view returns (uint256);
    function isBestClaimed(uint32 round) external view returns (bool);
    function claimedVoices(uint32 round) external view returns (uint256 bitmap);
    function isAttestationClaimed(uint32 round, address account) external view returns (bool);
    function claimedData(uint32 round) external view returns (uint256 bitmap);
}
