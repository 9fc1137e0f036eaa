// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title Data transactions: their hashes, the recorded results of ring-signature verification, published keys.
/// @notice A data transaction holds `parts` sealed parts and belongs to the round that it names. Those of a round are
/// numbered from 0 in order of arrival. Partitions by Bitcoin blocks make each part training or test data. Times are
/// seconds since 1970 on the EVM's clock, heights are Bitcoin's. H is as IModelChain says.
interface IDataRegistry {
    /// @notice What a sharer brings on chain.
    struct DataTransaction {
        uint32 round;
        bytes32[] payloadHashes; // sha2-256 of each part's sealed file
        bytes32[] keyCommitments; // H("key", the part's key)
        bytes32 samplesRoot;
        uint40 timestamp;
        address rewardAddress;
        uint256 nullifierX;
        uint8 nullifierV;
    }

    /// @notice What is left of it once its parts are hashed. Its data hash is H("data-hash", payloadsHash, keysHash,
    /// samplesRoot); its identifier H("data-id", round, data hash, timestamp, rewardAddress, nullifierX, nullifierV).
    struct DataRecord {
        uint32 round;
        bytes32 payloadsHash; // keccak256 of the payload hashes
        bytes32 keysHash; // keccak256 of the key commitments
        bytes32 samplesRoot;
        uint40 timestamp;
        address rewardAddress;
        uint256 nullifierX;
        uint8 nullifierV;
    }

    /// @notice Data transactions of a round that one Bitcoin block partitioned.
    struct Partition {
        uint32 end; // number after the last one
        uint32 height;
        uint40 decisionTime;
        bytes32 seed; // H("seed", first 24 bytes of the Bitcoin hash)
    }

    /// @notice How far a round is.
    struct Collected {
        uint32 shared; // data transactions that arrived
        uint32 partitioned; // how many of them a partition took
        uint32 partitions;
        uint40 decisionTime; // of the last partition of this or an earlier round
    }

    event DataShared(
        uint32 indexed round, uint32 indexed index, bytes32 id, uint40 arrival, DataRecord record, bytes32[] payloadHashes
    );
    event Partitioned(
        uint32 indexed round, uint32 indexed height, bytes32 seed, uint32 first, uint32 end, uint40 decisionTime
    );
    event TrainingKeysPublished(uint32 indexed round, uint32 indexed index, bytes32[] words);
    event TestKeysPublished(uint32 indexed round, uint32 indexed index, bytes32[] words);

    error NotModelChain(address caller, address modelChain);
    error WrongRound(uint32 round, uint32 collectingRound);
    error WrongPartCount(uint256 payloadHashes, uint256 keyCommitments, uint256 parts);
    error TimestampNotAStep(uint40 timestamp, uint256 step);
    error TimestampAhead(uint40 timestamp, uint256 latest);
    error TimestampBehind(uint40 timestamp, uint40 earliest);
    error NullifierUsed(uint256 nullifierX, uint32 index);
    error WrongPhase(uint32 round, uint8 phase, uint8 required); // the round does not compete, or in another phase
    error UnknownData(uint32 round, uint32 index, bytes32 id);
    error WrongPartition(uint32 index, uint32 partition);
    error WrongKeys(bytes32 keysHash, bytes32 expected);
    error AlreadyPublished(uint32 round, uint32 index);
    error NothingPending();
    error HeightNotPartitionable(uint32 height, uint32 lastHeight, uint32 tip);
    error NotLowestHeight(uint32 height, uint40 previousDecision, uint40 firstArrival);
    error DecisionTooEarly(uint32 height, uint40 decisionTime, uint40 firstArrival);
    error DecisionAhead(uint32 height, uint40 decisionTime, uint256 timestamp);
    error WrongEnd(uint32 end, uint40 decisionTime);

    /// @notice Takes a data transaction into the round that collects. Anybody may bring it.
    /// @param challenge c_0 of the ring signature over its identifier by one of the epoch's members
    /// @param responses s_0 to s_(n-1), in the order of the ring
    function share(DataTransaction calldata transaction, bytes32 challenge, uint256[] calldata responses) external;

    /// @notice Partitions what is pending of the round that collects; only what nextPartition returns is accepted.
    function partition(uint32 height, uint32 end) external;

    /// @notice Publishes all training keys of a data transaction (Open): a word for every part, the key of a training
    /// part, the key commitment of a test part. Anybody may.
    /// @param record the data transaction's
    /// @param index its number in its round
    /// @param partition number of the partition that took it
    function publishTrainingKeys(DataRecord calldata record, uint32 index, uint32 partition, bytes32[] calldata words)
        external;

    /// @notice Publishes all test keys (Unseal): the key of a test part, the key commitment of a training part.
    function publishTestKeys(DataRecord calldata record, uint32 index, uint32 partition, bytes32[] calldata words)
        external;

    /// @notice A round begins to collect; what is pending of the one before is out. Only the model chain.
    function openRound(uint32 round) external;

    function identify(DataRecord calldata record) external view returns (bytes32 id);
    function idOf(uint32 round, uint32 index) external view returns (bytes32);
    function arrivalOf(uint32 round, uint32 index) external view returns (uint40);
    /// @notice 1 + number of the data transaction that used a nullifier in a round; 0: none.
    function nullifierUse(uint32 round, uint256 nullifierX) external view returns (uint32);
    function collected(uint32 round) external view returns (Collected memory);
    function partitionAt(uint32 round, uint32 number) external view returns (Partition memory);
    /// @notice Bitmap of a data transaction's test parts. Reverts where no partition has taken it.
    function testParts(uint32 round, uint32 index) external view returns (uint256);
    /// @notice Bitmaps over data transactions: bit i for number i.
    function published(uint32 round) external view returns (uint256 training, uint256 test);
    function lastPartition() external view returns (uint32 height, uint40 decisionTime);
    /// @notice The one partition that is possible now; (0, 0) if none is.
    function nextPartition() external view returns (uint32 height, uint32 end);
    /// @notice Whether something pending arrived before the relay's tip's decision time.
    function pendingDue() external view returns (bool);
    /// @notice Merkle root over H("data", id) of the data transactions in a bitmap, by number.
    function dataRoot(uint32 round, uint256 bitmap) external view returns (bytes32);
}
