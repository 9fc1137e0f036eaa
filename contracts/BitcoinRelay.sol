// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IBitcoinRelay, Rules, Settings, Checkpoint} from "./interfaces/IBitcoinRelay.sol";
import {BitcoinHeader} from "./libraries/BitcoinHeader.sol";
import {MedianTimePast} from "./libraries/MedianTimePast.sol";

/// @title Bitcoin's best header chain above a checkpoint: see IBitcoinRelay for what it promises.
contract BitcoinRelay is IBitcoinRelay {
    using MedianTimePast for MedianTimePast.Window;

    /// @dev The best chain's state beside its best hash: one storage slot.
    struct State {
        uint32 bestHeight;
        // The highest height that was ever best. After a reorganisation to a shorter chain, slots up to it are still
        // overwritten, so it, not bestHeight, says which heights the ring has lost.
        uint32 highestHeight;
    }

    /// @dev The headers of one batch that follow a header of the best chain, while they are checked.
    struct Branch {
        uint32 bits;
        uint32 epochStartTime;
        uint256 target;
        uint256 work; // of all headers so far
        uint256 headerWork; // of one header of this epoch
        uint256 medianTimePast; // of the last header
        uint256 time; // of the last header
        bytes32 lastHash;
        MedianTimePast.Window window;
    }

    /// @dev Lowest version since BIP 65 became a rule (mainnet block 388,381; regtest from its start).
    int32 private constant MINIMUM_VERSION = 4;

    /// @dev Bitcoin Core's MAX_FUTURE_BLOCK_TIME.
    uint256 private constant MAXIMUM_FUTURE_SECONDS = 7200;

    uint256 private constant EPOCH_BLOCKS = BitcoinHeader.EPOCH_BLOCKS;
    uint256 private constant WINDOW = MedianTimePast.WINDOW;

    /// @dev Leaves heights above the checkpoint far from the end of uint32.
    uint32 private constant HIGHEST_CHECKPOINT = type(uint32).max / 2;

    /// @inheritdoc IBitcoinRelay
    uint256 public immutable powLimit;
    /// @inheritdoc IBitcoinRelay
    bool public immutable noRetargeting;
    /// @inheritdoc IBitcoinRelay
    uint32 public immutable ringSize;
    /// @inheritdoc IBitcoinRelay
    uint32 public immutable maximumBatch;
    /// @inheritdoc IBitcoinRelay
    uint32 public immutable confirmations;
    /// @inheritdoc IBitcoinRelay
    uint32 public immutable bufferSeconds;
    /// @inheritdoc IBitcoinRelay
    uint32 public immutable checkpointHeight;

    /// @inheritdoc IBitcoinRelay
    bytes32 public bestHash;

    State private _state;

    /// @dev Height modulo ringSize => hash (high 192 bits), time (32), median time past (low 32).
    mapping(uint256 place => uint256 slot) private _ring;

    /// @dev Height / 2016 => start time (32), bits (low 32). What lies above the best height is stale.
    mapping(uint256 number => uint256 slot) private _epochs;

    /// @dev Reverts with one of the errors whose text begins with "Deployment", with those of a header that breaks a
    /// rule (BrokenLink, WrongBits, InsufficientWork), or with InvalidBits of the library BitcoinHeader.
    /// @param rules the network's
    /// @param settings the relay's own
    /// @param checkpoint where the chain starts
    constructor(Rules memory rules, Settings memory settings, Checkpoint memory checkpoint) {
        uint256 highest = rules.noRetargeting ? type(uint256).max >> 1 : type(uint256).max >> 2;
        if (rules.powLimit == 0 || rules.powLimit > highest) revert BadPowLimit(rules.powLimit, highest);
        if (settings.maximumBatch == 0 || settings.maximumBatch > EPOCH_BLOCKS) {
            revert BadMaximumBatch(settings.maximumBatch, uint32(EPOCH_BLOCKS));
        }
        uint32 minimumRing = settings.maximumBatch + uint32(WINDOW);
        if (settings.ringSize < minimumRing) revert RingTooSmall(settings.ringSize, minimumRing);

        powLimit = rules.powLimit;
        noRetargeting = rules.noRetargeting;
        ringSize = settings.ringSize;
        maximumBatch = settings.maximumBatch;
        confirmations = settings.confirmations;
        bufferSeconds = settings.bufferSeconds;
        checkpointHeight = checkpoint.height;

        uint256 median = _start(rules, settings.ringSize, checkpoint);
        if (settings.confirmations > checkpoint.height) {
            revert TooManyConfirmations(settings.confirmations, checkpoint.height);
        }
        if (settings.bufferSeconds > median) revert BufferTooLong(settings.bufferSeconds, uint32(median));
    }

    /// @inheritdoc IBitcoinRelay
    function submit(bytes calldata headers) external {
        uint256 maximum = maximumBatch * BitcoinHeader.SIZE;
        if (headers.length == 0 || headers.length % BitcoinHeader.SIZE != 0 || headers.length > maximum) {
            revert BadBatchLength(headers.length, maximum);
        }
        bytes memory batch = headers;
        uint256 count = batch.length / BitcoinHeader.SIZE;
        State memory state = _state;

        (uint256 forkHeight, bytes32 forkHash, uint256 index) = _findFork(batch, count, state);
        if (index == count) return;

        // Before the branch overwrites the epochs that it replaces.
        uint256 replacedWork = forkHeight < state.bestHeight ? _workAbove(forkHeight, state.bestHeight) : 0;
        uint256 firstHeight = forkHeight + 1;
        Branch memory branch = _openBranch(forkHeight, forkHash);
        uint256 height = forkHeight;
        for (; index < count; ++index) {
            _append(branch, batch, index, ++height);
        }
        if (forkHeight < state.bestHeight) {
            if (branch.work <= replacedWork) revert NotMoreWork(uint32(forkHeight), branch.work, replacedWork);
            emit Reorganised(uint32(forkHeight), state.bestHeight, uint32(height));
        }
        state.bestHeight = uint32(height);
        if (height > state.highestHeight) state.highestHeight = uint32(height);
        _state = state;
        bestHash = branch.lastHash;
        emit HeadersAccepted(uint32(firstHeight), uint32(height), branch.lastHash);
    }

    /// @inheritdoc IBitcoinRelay
    function bestHeight() external view returns (uint32) {
        return _state.bestHeight;
    }

    /// @inheritdoc IBitcoinRelay
    function tip() external view returns (uint32) {
        return _state.bestHeight - confirmations;
    }

    /// @inheritdoc IBitcoinRelay
    function lowestHeight() external view returns (uint32) {
        return _lowestHeight(_state);
    }

    /// @inheritdoc IBitcoinRelay
    function lowestFork() external view returns (uint32) {
        return uint32(_lowestFork(_state));
    }

    /// @inheritdoc IBitcoinRelay
    function decisionTime(uint32 height) external view returns (uint40) {
        // No underflow: the buffer fits the checkpoint's median time past, and the median never falls.
        return uint32(_held(height)) - bufferSeconds;
    }

    /// @inheritdoc IBitcoinRelay
    function blockHash(uint32 height) external view returns (bytes24) {
        return bytes24(bytes32(_held(height)));
    }

    /// @inheritdoc IBitcoinRelay
    function header(uint32 height) external view returns (bytes24 shortHash, uint32 time, uint32 medianTimePast) {
        uint256 slot = _held(height);
        return (bytes24(bytes32(slot)), uint32(slot >> 32), uint32(slot));
    }

    /// @inheritdoc IBitcoinRelay
    function epoch() external view returns (uint32 bits, uint32 startTime) {
        uint256 slot = _epochs[_state.bestHeight / EPOCH_BLOCKS];
        return (uint32(slot), uint32(slot >> 32));
    }

    /// @dev Checks the checkpoint's headers and stores them. What lies before them is not known, so their own times
    /// and versions are not judged.
    /// @return median the median time past of the last one
    function _start(Rules memory rules, uint256 slots, Checkpoint memory checkpoint) private returns (uint256 median) {
        uint256 last = checkpoint.height;
        if (last < WINDOW - 1 || last > HIGHEST_CHECKPOINT) {
            revert BadCheckpointHeight(checkpoint.height, uint32(WINDOW - 1), HIGHEST_CHECKPOINT);
        }
        bytes memory headers = checkpoint.headers;
        if (headers.length != WINDOW * BitcoinHeader.SIZE) {
            revert BadCheckpointLength(headers.length, WINDOW * BitcoinHeader.SIZE);
        }
        MedianTimePast.Window memory window;
        bytes32 previousHash = BitcoinHeader.previousHash(headers, 0);
        uint32 bits = BitcoinHeader.bits(headers, 0);
        for (uint256 index = 0; index < WINDOW; ++index) {
            uint256 height = last - (WINDOW - 1) + index;
            if (BitcoinHeader.previousHash(headers, index) != previousHash) {
                revert BrokenLink(uint32(height), previousHash, BitcoinHeader.previousHash(headers, index));
            }
            uint32 ownBits = BitcoinHeader.bits(headers, index);
            if (ownBits != bits && (rules.noRetargeting || height % EPOCH_BLOCKS != 0)) {
                revert WrongBits(uint32(height), bits, ownBits);
            }
            bits = ownBits;
            uint256 target = BitcoinHeader.targetFromBits(bits);
            if (target > rules.powLimit) revert TargetAboveLimit(uint32(height), target, rules.powLimit);
            previousHash = BitcoinHeader.hash(headers, index);
            _checkWork(height, previousHash, target);
            uint32 time = BitcoinHeader.time(headers, index);
            if (height == last - last % EPOCH_BLOCKS && time != checkpoint.epochStartTime) {
                revert EpochStartMismatch(uint32(height), checkpoint.epochStartTime, time);
            }
            window.fill(index, time);
            if (index == WINDOW - 1) median = window.median();
            _ring[height % slots] = _pack(previousHash, time, median);
        }
        _epochs[last / EPOCH_BLOCKS] = (uint256(checkpoint.epochStartTime) << 32) | bits;
        _state = State({bestHeight: checkpoint.height, highestHeight: checkpoint.height});
        bestHash = previousHash;
    }

    /// @dev Finds the header of the best chain that the batch's first new header follows.
    /// @return forkHeight its height
    /// @return forkHash its hash as the batch gives it
    /// @return index of the first header in the batch that is not held; `count` if all are
    function _findFork(bytes memory batch, uint256 count, State memory state)
        private
        view
        returns (uint256 forkHeight, bytes32 forkHash, uint256 index)
    {
        forkHash = BitcoinHeader.previousHash(batch, 0);
        forkHeight = state.bestHeight;
        if (forkHash == bestHash) return (forkHeight, forkHash, 0);

        uint256 lowest = _lowestFork(state);
        do {
            if (forkHeight == lowest) revert UnknownParent(forkHash, uint32(lowest));
            --forkHeight;
        } while (!_isHeld(forkHeight, forkHash));

        while (index < count && forkHeight < state.bestHeight) {
            bytes32 ownHash = BitcoinHeader.hash(batch, index);
            if (!_isHeld(forkHeight + 1, ownHash)) break;
            forkHash = ownHash;
            ++forkHeight;
            ++index;
        }
    }

    /// @dev Starts a branch after a header of the best chain: reads its epoch and the window of times that ends there.
    function _openBranch(uint256 forkHeight, bytes32 forkHash) private view returns (Branch memory branch) {
        uint256 slot = _epochs[forkHeight / EPOCH_BLOCKS];
        _setEpoch(branch, uint32(slot), uint32(slot >> 32));
        branch.lastHash = forkHash;
        for (uint256 place = 0; place < WINDOW; ++place) {
            slot = _ring[(forkHeight + 1 + place - WINDOW) % ringSize];
            branch.window.fill(place, uint32(slot >> 32));
        }
        branch.medianTimePast = uint32(slot);
        branch.time = uint32(slot >> 32);
    }

    /// @dev Checks the header that comes next in a branch, in the order in which the errors are listed, and stores it.
    function _append(Branch memory branch, bytes memory batch, uint256 index, uint256 height) private {
        bytes32 previousHash = BitcoinHeader.previousHash(batch, index);
        if (previousHash != branch.lastHash) revert BrokenLink(uint32(height), branch.lastHash, previousHash);
        int32 version = BitcoinHeader.version(batch, index);
        if (version < MINIMUM_VERSION) revert OldVersion(uint32(height), version, MINIMUM_VERSION);
        uint32 time = BitcoinHeader.time(batch, index);
        if (height % EPOCH_BLOCKS == 0) _startEpoch(branch, height, time);
        uint32 bits = BitcoinHeader.bits(batch, index);
        if (bits != branch.bits) revert WrongBits(uint32(height), branch.bits, bits);
        bytes32 ownHash = BitcoinHeader.hash(batch, index);
        _checkWork(height, ownHash, branch.target);
        if (time <= branch.medianTimePast) revert TimeTooEarly(uint32(height), time, uint32(branch.medianTimePast));
        if (time > block.timestamp + MAXIMUM_FUTURE_SECONDS) {
            revert TimeTooLate(uint32(height), time, block.timestamp + MAXIMUM_FUTURE_SECONDS);
        }
        branch.window.push(time);
        branch.time = time;
        branch.medianTimePast = branch.window.median();
        branch.lastHash = ownHash;
        branch.work += branch.headerWork;
        _ring[height % ringSize] = _pack(ownHash, time, branch.medianTimePast);
    }

    /// @dev The header at `height`, a multiple of 2016, starts an epoch: the target that is due is found and stored.
    function _startEpoch(Branch memory branch, uint256 height, uint32 startTime) private {
        uint32 bits = branch.bits;
        if (!noRetargeting) {
            bits = BitcoinHeader.retarget(bits, branch.epochStartTime, uint32(branch.time), powLimit);
        }
        _setEpoch(branch, bits, startTime);
        _epochs[height / EPOCH_BLOCKS] = (uint256(startTime) << 32) | bits;
    }

    function _setEpoch(Branch memory branch, uint32 bits, uint32 startTime) private pure {
        branch.bits = bits;
        branch.epochStartTime = startTime;
        branch.target = BitcoinHeader.targetFromBits(bits);
        branch.headerWork = BitcoinHeader.work(branch.target);
    }

    /// @dev Work of the best chain's headers above `forkHeight`. They are at most maximumBatch, which is at most one
    /// epoch, so that they lie in one or two epochs.
    function _workAbove(uint256 forkHeight, uint256 best) private view returns (uint256 total) {
        for (uint256 height = forkHeight + 1; height <= best;) {
            uint256 next = (height / EPOCH_BLOCKS + 1) * EPOCH_BLOCKS;
            if (next > best + 1) next = best + 1;
            uint256 target = BitcoinHeader.targetFromBits(uint32(_epochs[height / EPOCH_BLOCKS]));
            total += (next - height) * BitcoinHeader.work(target);
            height = next;
        }
    }

    /// @dev The slot of a height that is held.
    function _held(uint32 height) private view returns (uint256) {
        State memory state = _state;
        uint32 lowest = _lowestHeight(state);
        if (height < lowest || height > state.bestHeight) revert HeightNotHeld(height, lowest, state.bestHeight);
        return _ring[height % ringSize];
    }

    function _lowestHeight(State memory state) private view returns (uint32) {
        return uint32(_atLeast(checkpointHeight, uint256(state.highestHeight) + 1, ringSize));
    }

    /// @dev Below it lie the checkpoint, the longest batch, or a window of times that the ring has lost.
    function _lowestFork(State memory state) private view returns (uint256) {
        uint256 lowest = _atLeast(checkpointHeight, uint256(state.highestHeight) + WINDOW, ringSize);
        return _atLeast(lowest, state.bestHeight, maximumBatch);
    }

    /// @dev The higher of `floor` and `from - less`.
    function _atLeast(uint256 floor, uint256 from, uint256 less) private pure returns (uint256) {
        return from > floor + less ? from - less : floor;
    }

    /// @dev Whether the ring's slot for a height has this hash, as far as 192 bits tell.
    function _isHeld(uint256 height, bytes32 hash) private view returns (bool) {
        return _ring[height % ringSize] >> 64 == uint256(hash) >> 64;
    }

    function _checkWork(uint256 height, bytes32 hash, uint256 target) private pure {
        uint256 number = BitcoinHeader.toNumber(hash);
        if (number > target) revert InsufficientWork(uint32(height), number, target);
    }

    function _pack(bytes32 hash, uint256 time, uint256 medianTimePast) private pure returns (uint256) {
        return (uint256(hash) >> 64 << 64) | (time << 32) | medianTimePast;
    }
}
