// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @notice The rules of one Bitcoin network, as far as headers show them.
/// Networks that let a late block fall back to the lowest difficulty (testnet3, testnet4) are not supported; on
/// regtest that rule changes nothing, since every block has the lowest difficulty.
struct Rules {
    uint256 powLimit; // the highest target: 2^224 - 1 on mainnet, 2^255 - 1 on regtest
    bool noRetargeting; // every block keeps the first one's target: regtest
}

/// @notice What a relay is set up with beside the network's rules.
struct Settings {
    uint32 ringSize; // slots for headers; an older header's slot is used again
    uint32 maximumBatch; // headers that one submission may have; bounds reorganisations too
    uint32 confirmations; // blocks between the best header and the tip
    uint32 bufferSeconds; // how long before a header's median time past its decision time lies
}

/// @notice Where the chain starts: 11 headers, trusted because they are written down.
struct Checkpoint {
    uint32 height; // height of the last of the headers, which is final
    uint32 epochStartTime; // time of the header at the highest multiple of 2016 not above `height`
    bytes headers; // 11 raw headers, 880 bytes, that end with the one at `height`
}

/// @title Bitcoin's best header chain above a checkpoint, with a clock that everybody reads alike.
///
/// @notice Anybody submits raw headers. They are held to Bitcoin's rules for headers: links, versions of BIP 65,
/// exact targets with the retarget every 2016 blocks, proof of work, times above the median of the 11 before and at
/// most two hours ahead of the EVM's clock. What blocks contain is not seen: a miner who spends a block's work can
/// have a header without a valid block accepted for as long as that chain has the most work.
///
/// The chain with the most work wins. There are no side branches: a reorganisation is one batch that starts after
/// the last common header and has strictly more work than all the headers it replaces, so it is at most
/// `maximumBatch` deep. What reads this relay must know that heights above `tip` less the depth it cares for may
/// change, and that `bestHeight` may fall (to a shorter chain with more work, around a retarget).
///
/// Each header takes one storage slot of a ring: the first 24 bytes of its hash in the byte order of the header's
/// previous-hash field (its low 192 bits as a number: proof of work fills the high ones with zeros), its time and its
/// median time past. A batch's first header is linked to the best header by all 32 bytes, to an older one by those 24.
///
/// There is no owner, and nothing can be changed after deployment.
interface IBitcoinRelay {
    /// @notice Headers were added; `lastHash` is the best hash now, `lastHeight` its height.
    event HeadersAccepted(uint32 indexed firstHeight, uint32 lastHeight, bytes32 lastHash);

    /// @notice The headers above `forkHeight` up to `oldHeight` were replaced; the best height is now `newHeight`.
    event Reorganised(uint32 indexed forkHeight, uint32 oldHeight, uint32 newHeight);

    /// @notice A batch is empty, no whole number of 80-byte headers, or longer than `maximum` bytes.
    error BadBatchLength(uint256 length, uint256 maximum);

    /// @notice The batch's first header follows no header of the best chain from `lowestFork` up.
    error UnknownParent(bytes32 parent, uint32 lowestFork);

    /// @notice A header does not name the one before it.
    error BrokenLink(uint32 height, bytes32 expected, bytes32 actual);

    /// @notice A header's version is lower than Bitcoin has accepted since BIP 65.
    error OldVersion(uint32 height, int32 version, int32 minimum);

    /// @notice A header claims another target than the one due at its height.
    error WrongBits(uint32 height, uint32 expected, uint32 actual);

    /// @notice A header's hash, as a number, is above its target.
    error InsufficientWork(uint32 height, uint256 hashNumber, uint256 target);

    /// @notice A header's time does not exceed the median time past of the header before it.
    error TimeTooEarly(uint32 height, uint32 time, uint32 medianTimePast);

    /// @notice A header's time is more than two hours ahead of the EVM's clock.
    error TimeTooLate(uint32 height, uint32 time, uint256 limit);

    /// @notice A branch does not have strictly more work than what it would replace.
    error NotMoreWork(uint32 forkHeight, uint256 branchWork, uint256 replacedWork);

    /// @notice The chain does not hold a height: too old (the ring used its slot again), or still ahead.
    error HeightNotHeld(uint32 height, uint32 lowest, uint32 best);

    /// @notice Deployment: the highest target is zero, or so high that a retarget could overflow.
    error BadPowLimit(uint256 powLimit, uint256 maximum);

    /// @notice Deployment: the largest batch is not between one header and one epoch.
    error BadMaximumBatch(uint32 maximumBatch, uint32 highest);

    /// @notice Deployment: a batch and the header times of a median before it do not fit the ring.
    error RingTooSmall(uint32 ringSize, uint32 minimum);

    /// @notice Deployment: the checkpoint leaves no room for 11 headers, or is beyond any real height.
    error BadCheckpointHeight(uint32 height, uint32 lowest, uint32 highest);

    /// @notice Deployment: the checkpoint does not have exactly 11 headers.
    error BadCheckpointLength(uint256 length, uint256 expected);

    /// @notice Deployment: a checkpoint header's target is above the network's highest.
    error TargetAboveLimit(uint32 height, uint256 target, uint256 powLimit);

    /// @notice Deployment: the header that starts the epoch is among the checkpoint's and has another time.
    error EpochStartMismatch(uint32 height, uint32 given, uint32 actual);

    /// @notice Deployment: the tip would lie below the genesis block.
    error TooManyConfirmations(uint32 confirmations, uint32 maximum);

    /// @notice Deployment: the checkpoint's decision time would lie before 1970.
    error BufferTooLong(uint32 bufferSeconds, uint32 maximum);

    /// @notice Adds raw 80-byte headers that follow a header of the best chain, oldest first.
    /// Headers at the start of the batch that are held already are skipped, so that several feeders may race; a batch
    /// of nothing else changes nothing. What remains extends the best chain or, if it has more work, replaces the
    /// headers above its fork. Reverts with the first rule that a header breaks.
    function submit(bytes calldata headers) external;

    /// @notice Height of the best chain's last header.
    function bestHeight() external view returns (uint32);

    /// @notice Hash of the best chain's last header, all 32 bytes.
    function bestHash() external view returns (bytes32);

    /// @notice The best height less `confirmations`.
    function tip() external view returns (uint32);

    /// @notice Lowest height whose hash and decision time are held.
    function lowestHeight() external view returns (uint32);

    /// @notice Lowest height after which a batch may start now.
    function lowestFork() external view returns (uint32);

    /// @notice The median time past of a header of the best chain less `bufferSeconds`, in seconds since 1970.
    /// Invariant: it never falls from one height to the next (the library MedianTimePast says why), so the heights
    /// whose decision time exceeds a given time are those from some height on. `HeightNotHeld` if it is not held.
    function decisionTime(uint32 height) external view returns (uint40);

    /// @notice The 24 bytes that are held of a header's hash. `HeightNotHeld` if it is not held.
    function blockHash(uint32 height) external view returns (bytes24);

    /// @notice All that is held of a header of the best chain. `HeightNotHeld` if it is not held.
    function header(uint32 height) external view returns (bytes24 shortHash, uint32 time, uint32 medianTimePast);

    /// @notice Compact target of the best header's epoch, and the time of the epoch's first header.
    function epoch() external view returns (uint32 bits, uint32 startTime);

    /// @notice Height of the checkpoint's last header. It and what lies before it are final.
    function checkpointHeight() external view returns (uint32);

    /// @notice The network's highest target.
    function powLimit() external view returns (uint256);

    /// @notice Whether every block keeps the first one's target.
    function noRetargeting() external view returns (bool);

    /// @notice Slots for headers.
    function ringSize() external view returns (uint32);

    /// @notice Headers that one submission may have.
    function maximumBatch() external view returns (uint32);

    /// @notice Blocks between the best header and the tip.
    function confirmations() external view returns (uint32);

    /// @notice How long before a header's median time past its decision time lies, in seconds.
    function bufferSeconds() external view returns (uint32);
}
