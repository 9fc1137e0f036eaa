// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title Data transactions: their hashes, the recorded results of ring-signature verification, published keys.
/// @notice An item is one accepted data transaction, numbered from 0 in order of arrival. Its one storage slot lies
/// under its nullifier: it marks the nullifier as used and binds the item's identifier and number.
interface IDataRegistry {
    /// @notice What a sharer states, and what the item identifier commits to.
    struct Item {
        uint32 scope; // the round that the ring signature names
        bytes32 payloadHash; // sha2-256 of the sealed payload file
        bytes32 keyCommitment; // H("key", payload key)
        uint40 timestamp; // claimed by the sharer
        address rewardAddress;
        uint256 nullifierX;
        uint8 nullifierV; // 27 + parity of the nullifier's y
    }

    struct RingSignature {
        bytes32 challenge; // c_0
        uint256[] responses; // s_0 .. s_(n-1)
        bytes ring; // positions of the members among the scope's active keys, 2 bytes each, ascending by key
    }

    struct DataTransaction {
        Item item;
        RingSignature signature;
    }

    /// @notice A payload key together with the item it opens.
    struct KeyReveal {
        Item item;
        bytes32 key;
    }

    /// @notice All items whose arrival is at most `timestamp` number `items`.
    struct Arrival {
        uint40 timestamp;
        uint64 items;
    }

    event DataShared(
        uint64 indexed number, uint32 indexed scope, bytes32 itemId, uint40 arrival, Item item, RingSignature signature
    );
    /// @param round the round in competition when the key was published, or the last one that was
    /// @param phase its phase (IModelChain.Phase)
    event KeyPublished(uint64 indexed number, bytes32 key, uint32 round, uint8 phase);

    error NotModelChain(address caller, address modelChain);
    error ScopeNotAccepted(uint32 scope, uint32 collectingRound);
    error TimestampAhead(uint40 timestamp, uint256 latest);
    error TimestampBehind(uint40 timestamp, uint40 earliest);
    error RingTooLarge(uint256 size, uint256 maximum);
    error NullifierUsed(uint256 nullifierX, uint64 number);
    error BatchTooLarge(uint256 size, uint256 maximum);
    error UnknownItem(bytes32 itemId);
    error WrongKey(bytes32 commitment, bytes32 expected);
    error NothingPending();
    error HeightNotPartitionable(uint32 height, uint32 lastHeight, uint32 tip);
    error NotLowestHeight(uint32 height, uint40 previousDecision, uint40 firstArrival);
    error DecisionTooEarly(uint32 height, uint40 decision, uint40 firstArrival);
    error DecisionAhead(uint32 height, uint40 decision, uint256 blockTimestamp);
    error WrongEndArrival(uint64 endArrival, uint40 decision);
    error NoSuchArrival(uint64 position, uint64 arrivals);

    /// @notice Accepts one data transaction. Rings are checked against the keys active in the item's scope.
    function share(DataTransaction calldata transaction) external;

    /// @notice Accepts several; those whose nullifier is used already are skipped, any other fault reverts all.
    /// @return accepted number of items that are new
    function shareBatch(DataTransaction[] calldata transactions) external returns (uint256 accepted);

    /// @notice Publishes payload keys. Anybody who knows them may; what a key published too early or too late
    /// means is a rule of the round (see IModelChain), read off the events.
    function publishKeys(KeyReveal[] calldata reveals) external;

    /// @notice Takes the pending items that arrived before the decision time of `height`. Only the model chain.
    /// @param endArrival position in the arrival log of the first entry that is not before the decision time
    function take(uint32 height, uint64 endArrival)
        external
        returns (uint64 firstItem, uint64 endItem, uint40 decision, bytes24 bitcoinHash);

    /// @notice Called by the model chain when `round` begins to collect; the round before it closed just now.
    function openRound(uint32 round) external;

    /// @notice Whether a pending item arrived before the decision time of the relay's tip.
    function pendingDue() external view returns (bool);

    /// @notice The one partition that is possible now: height 0 if there is none yet.
    function nextPartition() external view returns (uint32 height, uint64 endArrival);

    function itemId(Item calldata item) external view returns (bytes32);

    /// @notice Record under a nullifier: item identifier (high 192 bits) and item number + 1; 0 if unused.
    function record(uint32 scope, uint256 nullifierX) external view returns (bytes32);

    /// @notice Number of items accepted, of items taken by partitions, last partition's height and decision time.
    function totals() external view returns (uint64 items, uint64 taken, uint32 lastHeight, uint40 lastDecision);

    function arrival(uint64 position) external view returns (Arrival memory);
    function arrivals() external view returns (uint64 count, uint64 taken);
}
