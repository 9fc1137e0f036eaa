// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title Data transactions: their hashes, the recorded results of ring-signature verification, published keys.
/// @notice An item is one accepted data transaction, numbered from 0 in order of arrival. Its one storage slot lies
/// under its nullifier: it marks the nullifier as used and binds the item's identifier and number. Times are seconds
/// since 1970 on the EVM's clock, heights are Bitcoin's. H is as IModelChain says, with this contract's address.
interface IDataRegistry {
    /// @notice What a sharer states, and what the item identifier commits to.
    /// @param scope the round that the ring signature names
    /// @param payloadHash sha2-256 of the sealed payload file
    /// @param keyCommitment H("key", payload key)
    /// @param timestamp when the item was made, as the sharer claims
    /// @param rewardAddress who is paid for the item
    /// @param nullifierX x coordinate of the nullifier, from 1 to the group order of secp256k1 less 1
    /// @param nullifierV 27 if the nullifier's y is even, 28 if it is odd
    struct Item {
        uint32 scope;
        bytes32 payloadHash;
        bytes32 keyCommitment;
        uint40 timestamp;
        address rewardAddress;
        uint256 nullifierX;
        uint8 nullifierV;
    }

    /// @notice A ring signature of an item, without the nullifier (docs/RingSignature.md).
    /// @param challenge c_0
    /// @param responses s_0 to s_(n-1), each below the group order
    /// @param ring positions of the n members among the scope's active keys: 2 bytes each, big endian, in ascending
    /// order of the keys
    struct RingSignature {
        bytes32 challenge;
        uint256[] responses;
        bytes ring;
    }

    /// @notice What a sharer brings on chain.
    /// @param item what it states
    /// @param signature made over the item by one key of the ring
    struct DataTransaction {
        Item item;
        RingSignature signature;
    }

    /// @notice A payload key together with the item it opens.
    /// @param item as it was shared
    /// @param key the payload key
    struct KeyReveal {
        Item item;
        bytes32 key;
    }

    /// @notice An entry of the arrival log: the items that arrived in EVM blocks of one timestamp.
    /// @param timestamp when they arrived
    /// @param items number of all items that arrived by then
    struct Arrival {
        uint40 timestamp;
        uint64 items;
    }

    /// @notice An item was accepted.
    /// @param number its number
    /// @param scope the round that its ring signature names
    /// @param itemId its identifier
    /// @param arrival when it arrived, which decides what partition takes it
    /// @param item what the sharer states
    /// @param signature the ring signature, which was verified
    event DataShared(
        uint64 indexed number, uint32 indexed scope, bytes32 itemId, uint40 arrival, Item item, RingSignature signature
    );

    /// @notice A payload key was published. It may be published again.
    /// @param number number of the item that it opens
    /// @param key the payload key
    /// @param round the round in competition when the key was published, or the last one that was
    /// @param phase its phase (IModelChain.Phase)
    event KeyPublished(uint64 indexed number, bytes32 key, uint32 round, uint8 phase);

    /// @notice A call that only the model chain may make came from somebody else.
    /// @param caller who called
    /// @param modelChain who may
    error NotModelChain(address caller, address modelChain);

    /// @notice The scope is neither the round that collects nor the one before it within its grace.
    /// @param scope the scope that the item names
    /// @param collectingRound the round that collects; 0 before the start
    error ScopeNotAccepted(uint32 scope, uint32 collectingRound);

    /// @notice The claimed timestamp runs too far ahead.
    /// @param timestamp as claimed
    /// @param latest the latest that is accepted: the EVM block's timestamp + `maximumClockSkew`
    error TimestampAhead(uint40 timestamp, uint256 latest);

    /// @notice The claimed timestamp lies before the last partition's decision time.
    /// @param timestamp as claimed
    /// @param earliest the earliest that is accepted: that decision time
    error TimestampBehind(uint40 timestamp, uint40 earliest);

    /// @notice The ring has more keys than are accepted.
    /// @param size its keys
    /// @param maximum `maximumRing`
    error RingTooLarge(uint256 size, uint256 maximum);

    /// @notice A key signs once in a scope: an item with this nullifier was accepted in the item's scope.
    /// @param nullifierX x coordinate of the nullifier
    /// @param number number of the item that used it
    error NullifierUsed(uint256 nullifierX, uint64 number);

    /// @notice A call has more entries than one call may have.
    /// @param size entries given
    /// @param maximum entries allowed: 32 data transactions, 64 payload keys
    error BatchTooLarge(uint256 size, uint256 maximum);

    /// @notice A key was brought for an item that was never accepted as it is given.
    /// @param itemId identifier of the item as it is given
    error UnknownItem(bytes32 itemId);

    /// @notice A key is not the one that its item committed to.
    /// @param commitment H("key", the key that was brought)
    /// @param expected the item's key commitment
    error WrongKey(bytes32 commitment, bytes32 expected);

    /// @notice There is nothing to partition: every item is taken.
    error NothingPending();

    /// @notice The height is not above the last partition's, above the relay's tip, or below what the relay holds.
    /// @param height the height that was given
    /// @param lastHeight the last partition's; 0 before the first
    /// @param tip the relay's tip
    error HeightNotPartitionable(uint32 height, uint32 lastHeight, uint32 tip);

    /// @notice The height before this one decides after the first pending item's arrival already.
    /// @param height the height that was given
    /// @param previousDecision decision time of the height before it
    /// @param firstArrival when the first pending item arrived
    error NotLowestHeight(uint32 height, uint40 previousDecision, uint40 firstArrival);

    /// @notice The height's decision time does not lie after the first pending item's arrival.
    /// @param height the height that was given
    /// @param decision its decision time
    /// @param firstArrival when the first pending item arrived
    error DecisionTooEarly(uint32 height, uint40 decision, uint40 firstArrival);

    /// @notice The height's decision time lies in the EVM's future: items that arrive before it may still come.
    /// @param height the height that was given
    /// @param decision its decision time
    /// @param blockTimestamp timestamp of the EVM's block
    error DecisionAhead(uint32 height, uint40 decision, uint256 blockTimestamp);

    /// @notice The position does not part the pending entries of the arrival log at the decision time.
    /// @param endArrival the position that was given
    /// @param decision the height's decision time: entries before the position are before it, all others are not
    error WrongEndArrival(uint64 endArrival, uint40 decision);

    /// @notice The arrival log has no such position.
    /// @param position the position asked for
    /// @param arrivals entries of the log
    error NoSuchArrival(uint64 position, uint64 arrivals);

    /// @notice Accepts one data transaction (docs/Protocol.md, Collect). Anybody may bring it. The ring's keys must be
    /// active in the item's scope, and all pages of that scope written.
    /// @dev Reverts with NullifierUsed, ScopeNotAccepted, TimestampAhead, TimestampBehind, RingTooLarge, with the
    /// errors of IKeyRegistry.ringKeys, or with those of the library RingSignature, which are about the signature.
    /// @param transaction the item and its ring signature
    function share(DataTransaction calldata transaction) external;

    /// @notice Accepts several data transactions. Those whose nullifier is used already are skipped, so that several
    /// relayers may race; any other fault reverts all.
    /// @dev Reverts with BatchTooLarge, and as share does but for NullifierUsed.
    /// @param transactions at most 32
    /// @return accepted number of items that are new
    function shareBatch(DataTransaction[] calldata transactions) external returns (uint256 accepted);

    /// @notice Publishes payload keys. Anybody who knows them may, at any time. What a key published too early or too
    /// late means is a rule of the round (docs/Protocol.md, Commit and Unseal), read off the events.
    /// @dev Reverts with BatchTooLarge, UnknownItem or WrongKey.
    /// @param reveals at most 64 keys with their items
    function publishKeys(KeyReveal[] calldata reveals) external;

    /// @notice Takes the pending items that arrived before the decision time of a height (docs/Protocol.md,
    /// Partition). Only the model chain may call it. What is accepted is what nextPartition answers.
    /// @dev Reverts with NotModelChain, NothingPending, HeightNotPartitionable, DecisionTooEarly, DecisionAhead,
    /// NotLowestHeight or WrongEndArrival.
    /// @param height the lowest one above the last partition's, from what the relay holds to its tip, whose decision
    /// time lies after the first pending item's arrival
    /// @param endArrival position in the arrival log of the first entry that is not before the decision time
    /// @return firstItem number of the first item taken
    /// @return endItem number after the last item taken
    /// @return decision the height's decision time
    /// @return bitcoinHash first 24 bytes of the hash of the Bitcoin block at that height
    function take(uint32 height, uint64 endArrival)
        external
        returns (uint64 firstItem, uint64 endItem, uint40 decision, bytes24 bitcoinHash);

    /// @notice Called by the model chain when a round begins to collect; the round before it closed just now.
    /// @dev Reverts with NotModelChain.
    /// @param round the round that collects from now on
    function openRound(uint32 round) external;

    /// @notice Whether a pending item arrived before the decision time of the relay's tip. While one did, the
    /// collecting round does not close without a partition (docs/Protocol.md, Close).
    /// @return true if a partition is due now, or will be once its decision time has come
    function pendingDue() external view returns (bool);

    /// @notice The one partition that is possible now.
    /// @return height what IModelChain.partition accepts; 0 if no partition is possible yet
    /// @return endArrival position in the arrival log after the last entry that it takes
    function nextPartition() external view returns (uint32 height, uint64 endArrival);

    /// @notice Identifier of an item: H("item-id", all fields in order). The item need not have been shared.
    /// @param item what a sharer states
    /// @return the identifier
    function itemId(Item calldata item) external view returns (bytes32);

    /// @notice What is recorded under a nullifier.
    /// @param scope the scope that it was used in
    /// @param nullifierX its x coordinate
    /// @return item identifier (high 192 bits) and item number + 1 (low 64 bits); 0 if it is not used
    function record(uint32 scope, uint256 nullifierX) external view returns (bytes32);

    /// @notice How far the registry and its partitions have come.
    /// @return items number of items accepted
    /// @return taken number of items taken by partitions; the rest is pending
    /// @return lastHeight the last partition's height; 0 before the first
    /// @return lastDecision the last partition's decision time; 0 before the first
    function totals() external view returns (uint64 items, uint64 taken, uint32 lastHeight, uint40 lastDecision);

    /// @notice An entry of the arrival log. Later entries have later timestamps.
    /// @dev Reverts with NoSuchArrival.
    /// @param position counted from 0
    /// @return the entry; the last one may still grow while its timestamp is the EVM block's
    function arrival(uint64 position) external view returns (Arrival memory);

    /// @notice Length of the arrival log.
    /// @return count number of entries
    /// @return taken number of entries taken by partitions; the rest is pending
    function arrivals() external view returns (uint64 count, uint64 taken);
}
