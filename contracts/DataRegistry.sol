// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IBitcoinRelay} from "./interfaces/IBitcoinRelay.sol";
import {IDataRegistry} from "./interfaces/IDataRegistry.sol";
import {IKeyRegistry} from "./interfaces/IKeyRegistry.sol";
import {IModelChain} from "./interfaces/IModelChain.sol";
import {IProtocolParameters, Parameters} from "./interfaces/IProtocolParameters.sol";
import {ArrivalLog} from "./libraries/ArrivalLog.sol";
import {RingSignatures} from "./libraries/RingSignatures.sol";
import {Tags} from "./libraries/Tags.sol";

/// @title Data transactions, as IDataRegistry describes them.
contract DataRegistry is IDataRegistry {
    using ArrivalLog for ArrivalLog.Log;

    /// @dev All that accepting an item reads and writes, in one slot. The entry of the arrival log that items are still
    /// added to is only here: it is open, and goes to the log when a later one opens or a partition takes it.
    struct Intake {
        uint32 round; // the one that collects
        uint40 openedAt; // when it began to
        uint40 lastDecision; // of the last partition
        uint40 openArrival; // timestamp of the open entry; 0 if none is open
        uint48 items;
        uint48 arrivals; // entries, with the open one
    }

    /// @dev What partitions have taken.
    struct Taken {
        uint64 items;
        uint64 arrivals;
        uint32 lastHeight;
    }

    uint256 private constant MAXIMUM_SHARES = 32;
    uint256 private constant MAXIMUM_REVEALS = 64;

    /// @dev A record is the item identifier with its low bits replaced by the item's number + 1. The 192 bits left
    /// are as hard to hit as needed: 2^96 tries for a collision, each with a ring signature.
    uint256 private constant NUMBER_BITS = 64;

    IBitcoinRelay private immutable _relay;
    IKeyRegistry private immutable _keyRegistry;
    IModelChain private immutable _modelChain;
    uint256 private immutable _maximumClockSkew;
    uint256 private immutable _graceSeconds;
    uint256 private immutable _minimumRing;
    uint256 private immutable _maximumRing;

    Intake private _intake;
    Taken private _taken;
    ArrivalLog.Log private _arrivals;
    mapping(uint32 scope => mapping(uint256 nullifierX => uint256)) private _records;

    /// @param parameters the protocol's parameters, deployed already
    /// @param relay gives the heights and decision times that partition the items
    /// @param keyRegistry gives the keys of a ring
    /// @param modelChain its address is fixed here, but it may be deployed later
    constructor(IProtocolParameters parameters, address relay, address keyRegistry, address modelChain) {
        Parameters memory values = parameters.get();
        _relay = IBitcoinRelay(relay);
        _keyRegistry = IKeyRegistry(keyRegistry);
        _modelChain = IModelChain(modelChain);
        _maximumClockSkew = values.maximumClockSkew;
        _graceSeconds = values.graceSeconds;
        _minimumRing = values.minimumRing;
        _maximumRing = values.maximumRing;
    }

    modifier onlyModelChain() {
        if (msg.sender != address(_modelChain)) revert NotModelChain(msg.sender, address(_modelChain));
        _;
    }

    // ---- data transactions -------------------------------------------------------------------------------------

    /// @inheritdoc IDataRegistry
    function share(DataTransaction calldata transaction) external {
        Item calldata item = transaction.item;
        uint256 used = _records[item.scope][item.nullifierX];
        if (used != 0) revert NullifierUsed(item.nullifierX, uint64(used) - 1);
        Intake memory intake = _intake;
        _accept(transaction, intake);
        _intake = intake;
    }

    /// @inheritdoc IDataRegistry
    function shareBatch(DataTransaction[] calldata transactions) external returns (uint256 accepted) {
        if (transactions.length > MAXIMUM_SHARES) revert BatchTooLarge(transactions.length, MAXIMUM_SHARES);
        Intake memory intake = _intake;
        for (uint256 i = 0; i < transactions.length; ++i) {
            Item calldata item = transactions[i].item;
            if (_records[item.scope][item.nullifierX] != 0) continue;
            _accept(transactions[i], intake);
            ++accepted;
        }
        _intake = intake;
    }

    /// @inheritdoc IDataRegistry
    function publishKeys(KeyReveal[] calldata reveals) external {
        if (reveals.length > MAXIMUM_REVEALS) revert BatchTooLarge(reveals.length, MAXIMUM_REVEALS);
        (uint32 round, IModelChain.Phase phase) = _modelChain.currentPhase();
        for (uint256 i = 0; i < reveals.length; ++i) {
            Item calldata item = reveals[i].item;
            uint256 found = _records[item.scope][item.nullifierX];
            bytes32 id = itemId(item);
            if (found == 0 || (found ^ uint256(id)) >> NUMBER_BITS != 0) revert UnknownItem(id);
            bytes32 key = reveals[i].key;
            bytes32 commitment = keccak256(abi.encode(Tags.KEY, block.chainid, address(this), key));
            if (commitment != item.keyCommitment) revert WrongKey(commitment, item.keyCommitment);
            emit KeyPublished(uint64(found) - 1, key, round, uint8(phase));
        }
    }

    // ---- partitions --------------------------------------------------------------------------------------------

    /// @inheritdoc IDataRegistry
    function take(uint32 height, uint64 endArrival)
        external
        onlyModelChain
        returns (uint64 firstItem, uint64 endItem, uint40 decision, bytes24 bitcoinHash)
    {
        Intake memory intake = _intake;
        Taken memory taken = _taken;
        decision = _forcedDecision(height, intake, taken);

        // The first pending entry is before the decision time, so that at least one entry is taken.
        if (
            endArrival <= taken.arrivals || endArrival > intake.arrivals
                || _arrivalAt(intake, endArrival - 1).timestamp >= decision
                || (endArrival < intake.arrivals && _arrivalAt(intake, endArrival).timestamp < decision)
        ) revert WrongEndArrival(endArrival, decision);

        (firstItem, endItem) = (taken.items, _arrivalAt(intake, endArrival - 1).items);
        bitcoinHash = _relay.blockHash(height);
        if (endArrival == intake.arrivals && intake.openArrival != 0) {
            // Closed, so that no later item is added to what was taken, whatever the clock does.
            _arrivals.write(endArrival - 1, intake.openArrival, intake.items);
            intake.openArrival = 0;
        }
        intake.lastDecision = decision;
        _intake = intake;
        _taken = Taken({items: endItem, arrivals: endArrival, lastHeight: height});
    }

    /// @inheritdoc IDataRegistry
    function openRound(uint32 round) external onlyModelChain {
        _intake.round = round;
        _intake.openedAt = uint40(block.timestamp);
    }

    /// @inheritdoc IDataRegistry
    function pendingDue() external view returns (bool) {
        Intake memory intake = _intake;
        uint64 first = _taken.arrivals;
        if (first == intake.arrivals) return false;
        uint32 tip = _relay.tip();
        if (tip < _relay.lowestHeight()) return false;
        return _arrivalAt(intake, first).timestamp < _relay.decisionTime(tip);
    }

    /// @inheritdoc IDataRegistry
    function nextPartition() external view returns (uint32 height, uint64 endArrival) {
        Intake memory intake = _intake;
        Taken memory taken = _taken;
        if (taken.arrivals == intake.arrivals) return (0, 0);
        uint40 firstArrival = _arrivalAt(intake, taken.arrivals).timestamp;

        // The lowest height in [low, tip] whose decision time is after the first arrival: these times never fall from
        // one height to the next. `high` is past the end while none is known.
        uint32 low = _relay.lowestHeight();
        if (low <= taken.lastHeight) low = taken.lastHeight + 1;
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

        // The first entry that is not before the decision time.
        (uint64 from, uint64 end) = (taken.arrivals + 1, intake.arrivals);
        while (from < end) {
            uint64 middle = from + (end - from) / 2;
            if (_arrivalAt(intake, middle).timestamp < decision) from = middle + 1;
            else end = middle;
        }
        return (low, from);
    }

    // ---- views -------------------------------------------------------------------------------------------------

    /// @inheritdoc IDataRegistry
    function itemId(Item calldata item) public view returns (bytes32) {
        return keccak256(abi.encode(Tags.ITEM_ID, block.chainid, address(this), item));
    }

    /// @inheritdoc IDataRegistry
    function record(uint32 scope, uint256 nullifierX) external view returns (bytes32) {
        return bytes32(_records[scope][nullifierX]);
    }

    /// @inheritdoc IDataRegistry
    function totals() external view returns (uint64 items, uint64 taken, uint32 lastHeight, uint40 lastDecision) {
        return (_intake.items, _taken.items, _taken.lastHeight, _intake.lastDecision);
    }

    /// @inheritdoc IDataRegistry
    function arrival(uint64 position) external view returns (Arrival memory) {
        Intake memory intake = _intake;
        if (position >= intake.arrivals) revert NoSuchArrival(position, intake.arrivals);
        return _arrivalAt(intake, position);
    }

    /// @inheritdoc IDataRegistry
    function arrivals() external view returns (uint64 count, uint64 taken) {
        return (_intake.arrivals, _taken.arrivals);
    }

    // ---- how an item is accepted -------------------------------------------------------------------------------

    /// @dev Checks a data transaction whose nullifier is not used, and records it. The caller stores `intake`.
    function _accept(DataTransaction calldata transaction, Intake memory intake) private {
        Item calldata item = transaction.item;
        _requireScope(item.scope, intake);
        uint256 latest = block.timestamp + _maximumClockSkew;
        if (item.timestamp > latest) revert TimestampAhead(item.timestamp, latest);
        if (item.timestamp < intake.lastDecision) revert TimestampBehind(item.timestamp, intake.lastDecision);
        RingSignature calldata signature = transaction.signature;
        uint256 size = signature.ring.length / 2;
        if (size > _maximumRing) revert RingTooLarge(size, _maximumRing);
        uint256[] memory ring = _keyRegistry.ringKeys(item.scope, signature.ring);
        RingSignatures.verify(item, ring, _minimumRing, signature.challenge, signature.responses);

        uint64 number = intake.items;
        _arrive(intake);
        bytes32 id = itemId(item);
        _records[item.scope][item.nullifierX] = (uint256(id) >> NUMBER_BITS << NUMBER_BITS) | (number + 1);
        emit DataShared(number, item.scope, id, intake.openArrival, item, signature);
    }

    /// @dev The round that collects, or the one before it while its grace lasts.
    function _requireScope(uint32 scope, Intake memory intake) private view {
        bool collects = scope == intake.round;
        bool inGrace = uint256(scope) + 1 == intake.round && block.timestamp <= intake.openedAt + _graceSeconds;
        if (scope == 0 || !(collects || inGrace)) revert ScopeNotAccepted(scope, intake.round);
    }

    /// @dev Counts one more item that arrives now. Should the clock have gone back, which no chain's does, the item
    /// arrives with the one before it: the pending entries are in order of time whatever happens.
    function _arrive(Intake memory intake) private {
        uint40 timestamp = uint40(block.timestamp);
        if (timestamp > intake.openArrival) {
            if (intake.openArrival != 0) _arrivals.write(intake.arrivals - 1, intake.openArrival, intake.items);
            intake.openArrival = timestamp;
            ++intake.arrivals;
        }
        ++intake.items;
    }

    /// @dev The entry at a position below `intake.arrivals`.
    function _arrivalAt(Intake memory intake, uint64 position) private view returns (Arrival memory) {
        if (intake.openArrival != 0 && position == intake.arrivals - 1) {
            return Arrival({timestamp: intake.openArrival, items: intake.items});
        }
        (uint40 timestamp, uint64 items) = _arrivals.read(position);
        return Arrival({timestamp: timestamp, items: items});
    }

    /// @dev Decision time of the height; reverts unless the height is the one that must partition what is pending: the
    /// lowest above the last partition's that the relay holds, up to its tip, whose decision time is after the first
    /// pending arrival. That is so if the height before it is no candidate, as decision times never fall from one
    /// height to the next. Partitions' decision times rise even when Bitcoin reorganises: whatever arrived before the
    /// last one is taken, so that the first pending arrival is not before it.
    function _forcedDecision(uint32 height, Intake memory intake, Taken memory taken)
        private
        view
        returns (uint40 decision)
    {
        if (taken.arrivals == intake.arrivals) revert NothingPending();
        uint32 tip = _relay.tip();
        uint32 lowest = _relay.lowestHeight();
        if (height <= taken.lastHeight || height < lowest || height > tip) {
            revert HeightNotPartitionable(height, taken.lastHeight, tip);
        }
        uint40 firstArrival = _arrivalAt(intake, taken.arrivals).timestamp;
        decision = _relay.decisionTime(height);
        if (decision <= firstArrival) revert DecisionTooEarly(height, decision, firstArrival);
        if (decision > block.timestamp) revert DecisionAhead(height, decision, block.timestamp);
        if (height - 1 > taken.lastHeight && height - 1 >= lowest) {
            uint40 previous = _relay.decisionTime(height - 1);
            if (previous > firstArrival) revert NotLowestHeight(height, previous, firstArrival);
        }
    }
}
