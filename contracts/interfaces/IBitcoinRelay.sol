// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @notice The rules of one Bitcoin network, as far as headers show them.
/// Networks that let a late block fall back to the lowest difficulty (testnet3, testnet4) are not supported; on
/// regtest that rule changes nothing, since every block has the lowest difficulty.
/// @param powLimit the highest target: 2^224 - 1 on mainnet, 2^255 - 1 on regtest; from 1 to 2^254 - 1, or to
/// 2^255 - 1 without retargeting
/// @param noRetargeting whether every block keeps the first one's target, as on regtest
struct Rules {
    uint256 powLimit;
    bool noRetargeting;
}

/// @notice What a relay is set up with beside the network's rules.
/// @param ringSize slots for headers, at least `maximumBatch` + 11; an older header's slot is used again
/// @param maximumBatch headers that one submission may have, 1 to 2016; bounds the depth of reorganisations too
/// @param confirmations blocks between the best header and the tip, at most the checkpoint's height
/// @param bufferSeconds how long before a header's median time past its decision time lies; at most the checkpoint's
/// median time past
struct Settings {
    uint32 ringSize;
    uint32 maximumBatch;
    uint32 confirmations;
    uint32 bufferSeconds;
}

/// @notice Where the chain starts: 11 headers, trusted because they are written down.
/// @param height height of the last of the headers, which is final; 10 to 2^31 - 1
/// @param epochStartTime time of the header at the highest multiple of 2016 not above `height`, in seconds since 1970
/// @param headers 11 raw headers, 880 bytes, oldest first, that end with the one at `height`
struct Checkpoint {
    uint32 height;
    uint32 epochStartTime;
    bytes headers;
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
/// There is no owner, and nothing can be changed after deployment. Heights are Bitcoin's, times are in seconds since
/// 1970, and hashes have the byte order of a header's previous-hash field.
interface IBitcoinRelay {
    /// @notice Headers were added to the best chain.
    /// @param firstHeight height of the first of them
    /// @param lastHeight height of the last of them: the best height now
    /// @param lastHash hash of the last of them: the best hash now
    event HeadersAccepted(uint32 indexed firstHeight, uint32 lastHeight, bytes32 lastHash);

    /// @notice Headers of the best chain were replaced by others with more work. HeadersAccepted follows.
    /// @param forkHeight height of the last header that both chains have; those above it were replaced
    /// @param oldHeight best height before
    /// @param newHeight best height now; it may be the lower one
    event Reorganised(uint32 indexed forkHeight, uint32 oldHeight, uint32 newHeight);

    /// @notice A batch is empty, no whole number of 80-byte headers, or too long.
    /// @param length bytes of the batch
    /// @param maximum bytes that it may have: 80 x `maximumBatch`
    error BadBatchLength(uint256 length, uint256 maximum);

    /// @notice The batch's first header follows no header of the best chain after which a batch may start.
    /// @param parent hash of the header that it names as the one before
    /// @param lowestFork lowest height after which a batch may start now
    error UnknownParent(bytes32 parent, uint32 lowestFork);

    /// @notice A header does not name the one before it.
    /// @param height height of the header
    /// @param expected hash of the header before it
    /// @param actual hash that it names
    error BrokenLink(uint32 height, bytes32 expected, bytes32 actual);

    /// @notice A header's version is lower than Bitcoin has accepted since BIP 65.
    /// @param height height of the header
    /// @param version its version
    /// @param minimum the lowest version accepted: 4
    error OldVersion(uint32 height, int32 version, int32 minimum);

    /// @notice A header claims another target than the one due at its height.
    /// @param height height of the header
    /// @param expected the compact target that is due
    /// @param actual the compact target that it claims
    error WrongBits(uint32 height, uint32 expected, uint32 actual);

    /// @notice A header's hash, as a number, is above its target.
    /// @param height height of the header
    /// @param hashNumber its hash as the number that is compared
    /// @param target the highest number that it may be
    error InsufficientWork(uint32 height, uint256 hashNumber, uint256 target);

    /// @notice A header's time does not exceed the median time past of the header before it.
    /// @param height height of the header
    /// @param time its time
    /// @param medianTimePast median of the 11 times before it
    error TimeTooEarly(uint32 height, uint32 time, uint32 medianTimePast);

    /// @notice A header's time is more than two hours ahead of the EVM's clock.
    /// @param height height of the header
    /// @param time its time
    /// @param limit the latest time accepted now: the EVM block's timestamp + 7,200
    error TimeTooLate(uint32 height, uint32 time, uint256 limit);

    /// @notice A branch does not have strictly more work than what it would replace.
    /// @param forkHeight height of the last header that both chains have
    /// @param branchWork work of the branch's headers above it, in expected hashes
    /// @param replacedWork work of the best chain's headers above it, in expected hashes
    error NotMoreWork(uint32 forkHeight, uint256 branchWork, uint256 replacedWork);

    /// @notice The chain does not hold a height: too old (the ring used its slot again), or still ahead.
    /// @param height the height asked for
    /// @param lowest the lowest height held
    /// @param best the best height
    error HeightNotHeld(uint32 height, uint32 lowest, uint32 best);

    /// @notice Deployment: the highest target is zero, or so high that a retarget could overflow.
    /// @param powLimit the highest target that was given
    /// @param maximum the highest that is accepted: 2^254 - 1, without retargeting 2^255 - 1
    error BadPowLimit(uint256 powLimit, uint256 maximum);

    /// @notice Deployment: the largest batch is not between one header and one epoch.
    /// @param maximumBatch the headers of the largest batch, as given
    /// @param highest the most that is accepted: 2016
    error BadMaximumBatch(uint32 maximumBatch, uint32 highest);

    /// @notice Deployment: a batch and the header times of a median before it do not fit the ring.
    /// @param ringSize the slots that were given
    /// @param minimum the fewest that are accepted: `maximumBatch` + 11
    error RingTooSmall(uint32 ringSize, uint32 minimum);

    /// @notice Deployment: the checkpoint leaves no room for 11 headers, or is beyond any real height.
    /// @param height the checkpoint's height
    /// @param lowest the lowest that is accepted: 10
    /// @param highest the highest that is accepted: 2^31 - 1
    error BadCheckpointHeight(uint32 height, uint32 lowest, uint32 highest);

    /// @notice Deployment: the checkpoint does not have exactly 11 headers.
    /// @param length bytes of the checkpoint's headers
    /// @param expected bytes of 11 headers: 880
    error BadCheckpointLength(uint256 length, uint256 expected);

    /// @notice Deployment: a checkpoint header's target is above the network's highest.
    /// @param height height of the header
    /// @param target its target
    /// @param powLimit the network's highest
    error TargetAboveLimit(uint32 height, uint256 target, uint256 powLimit);

    /// @notice Deployment: the header that starts the epoch is among the checkpoint's and has another time.
    /// @param height height of the header
    /// @param given the checkpoint's `epochStartTime`
    /// @param actual the header's time
    error EpochStartMismatch(uint32 height, uint32 given, uint32 actual);

    /// @notice Deployment: the tip would lie below the genesis block.
    /// @param confirmations the confirmations that were given
    /// @param maximum the most that are accepted: the checkpoint's height
    error TooManyConfirmations(uint32 confirmations, uint32 maximum);

    /// @notice Deployment: the checkpoint's decision time would lie before 1970.
    /// @param bufferSeconds the seconds that were given
    /// @param maximum the most that are accepted: the checkpoint's median time past
    error BufferTooLong(uint32 bufferSeconds, uint32 maximum);

    /// @notice Adds headers that follow a header of the best chain. Anybody may call it.
    /// Headers at the start of the batch that are held already are skipped, so that several feeders may race; a batch
    /// of nothing else changes nothing. What remains extends the best chain or, if it has more work, replaces the
    /// headers above its fork. All of the batch is accepted or none.
    /// @dev Reverts with BadBatchLength, UnknownParent, the first rule that a header breaks (BrokenLink, OldVersion,
    /// WrongBits, InsufficientWork, TimeTooEarly, TimeTooLate, looked at in this order), or NotMoreWork.
    /// @param headers raw headers, 80 bytes each, oldest first; 1 to `maximumBatch` of them
    function submit(bytes calldata headers) external;

    /// @notice Height of the best chain's last header.
    /// @return that height
    function bestHeight() external view returns (uint32);

    /// @notice Hash of the best chain's last header.
    /// @return all 32 bytes of it
    function bestHash() external view returns (bytes32);

    /// @notice The height that the protocol takes for Bitcoin's last: the best height less `confirmations`.
    /// @return that height; it may lie below `lowestHeight` while few headers are held
    function tip() external view returns (uint32);

    /// @notice Lowest height whose hash and decision time are held.
    /// @return that height, not below the checkpoint's
    function lowestHeight() external view returns (uint32);

    /// @notice Lowest height after which a batch may start now.
    /// @return that height, not below the checkpoint's
    function lowestFork() external view returns (uint32);

    /// @notice Decision time of a header of the best chain: its median time past less `bufferSeconds`. What arrives
    /// before it is split by that header's hash (docs/Protocol.md, Partition).
    /// Invariant: it never falls from one height to the next (the library MedianTimePast says why), so the heights
    /// whose decision time exceeds a given time are those from some height on.
    /// @dev Reverts with HeightNotHeld.
    /// @param height height of the header
    /// @return seconds since 1970
    function decisionTime(uint32 height) external view returns (uint40);

    /// @notice What is held of the hash of a header of the best chain. Seeds are made from it.
    /// @dev Reverts with HeightNotHeld.
    /// @param height height of the header
    /// @return the first 24 bytes of the hash
    function blockHash(uint32 height) external view returns (bytes24);

    /// @notice All that is held of a header of the best chain.
    /// @dev Reverts with HeightNotHeld.
    /// @param height height of the header
    /// @return shortHash the first 24 bytes of its hash
    /// @return time the time that its miner claims
    /// @return medianTimePast median of its time and the 10 before it
    function header(uint32 height) external view returns (bytes24 shortHash, uint32 time, uint32 medianTimePast);

    /// @notice The epoch of 2016 blocks that the best header belongs to.
    /// @return bits its compact target
    /// @return startTime time of its first header
    function epoch() external view returns (uint32 bits, uint32 startTime);

    /// @notice Height of the checkpoint's last header. It and what lies before it are final.
    /// @return that height
    function checkpointHeight() external view returns (uint32);

    /// @notice The network's highest target.
    /// @return that target
    function powLimit() external view returns (uint256);

    /// @notice Whether every block keeps the first one's target, as on regtest.
    /// @return true if there is no retarget
    function noRetargeting() external view returns (bool);

    /// @notice Slots for headers.
    /// @return their number
    function ringSize() external view returns (uint32);

    /// @notice Headers that one submission may have.
    /// @return their number
    function maximumBatch() external view returns (uint32);

    /// @notice Blocks between the best header and the tip.
    /// @return their number
    function confirmations() external view returns (uint32);

    /// @notice How long before a header's median time past its decision time lies.
    /// @return seconds
    function bufferSeconds() external view returns (uint32);
}
