// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IModelChain} from "./IModelChain.sol";

/// @title The events of the model chain. With those of the registries they are what a node follows a round by.
/// @notice Rounds are numbered from 1, heights are Bitcoin's, times are seconds since 1970 on the EVM's clock, rewards
/// are token units of 10^-18, bonds are wei.
interface IModelChainEvents {
    /// @notice The chain has started: round 1 collects.
    /// @param genesisMembers genesis accounts that had registered share keys
    /// @param keys share keys active in round 1
    /// @param genesisHash hash of block 0
    /// @param seed of the ring circle of round 1, by the relay's tip; each later scope takes the seed of the last
    /// partition of the round before it (closedRound(scope - 1).seed)
    event Started(uint32 genesisMembers, uint256 keys, bytes32 genesisHash, bytes32 seed);

    /// @notice Pending items were taken into the round that collects, and split by a Bitcoin block.
    /// @param round the round that collects
    /// @param height height of that Bitcoin block
    /// @param seed H("seed", first 24 bytes of its hash)
    /// @param firstItem number of the batch's first item
    /// @param endItem number after the batch's last item
    /// @param testItems test items of this batch: those with the lowest H("test", seed, item identifier)
    /// @param decisionTime the height's decision time: all items that arrived before it are taken
    event Partitioned(
        uint32 indexed round,
        uint32 indexed height,
        bytes32 seed,
        uint64 firstItem,
        uint64 endItem,
        uint32 testItems,
        uint40 decisionTime
    );

    /// @notice A round has closed; the next one collects. PhaseStarted or RoundVoided says how it goes on.
    /// @param round the round that closed
    /// @param firstItem number of its first item
    /// @param items number of its items
    /// @param testItems how many of them test
    /// @param attesters size of its frozen set
    /// @param genesisActs whether that set is the registered genesis accounts
    event RoundClosed(
        uint32 indexed round, uint64 firstItem, uint32 items, uint32 testItems, uint32 attesters, bool genesisActs
    );

    /// @notice A phase of the round in competition has begun.
    /// @param round that round
    /// @param phase the phase
    /// @param endHeight the phase may end when the relay's tip reaches it; 0 for Final and Void, which do not end
    event PhaseStarted(uint32 indexed round, IModelChain.Phase phase, uint32 endHeight);

    /// @notice An account has committed to a model, or replaced its commitment.
    /// @param round the round in competition
    /// @param account who committed
    /// @param order number of the commitment in the round, from 1; replaced ones count too
    /// @param commitment H("commit", round, account, model hash, training root, salt)
    /// @param encryptedModel sha2-256 of the sealed copy in the content store
    event ModelCommitted(
        uint32 indexed round, address indexed account, uint32 order, bytes32 commitment, bytes32 encryptedModel
    );

    /// @notice An account has revealed the model that it committed to.
    /// @param round the round in competition
    /// @param account who revealed it
    /// @param index position among the round's reveals, from 0
    /// @param order number of the commitment
    /// @param transaction the model transaction
    event ModelRevealed(
        uint32 indexed round,
        address indexed account,
        uint32 index,
        uint32 order,
        IModelChain.ModelTransaction transaction
    );

    /// @notice An attester reports items that it cannot fetch. What is reported again counts once.
    /// @param round the round in competition
    /// @param account the attester
    /// @param items numbers of the items
    event ItemsReported(uint32 indexed round, address indexed account, uint64[] items);

    /// @notice An attester reports models that it cannot fetch. What is reported again counts once.
    /// @param round the round in competition
    /// @param account the attester
    /// @param reveals reveal indices of the models
    event ModelsReported(uint32 indexed round, address indexed account, uint32[] reveals);

    /// @notice An attester has committed to an attestation, or replaced its commitment.
    /// @param round the round in competition
    /// @param account the attester
    /// @param commitment H("attest", round, account, statement, salt)
    event AttestationCommitted(uint32 indexed round, address indexed account, bytes32 commitment);

    /// @notice An attester has opened its attestation.
    /// @param round the round in competition
    /// @param account the attester
    /// @param statement what it states: H("scores", round, the fields of Scores in order)
    event AttestationRevealed(uint32 indexed round, address indexed account, bytes32 statement);

    /// @notice More than half of the frozen set stand behind a statement: it is the majority's.
    /// @param round the round in competition
    /// @param statement the statement
    /// @param attestations attesters behind it so far
    event MajorityReached(uint32 indexed round, bytes32 statement, uint32 attestations);

    /// @notice A block was appended. PhaseStarted with Final follows.
    /// @param number the block's number
    /// @param round the round that it comes from
    /// @param blockHash the block's hash
    /// @param modelHash sha2-256 of its best model's file
    /// @param ranking reveal indices of the valid models, best first
    /// @param scores the majority's score table
    event BlockAppended(
        uint32 indexed number,
        uint32 indexed round,
        bytes32 blockHash,
        bytes32 modelHash,
        uint32[] ranking,
        IModelChain.Scores scores
    );

    /// @notice A round has ended without a block. PhaseStarted with Void follows.
    /// @param round the round
    /// @param reason why
    event RoundVoided(uint32 indexed round, IModelChain.VoidReason reason);

    /// @notice An account has gained standing, or renewed it.
    /// @param round the round of its valid model
    /// @param account that account
    /// @param untilRound last round in which it has standing
    event StandingGained(uint32 indexed round, address indexed account, uint32 untilRound);

    /// @notice A revealed model scored 0, or under `burnBasisPoints` of the baseline: its bond stays in the contract.
    /// A bond behind a commitment that was never revealed stays too, without an event.
    /// @param round the round in competition
    /// @param account who loses the bond
    /// @param amount wei
    event BondBurned(uint32 indexed round, address indexed account, uint256 amount);

    /// @notice A bond went back to who had put it up.
    /// @param round the round of the commitment
    /// @param account who was paid
    /// @param amount wei
    event BondReturned(uint32 indexed round, address indexed account, uint256 amount);

    /// @notice A valid model's share of a block's reward was minted.
    /// @param blockNumber the block
    /// @param account who was paid
    /// @param amount token units
    event ModelRewarded(uint32 indexed blockNumber, address indexed account, uint256 amount);

    /// @notice The share of an attestation with the majority was minted.
    /// @param blockNumber the block
    /// @param account who was paid
    /// @param amount token units
    event AttesterRewarded(uint32 indexed blockNumber, address indexed account, uint256 amount);

    /// @notice An item's share of a block's reward was minted.
    /// @param blockNumber the block
    /// @param rewardAddress who was paid: the address bound in the item's ring signature
    /// @param index position of the item among the leaves of the block's data root
    /// @param amount token units
    event DataRewarded(uint32 indexed blockNumber, address indexed rewardAddress, uint256 index, uint256 amount);
}
