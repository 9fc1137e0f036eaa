// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IModelChain} from "./IModelChain.sol";

/// @title Data transactions: their hashes, the recorded results of ring-signature verification, published keys.
/// @notice A data transaction holds `parts` sealed parts and belongs to the round that it names. Those of a round are
/// numbered from 0 in order of arrival. Partitions by Bitcoin blocks make each part training or test data. Times are
/// seconds since 1970 on the EVM's clock, heights are Bitcoin's. H is as IModelChain says. docs/Protocol.md.
///
/// Invariants: a round takes data only while it collects, one transaction a nullifier; it has no more than its ring
/// has keys; what is partitioned stays as it is; keys of test parts are accepted in Unseal only, keys of training
/// parts in Open only.
interface IDataRegistry {
    /// @notice What a sharer brings on chain.
    /// @param round that it is for; the signature's scope
    /// @param payloadHashes sha2-256 of each part's sealed file
    /// @param keyCommitments H("key", the part's key) for each part
    /// @param samplesRoot Merkle root over all samples of all parts, in order
    /// @param timestamp when it was signed, as the sharer claims: a multiple of `timestampStep`
    /// @param rewardAddress who is paid for it
    /// @param nullifierX x coordinate of the signature's nullifier
    /// @param nullifierV 27 if its y is even, 28 if it is odd
    struct DataTransaction {
        uint32 round;
        bytes32[] payloadHashes;
        bytes32[] keyCommitments;
        bytes32 samplesRoot;
        uint40 timestamp;
        address rewardAddress;
        uint256 nullifierX;
        uint8 nullifierV;
    }

    /// @notice What is left of it once its parts are hashed. Its data hash is H("data-hash", payloadsHash, keysHash,
    /// samplesRoot); its identifier H("data-id", round, data hash, timestamp, rewardAddress, nullifierX, nullifierV).
    /// @param round as in the transaction
    /// @param payloadsHash keccak256 of the payload hashes, one behind the other
    /// @param keysHash keccak256 of the key commitments, one behind the other
    /// @param samplesRoot as in the transaction
    /// @param timestamp as in the transaction
    /// @param rewardAddress as in the transaction
    /// @param nullifierX as in the transaction
    /// @param nullifierV as in the transaction
    struct DataRecord {
        uint32 round;
        bytes32 payloadsHash;
        bytes32 keysHash;
        bytes32 samplesRoot;
        uint40 timestamp;
        address rewardAddress;
        uint256 nullifierX;
        uint8 nullifierV;
    }

    /// @notice Data transactions of a round that one Bitcoin block partitioned.
    /// @param first number of the first one
    /// @param end number after the last one
    /// @param seed H("seed", first 24 bytes of the block's hash)
    struct Partition {
        uint32 first;
        uint32 end;
        bytes32 seed;
    }

    /// @notice How far a round is.
    /// @param shared data transactions that arrived
    /// @param partitioned how many of them a partition took: the first ones
    /// @param partitions how many partitions there were
    /// @param decisionTime of the last partition of this or an earlier round
    struct Collected {
        uint32 shared;
        uint32 partitioned;
        uint32 partitions;
        uint40 decisionTime;
    }

    /// @notice A data transaction was accepted. The key commitments and the signature are in the call.
    /// @param round its round
    /// @param index its number there
    /// @param id its identifier
    /// @param arrival when it arrived
    /// @param record what it says
    /// @param payloadHashes where its parts are
    event DataShared(
        uint32 indexed round,
        uint32 indexed index,
        bytes32 id,
        uint40 arrival,
        DataRecord record,
        bytes32[] payloadHashes
    );

    /// @notice Data transactions of the round that collects were partitioned.
    /// @param round theirs
    /// @param height of the Bitcoin block
    /// @param seed that decides which of their parts test
    /// @param first number of the first of them
    /// @param end number after the last one
    /// @param decisionTime of the block
    event Partitioned(
        uint32 indexed round, uint32 indexed height, bytes32 seed, uint32 first, uint32 end, uint40 decisionTime
    );

    /// @notice All training keys of a data transaction are published.
    /// @param round its round
    /// @param index its number there
    /// @param words for each part: the key of a training part, the key commitment of a test part
    event TrainingKeysPublished(uint32 indexed round, uint32 indexed index, bytes32[] words);

    /// @notice All test keys of a data transaction are published.
    /// @param round its round
    /// @param index its number there
    /// @param keys of the test parts, in order; TrainingKeysPublished has the commitments to them
    event TestKeysPublished(uint32 indexed round, uint32 indexed index, bytes32[] keys);

    /// @notice Only the model chain opens rounds.
    /// @param caller who tried
    /// @param modelChain the model chain's address
    error NotModelChain(address caller, address modelChain);

    /// @notice The data transaction is for another round than the one that collects.
    /// @param round that it names
    /// @param collectingRound the one that collects; 0 before the start
    error WrongRound(uint32 round, uint32 collectingRound);

    /// @notice The data transaction has not as many parts as every one has.
    /// @param payloadHashes how many it has
    /// @param keyCommitments how many it has
    /// @param parts how many of each it must have
    error WrongPartCount(uint256 payloadHashes, uint256 keyCommitments, uint256 parts);

    /// @notice The claimed timestamp is no multiple of the step.
    /// @param timestamp claimed
    /// @param step `timestampStep`
    error TimestampNotAStep(uint40 timestamp, uint256 step);

    /// @notice Rule 1: the claimed timestamp is too far ahead.
    /// @param timestamp claimed
    /// @param latest that is accepted in this block
    error TimestampAhead(uint40 timestamp, uint256 latest);

    /// @notice Rule 2: the claimed timestamp is before the last partition's decision time.
    /// @param timestamp claimed
    /// @param earliest that decision time
    error TimestampBehind(uint40 timestamp, uint40 earliest);

    /// @notice A member shares once a round.
    /// @param nullifierX x coordinate of its nullifier
    /// @param index number of the data transaction that used it
    error NullifierUsed(uint256 nullifierX, uint32 index);

    /// @notice These keys are not published now.
    /// @param round the data transaction's
    /// @param competing the round in competition
    /// @param phase its phase
    /// @param required the phase in which such keys are published
    error WrongPhase(uint32 round, uint32 competing, IModelChain.Phase phase, IModelChain.Phase required);

    /// @notice The record is not what arrived under that number.
    /// @param round the record's
    /// @param index the number
    /// @param id the record's identifier
    error UnknownData(uint32 round, uint32 index, bytes32 id);

    /// @notice Another partition took the data transaction, or none.
    /// @param index the data transaction's number
    /// @param partition the partition's number that was given
    error WrongPartition(uint32 index, uint32 partition);

    /// @notice The words are not the data transaction's keys and key commitments; or its training keys are not
    /// published.
    /// @param keysHash what they lead to
    /// @param expected what it must be: the record's; for test keys, what the training keys left
    error WrongKeys(bytes32 keysHash, bytes32 expected);

    /// @notice These keys of the data transaction are published already.
    /// @param round its round
    /// @param index its number there
    error AlreadyPublished(uint32 round, uint32 index);

    /// @notice Every data transaction of the round that collects is partitioned.
    error NothingPending();

    /// @notice The height is not above the last partition's, too old for the relay, or above its tip.
    /// @param height that was given
    /// @param lastHeight the last partition's
    /// @param tip the relay's
    error HeightNotPartitionable(uint32 height, uint32 lastHeight, uint32 tip);

    /// @notice A lower height must partition what is pending.
    /// @param height that was given
    /// @param previousDecision decision time of the height before
    /// @param firstArrival arrival of the first pending data transaction
    error NotLowestHeight(uint32 height, uint40 previousDecision, uint40 firstArrival);

    /// @notice Nothing that is pending arrived before the height's decision time.
    /// @param height that was given
    /// @param decisionTime its decision time
    /// @param firstArrival arrival of the first pending data transaction
    error DecisionTooEarly(uint32 height, uint40 decisionTime, uint40 firstArrival);

    /// @notice The height's decision time is still to come.
    /// @param height that was given
    /// @param decisionTime its decision time
    /// @param timestamp of the block
    error DecisionAhead(uint32 height, uint40 decisionTime, uint256 timestamp);

    /// @notice The partition must take exactly what arrived before its decision time.
    /// @param end that was given
    /// @param decisionTime the height's
    error WrongEnd(uint32 end, uint40 decisionTime);

    /// @notice The round has no such data transaction or partition; one before the round that competes has none left.
    /// @param round which
    /// @param number that was asked for, from 0
    /// @param count how many there are of what was asked for
    error NothingThere(uint32 round, uint256 number, uint256 count);

    /// @notice Takes a data transaction into the round that collects. Anybody may bring it.
    /// @dev Reverts with WrongRound, TimestampNotAStep, TimestampAhead, TimestampBehind, WrongPartCount,
    /// NullifierUsed, or an error of the library RingSignatures.
    /// @param transaction the data transaction
    /// @param challenge c_0 of the ring signature over its identifier by one of the epoch's members
    /// @param responses s_0 to s_(n-1), in the order of the ring
    function share(DataTransaction calldata transaction, bytes32 challenge, uint256[] calldata responses) external;

    /// @notice Partitions what is pending of the round that collects; only what nextPartition returns is accepted.
    /// Anybody may.
    /// @dev Reverts with NothingPending, HeightNotPartitionable, DecisionTooEarly, DecisionAhead, NotLowestHeight or
    /// WrongEnd.
    /// @param height of the Bitcoin block
    /// @param end number after the last data transaction that arrived before its decision time
    function partition(uint32 height, uint32 end) external;

    /// @notice Publishes all training keys of a data transaction, in Open. Anybody may.
    /// @dev Reverts with WrongPhase, UnknownData, WrongPartition, WrongKeys or AlreadyPublished.
    /// @param record the data transaction's
    /// @param index its number in its round
    /// @param partitionNumber number of the partition that took it
    /// @param words for each part: the key of a training part, the key commitment of a test part
    function publishTrainingKeys(
        DataRecord calldata record,
        uint32 index,
        uint32 partitionNumber,
        bytes32[] calldata words
    ) external;

    /// @notice Publishes all test keys of a data transaction whose training keys were published, in Unseal. Anybody
    /// may.
    /// @dev Reverts with WrongPhase, WrongKeys or AlreadyPublished.
    /// @param round its round
    /// @param index its number there
    /// @param keys of the test parts, in order
    function publishTestKeys(uint32 round, uint32 index, bytes32[] calldata keys) external;

    /// @notice A round begins to collect; what is pending of the one before is out. Only the model chain, when the
    /// round's epoch is open in Membership.
    /// @dev Reverts with NotModelChain.
    /// @param round the one that collects from now on
    function openRound(uint32 round) external;

    /// @notice The identifier of a data transaction.
    /// @param record what it says
    /// @return H("data-id", ...), as DataRecord says
    function identify(DataRecord memory record) external view returns (bytes32);

    /// @notice Whether a data transaction was accepted, in any round.
    /// @param record what it says
    /// @param index the number that it must have in its round
    /// @return whether it was, and has that number
    function isRecorded(DataRecord memory record, uint32 index) external view returns (bool);

    /// @notice Which data transaction used a nullifier.
    /// @param round any
    /// @param nullifierX x coordinate of the nullifier
    /// @return 1 + its number; 0: none
    function nullifierUse(uint32 round, uint256 nullifierX) external view returns (uint32);

    /// @notice How far a round is.
    /// @param round any
    /// @return what has arrived and was partitioned
    function collected(uint32 round) external view returns (Collected memory);

    /// @notice The identifier of a data transaction.
    /// @dev Reverts with NothingThere.
    /// @param round its round: the one that collects, or the one before
    /// @param index its number there
    /// @return the identifier
    function idOf(uint32 round, uint32 index) external view returns (bytes32);

    /// @notice When a data transaction of the round that collects arrived.
    /// @dev Reverts with NothingThere.
    /// @param index its number
    /// @return seconds since 1970
    function arrivalOf(uint32 index) external view returns (uint40);

    /// @notice A partition.
    /// @dev Reverts with NothingThere.
    /// @param round its round: the one that collects, or the one before
    /// @param number of the partition in its round, from 0
    /// @return all about it
    function partitionAt(uint32 round, uint32 number) external view returns (Partition memory);

    /// @notice Which parts of a data transaction test.
    /// @dev Reverts with NothingThere, also where no partition has taken it.
    /// @param round its round: the one that collects, or the one before
    /// @param index its number there
    /// @return bitmap, bit 0 for part 0
    function testParts(uint32 round, uint32 index) external view returns (uint256);

    /// @notice Which data transactions' keys are all published, training and test keys.
    /// @param round the one in competition; of earlier ones none may be left
    /// @return bitmap: bit i for number i
    function published(uint32 round) external view returns (uint256);

    /// @notice The last partition of any round.
    /// @return height of its Bitcoin block; 0 before the first
    /// @return decisionTime of that block
    function lastPartition() external view returns (uint32 height, uint40 decisionTime);

    /// @notice The one partition that is possible now.
    /// @return height of its Bitcoin block; 0 if none is
    /// @return end number after the last data transaction that it takes; 0 if none is
    function nextPartition() external view returns (uint32 height, uint32 end);

    /// @notice Whether something pending arrived before the relay's tip's decision time: the round waits for its
    /// partition.
    /// @return whether it does
    function pendingDue() external view returns (bool);

    /// @notice Merkle root over H("data", id) of data transactions, by number.
    /// @dev Reverts with NothingThere.
    /// @param round theirs: the one that collects, or the one before
    /// @param bitmap bit i for number i
    /// @return the root
    function dataRoot(uint32 round, uint256 bitmap) external view returns (bytes32);
}
