// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Contracts} from "./interfaces/Contracts.sol";
import {IBitcoinRelay} from "./interfaces/IBitcoinRelay.sol";
import {IDataRegistry} from "./interfaces/IDataRegistry.sol";
import {IMembership} from "./interfaces/IMembership.sol";
import {IModelChain} from "./interfaces/IModelChain.sol";
import {Parameters} from "./interfaces/IProtocolParameters.sol";
import {Bits} from "./libraries/Bits.sol";
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

    /// @dev A partition, in one slot. What is not here is in the event.
    struct Taken {
        bytes24 bitcoinHash;
        uint8 first;
        uint8 end;
        uint32 round;
    }

    /// @dev What the chain itself needs of a round only while it collects and competes. No more than two rounds do:
    /// the next one but one writes over it, which costs a fifth of fresh slots.
    struct Page {
        mapping(uint256 index => bytes32) ids;
        mapping(uint256 number => Taken) partitions;
    }

    /// @dev Bitmap over the data transactions of a round, at most MAXIMUM_DATA: which have all their keys published.
    /// Of one before the round in competition while that one has none.
    struct Published {
        uint128 bitmap;
        uint32 round;
    }

    /// @dev Most data transactions of a round: as many as the longest ring has keys.
    uint256 private constant MAXIMUM_DATA = 128;

    /// @dev A trace is an identifier with its low byte replaced by 1 + the data transaction's number. The 248 bits
    /// left are as hard to hit as needed: 2^124 tries for a collision, each with a ring signature.
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
    Published private _published;
    Page[2] private _pages;

    /// @dev For a data transaction whose training keys are published: keccak256 of the round and of the commitments to
    /// its test keys. The next round writes over it.
    mapping(uint256 index => bytes32) private _awaited;

    /// @dev Of the data transactions of the round that collects. Six share a slot, and every round writes over what
    /// the one before left.
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
    function publishTrainingKeys(
        DataRecord calldata record,
        uint32 index,
        uint32 partitionNumber,
        bytes32[] calldata words
    ) external {
        uint32 round = record.round;
        _requirePhase(round, IModelChain.Phase.Open);
        Page storage page = _pages[round % 2];
        bytes32 id = identify(record);
        if (page.ids[index] != id) revert UnknownData(round, index, id);
        Taken memory taken = page.partitions[partitionNumber];
        if (taken.round != round || index < taken.first || index >= taken.end) {
            revert WrongPartition(index, partitionNumber);
        }
        (bytes32 keysHash, bytes32 testCommitments) =
            DataTransactions.keysHash(address(_modelChain), words, ~_testPartsOf(taken, id));
        if (keysHash != record.keysHash) revert WrongKeys(keysHash, record.keysHash);
        bytes32 awaited = _awaitedOf(round, testCommitments);
        if (_awaited[index] == awaited) revert AlreadyPublished(round, index);
        _awaited[index] = awaited;
        emit TrainingKeysPublished(round, index, words);
    }

    /// @inheritdoc IDataRegistry
    function publishTestKeys(uint32 round, uint32 index, bytes32[] calldata keys) external {
        _requirePhase(round, IModelChain.Phase.Unseal);
        (bytes32 testCommitments,) = DataTransactions.keysHash(address(_modelChain), keys, type(uint256).max);
        bytes32 awaited = _awaitedOf(round, testCommitments);
        if (_awaited[index] != awaited) revert WrongKeys(awaited, _awaited[index]);
        uint128 bitmap = uint128(published(round));
        uint128 flag = uint128(1) << index;
        if (bitmap & flag != 0) revert AlreadyPublished(round, index);
        _published = Published({bitmap: bitmap | flag, round: round});
        emit TestKeysPublished(round, index, keys);
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

        bytes24 bitcoinHash = _relay.blockHash(height);
        bytes32 seed = TestParts.seed(address(_modelChain), bitcoinHash);
        _pages[round % 2].partitions[intake.partitions++] =
            Taken({bitcoinHash: bitcoinHash, first: uint8(first), end: uint8(end), round: round});
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
        uint256 trace = _traces[record.round][record.nullifierX];
        bool isSame = (trace ^ uint256(identify(record))) >> NUMBER_BITS == 0;
        return isSame && uint8(trace) == uint256(index) + 1;
    }

    /// @inheritdoc IDataRegistry
    function nullifierUse(uint32 round, uint256 nullifierX) public view returns (uint32) {
        return uint8(_traces[round][nullifierX]);
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
        Taken memory taken = _pages[round % 2].partitions[number];
        bytes32 seed = TestParts.seed(address(_modelChain), taken.bitcoinHash);
        return Partition({first: taken.first, end: taken.end, seed: seed});
    }

    /// @inheritdoc IDataRegistry
    function testParts(uint32 round, uint32 index) external view returns (uint256) {
        _requireBelow(round, index, _intakes[round].partitioned);
        Page storage page = _pages[round % 2];
        uint256 number;
        while (page.partitions[number].end <= index) ++number;
        return _testPartsOf(page.partitions[number], page.ids[index]);
    }

    /// @inheritdoc IDataRegistry
    function published(uint32 round) public view returns (uint256) {
        Published memory latest = _published;
        return latest.round == round ? latest.bitmap : 0;
    }

    /// @inheritdoc IDataRegistry
    function lastPartition() external view returns (uint32 height, uint40 decisionTime) {
        return (_lastHeight, _intakes[_collectingRound].decisionTime);
    }

    /// @inheritdoc IDataRegistry
    function dataRoot(uint32 round, uint256 bitmap) external view returns (bytes32) {
        uint256 shared = _intakes[round].shared;
        if (bitmap != 0) _requireBelow(round, Math.log2(bitmap), shared);
        uint256 count = Bits.count(bitmap);
        bytes32[] memory leaves = new bytes32[](count);
        for (uint256 index = shared; index != 0;) {
            --index;
            if (!Bits.has(bitmap, index)) continue;
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

    function _awaitedOf(uint32 round, bytes32 testCommitments) private pure returns (bytes32) {
        return Hashes.efficientKeccak256(bytes32(uint256(round)), testCommitments);
    }

    function _requirePhase(uint32 round, IModelChain.Phase required) private view {
        (uint32 competing, IModelChain.Phase phase) = _modelChain.currentPhase();
        if (round != competing || phase != required) revert WrongPhase(round, competing, phase, required);
    }

    /// @dev Reverts where a round has no such data transaction or partition, or has them no longer: from two rounds on
    /// they are written over.
    function _requireBelow(uint32 round, uint256 number, uint256 count) private view {
        if (uint256(round) + 1 < _collectingRound) count = 0;
        if (number >= count) revert NothingThere(round, number, count);
    }

    function _testPartsOf(Taken memory taken, bytes32 id) private view returns (uint256) {
        bytes32 seed = TestParts.seed(address(_modelChain), taken.bitcoinHash);
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
