// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Contracts} from "./interfaces/Contracts.sol";
import {IBitcoinRelay} from "./interfaces/IBitcoinRelay.sol";
import {IDataRegistry} from "./interfaces/IDataRegistry.sol";
import {IMembership} from "./interfaces/IMembership.sol";
import {IModelChain} from "./interfaces/IModelChain.sol";
import {Parameters} from "./interfaces/IProtocolParameters.sol";
import {CodeStorage} from "./libraries/CodeStorage.sol";
import {DataTransactions} from "./libraries/DataTransactions.sol";
import {MerkleTree} from "./libraries/MerkleTree.sol";
import {RingSignatures} from "./libraries/RingSignatures.sol";
import {TestParts} from "./libraries/TestParts.sol";

/// @title Data transactions, as IDataRegistry describes them.
contract DataRegistry is IDataRegistry {
    /// @dev All that accepting a data transaction reads and counts, in one slot.
    struct Intake {
        address ring; // code that holds the ring's keys (CodeStorage); 0 unless the round collects
        uint40 decisionTime; // of the last partition of this or an earlier round
        uint16 shared;
        uint16 partitioned;
        uint16 partitions;
    }

    /// @dev What the chain itself needs of a round only while it collects and competes. No more than two rounds do: the
    /// next one but one writes over it, which costs a fifth of fresh slots.
    struct Page {
        mapping(uint256 index => bytes32) ids;
        mapping(uint256 number => Partition) partitions;
    }

    /// @dev Bitmaps over the data transactions of a round, at most MAXIMUM_DATA.
    struct Published {
        uint128 training;
        uint128 test;
    }

    /// @dev Most data transactions of a round: as many as the longest ring has keys.
    uint256 private constant MAXIMUM_DATA = 128;

    /// @dev A trace is an identifier with its low bits replaced by 1 + the data transaction's number. The 248 bits left
    /// are as hard to hit as needed: 2^124 tries for a collision, each with a ring signature.
    uint256 private constant NUMBER_BITS = 8;

    IBitcoinRelay private immutable _relay;
    IMembership private immutable _membership;
    IModelChain private immutable _modelChain;
    uint256 private immutable _maximumClockSkew;
    uint256 private immutable _timestampStep;
    uint256 private immutable _parts;
    uint256 private immutable _testParts;

    uint32 private _collectingRound;
    uint32 private _lastHeight; // of the last partition
    mapping(uint32 round => Intake) private _intakes;
    mapping(uint32 round => mapping(uint256 nullifierX => uint256)) private _traces;
    mapping(uint32 round => Published) private _published;
    Page[2] private _pages;

    /// @dev Of the data transactions of the round that collects. Six share a slot, and every round writes over what the
    /// one before left.
    uint40[MAXIMUM_DATA] private _arrivals;

    /// @param contracts the deployment's; only the parameters have to be deployed already
    constructor(Contracts memory contracts) {
        Parameters memory values = contracts.parameters.get();
        _relay = contracts.relay;
        _membership = contracts.membership;
        _modelChain = contracts.modelChain;
        _maximumClockSkew = values.maximumClockSkew;
        _timestampStep = values.timestampStep;
        _parts = values.parts;
        _testParts = values.testParts;
    }

    // ---- data transactions -------------------------------------------------------------------------------------

    /// @inheritdoc IDataRegistry
    function share(DataTransaction calldata transaction, bytes32 challenge, uint256[] calldata responses) external {
        uint32 round = transaction.round;
        Intake memory intake = _intakes[round];
        if (intake.ring == address(0)) revert WrongRound(round, _collectingRound);
        _requireTimestamp(transaction.timestamp, intake.decisionTime);
        uint256 parts = _parts;
        if (transaction.payloadHashes.length != parts || transaction.keyCommitments.length != parts) {
            revert WrongPartCount(transaction.payloadHashes.length, transaction.keyCommitments.length, parts);
        }
        uint32 used = nullifierUse(round, transaction.nullifierX);
        if (used != 0) revert NullifierUsed(transaction.nullifierX, used - 1);

        DataRecord memory record = DataRecord({
            round: round,
            payloadsHash: DataTransactions.wordsHash(transaction.payloadHashes),
            keysHash: DataTransactions.wordsHash(transaction.keyCommitments),
            samplesRoot: transaction.samplesRoot,
            timestamp: transaction.timestamp,
            rewardAddress: transaction.rewardAddress,
            nullifierX: transaction.nullifierX,
            nullifierV: transaction.nullifierV
        });
        bytes32 id = identify(record);
        RingSignatures.verify(
            address(_modelChain),
            round,
            id,
            record.nullifierX,
            record.nullifierV,
            CodeStorage.read(intake.ring),
            challenge,
            responses
        );

        // Below the number of keys in the ring: each has one nullifier a round.
        uint16 index = intake.shared;
        intake.shared = index + 1;
        _intakes[round] = intake;
        _traces[round][record.nullifierX] = uint256(id) >> NUMBER_BITS << NUMBER_BITS | intake.shared;
        _pages[round % 2].ids[index] = id;
        _arrivals[index] = uint40(block.timestamp);
        emit DataShared(round, index, id, uint40(block.timestamp), record, transaction.payloadHashes);
    }

    /// @inheritdoc IDataRegistry
    function publishTrainingKeys(DataRecord calldata record, uint32 index, uint32 partitionNumber, bytes32[] calldata words)
        external
    {
        uint256 test = _requirePublishable(record, index, partitionNumber, IModelChain.Phase.Open);
        _requireKeys(record, words, ~test);
        Published storage flags = _published[record.round];
        flags.training = _raised(flags.training, record.round, index);
        emit TrainingKeysPublished(record.round, index, words);
    }

    /// @inheritdoc IDataRegistry
    function publishTestKeys(DataRecord calldata record, uint32 index, uint32 partitionNumber, bytes32[] calldata words)
        external
    {
        uint256 test = _requirePublishable(record, index, partitionNumber, IModelChain.Phase.Unseal);
        _requireKeys(record, words, test);
        Published storage flags = _published[record.round];
        flags.test = _raised(flags.test, record.round, index);
        emit TestKeysPublished(record.round, index, words);
    }

    // ---- partitions --------------------------------------------------------------------------------------------

    /// @inheritdoc IDataRegistry
    function partition(uint32 height, uint32 end) external {
        uint32 round = _collectingRound;
        Intake memory intake = _intakes[round];
        uint40 decision = _forcedDecision(height, intake);

        // The first pending one arrived before the decision time, so that at least one is taken.
        uint32 first = intake.partitioned;
        if (
            end <= first || end > intake.shared || _arrivals[end - 1] >= decision
                || (end < intake.shared && _arrivals[end] < decision)
        ) revert WrongEnd(end, decision);

        bytes32 seed = TestParts.seed(address(_modelChain), _relay.blockHash(height));
        _pages[round % 2].partitions[intake.partitions++] =
            Partition({first: first, end: end, height: height, decisionTime: decision, seed: seed});
        intake.decisionTime = decision;
        intake.partitioned = uint16(end);
        _intakes[round] = intake;
        _lastHeight = height;
        emit Partitioned(round, height, seed, first, end, decision);
    }

    /// @inheritdoc IDataRegistry
    function openRound(uint32 round) external {
        if (msg.sender != address(_modelChain)) revert NotModelChain(msg.sender, address(_modelChain));
        Intake storage closing = _intakes[_collectingRound];
        closing.ring = address(0);
        _intakes[round] = Intake({
            ring: _membership.epochAt(_membership.currentEpoch()).code,
            decisionTime: closing.decisionTime,
            shared: 0,
            partitioned: 0,
            partitions: 0
        });
        _collectingRound = round;
    }

    /// @inheritdoc IDataRegistry
    function pendingDue() external view returns (bool) {
        Intake memory intake = _intakes[_collectingRound];
        if (intake.partitioned == intake.shared) return false;
        uint32 tip = _relay.tip();
        if (tip < _relay.lowestHeight()) return false;
        return _arrivals[intake.partitioned] < _relay.decisionTime(tip);
    }

    /// @inheritdoc IDataRegistry
    function nextPartition() external view returns (uint32 height, uint32 end) {
        Intake memory intake = _intakes[_collectingRound];
        if (intake.partitioned == intake.shared) return (0, 0);
        uint40 firstArrival = _arrivals[intake.partitioned];

        // The lowest height in [low, tip] whose decision time is after the first arrival: these times never fall from
        // one height to the next. `high` is past the end while none is known.
        uint32 low = _relay.lowestHeight();
        if (low <= _lastHeight) low = _lastHeight + 1;
        uint32 tip = _relay.tip();
        uint32 high = tip + 1;
        while (low < high) {
            uint32 middle = low + (high - low) / 2;
            if (_relay.decisionTime(middle) > firstArrival) high = middle;
            else low = middle + 1;
        }
        if (low > tip) return (0, 0);
        uint40 decision = _relay.decisionTime(low);
        if (decision > block.timestamp) return (0, 0);
        end = intake.partitioned + 1;
        while (end < intake.shared && _arrivals[end] < decision) ++end;
        return (low, end);
    }

    // ---- views -------------------------------------------------------------------------------------------------

    /// @inheritdoc IDataRegistry
    function identify(DataRecord memory record) public view returns (bytes32) {
        return DataTransactions.identifier(address(_modelChain), record);
    }

    /// @inheritdoc IDataRegistry
    function isRecorded(DataRecord memory record, uint32 index) external view returns (bool) {
        return _isRecorded(record.round, record.nullifierX, identify(record), index);
    }

    /// @inheritdoc IDataRegistry
    function nullifierUse(uint32 round, uint256 nullifierX) public view returns (uint32) {
        return uint32(_traces[round][nullifierX] & ((1 << NUMBER_BITS) - 1));
    }

    /// @inheritdoc IDataRegistry
    function collected(uint32 round) external view returns (Collected memory) {
        Intake memory intake = _intakes[round];
        return Collected({
            shared: intake.shared,
            partitioned: intake.partitioned,
            partitions: intake.partitions,
            decisionTime: intake.decisionTime
        });
    }

    /// @inheritdoc IDataRegistry
    function idOf(uint32 round, uint32 index) external view returns (bytes32) {
        _requireBelow(round, index, _intakes[round].shared);
        return _pages[round % 2].ids[index];
    }

    /// @inheritdoc IDataRegistry
    function arrivalOf(uint32 index) external view returns (uint40) {
        _requireBelow(_collectingRound, index, _intakes[_collectingRound].shared);
        return _arrivals[index];
    }

    /// @inheritdoc IDataRegistry
    function partitionAt(uint32 round, uint32 number) external view returns (Partition memory) {
        _requireBelow(round, number, _intakes[round].partitions);
        return _pages[round % 2].partitions[number];
    }

    /// @inheritdoc IDataRegistry
    function testParts(uint32 round, uint32 index) external view returns (uint256) {
        _requireBelow(round, index, _intakes[round].partitioned);
        Page storage page = _pages[round % 2];
        uint256 number;
        while (page.partitions[number].end <= index) ++number;
        return _testPartsOf(page.partitions[number].seed, page.ids[index]);
    }

    /// @inheritdoc IDataRegistry
    function published(uint32 round) external view returns (uint256 training, uint256 test) {
        Published memory flags = _published[round];
        return (flags.training, flags.test);
    }

    /// @inheritdoc IDataRegistry
    function lastPartition() external view returns (uint32 height, uint40 decisionTime) {
        return (_lastHeight, _intakes[_collectingRound].decisionTime);
    }

    /// @inheritdoc IDataRegistry
    function dataRoot(uint32 round, uint256 bitmap) external view returns (bytes32) {
        uint256 shared = _intakes[round].shared;
        if (bitmap != 0) _requireBelow(round, Math.log2(bitmap), shared);
        uint256 count;
        for (uint256 left = bitmap; left != 0; left &= left - 1) ++count;
        bytes32[] memory leaves = new bytes32[](count);
        for (uint256 index = shared; index != 0;) {
            --index;
            if (bitmap >> index & 1 == 0) continue;
            leaves[--count] = DataTransactions.leaf(address(_modelChain), _pages[round % 2].ids[index]);
        }
        return MerkleTree.root(leaves);
    }

    // ---- how it is checked -------------------------------------------------------------------------------------

    function _requireTimestamp(uint40 timestamp, uint40 earliest) private view {
        if (timestamp % _timestampStep != 0) revert TimestampNotAStep(timestamp, _timestampStep);
        uint256 latest = block.timestamp + _maximumClockSkew;
        if (timestamp > latest) revert TimestampAhead(timestamp, latest);
        if (timestamp < earliest) revert TimestampBehind(timestamp, earliest);
    }

    /// @dev Reverts unless the round is in the phase, the record is the data transaction's, and the partition took it.
    /// @return test bitmap of its test parts
    function _requirePublishable(
        DataRecord calldata record,
        uint32 index,
        uint32 partitionNumber,
        IModelChain.Phase required
    ) private view returns (uint256 test) {
        uint32 round = record.round;
        (uint32 competing, IModelChain.Phase phase) = _modelChain.currentPhase();
        if (round != competing || phase != required) revert WrongPhase(round, competing, phase, required);
        bytes32 id = identify(record);
        if (!_isRecorded(round, record.nullifierX, id, index)) revert UnknownData(round, index, id);
        if (partitionNumber >= _intakes[round].partitions) revert WrongPartition(index, partitionNumber);
        Partition memory taken = _pages[round % 2].partitions[partitionNumber];
        if (index < taken.first || index >= taken.end) revert WrongPartition(index, partitionNumber);
        return _testPartsOf(taken.seed, id);
    }

    /// @dev Reverts unless the words are the keys of the parts in a bitmap, and the commitments of all others.
    function _requireKeys(DataRecord calldata record, bytes32[] calldata words, uint256 areKeys) private view {
        bytes32 keysHash = DataTransactions.keysHash(address(_modelChain), words, areKeys);
        if (keysHash != record.keysHash) revert WrongKeys(keysHash, record.keysHash);
    }

    /// @dev Flags with the one of a data transaction, which must not be there yet.
    function _raised(uint128 flags, uint32 round, uint32 index) private pure returns (uint128) {
        uint128 flag = uint128(1) << index;
        if (flags & flag != 0) revert AlreadyPublished(round, index);
        return flags | flag;
    }

    function _isRecorded(uint32 round, uint256 nullifierX, bytes32 id, uint256 index) private view returns (bool) {
        bool isSame = (_traces[round][nullifierX] ^ uint256(id)) >> NUMBER_BITS == 0;
        return isSame && nullifierUse(round, nullifierX) == index + 1;
    }

    /// @dev Reverts where a round has no such data transaction or partition, or has them no longer: from two rounds on
    /// they are written over.
    function _requireBelow(uint32 round, uint256 number, uint256 count) private view {
        if (uint256(round) + 1 < _collectingRound) count = 0;
        if (number >= count) revert NothingThere(round, number, count);
    }

    function _testPartsOf(bytes32 seed, bytes32 id) private view returns (uint256) {
        return TestParts.select(address(_modelChain), seed, id, _parts, _testParts);
    }

    /// @dev Decision time of the height; reverts unless the height is the one that must partition what is pending: the
    /// lowest above the last partition's that the relay holds, up to its tip, whose decision time is after the first
    /// pending arrival. That is so if the height before it is no candidate, as decision times never fall from one
    /// height to the next. Partitions' decision times rise even when Bitcoin reorganises: whatever arrived before the
    /// last one is taken, so that the first pending arrival is not before it.
    function _forcedDecision(uint32 height, Intake memory intake) private view returns (uint40 decision) {
        if (intake.partitioned == intake.shared) revert NothingPending();
        uint32 tip = _relay.tip();
        uint32 lowest = _relay.lowestHeight();
        uint32 last = _lastHeight;
        if (height <= last || height < lowest || height > tip) revert HeightNotPartitionable(height, last, tip);
        uint40 firstArrival = _arrivals[intake.partitioned];
        decision = _relay.decisionTime(height);
        if (decision <= firstArrival) revert DecisionTooEarly(height, decision, firstArrival);
        if (decision > block.timestamp) revert DecisionAhead(height, decision, block.timestamp);
        if (height - 1 > last && height - 1 >= lowest) {
            uint40 previous = _relay.decisionTime(height - 1);
            if (previous > firstArrival) revert NotLowestHeight(height, previous, firstArrival);
        }
    }
}
