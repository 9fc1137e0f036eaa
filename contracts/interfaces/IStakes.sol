// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title Stakes: what stands behind everything that an account does.
/// @notice The part of IMembership that holds ether. Amounts are wei.
///
/// Invariant: what the contract holds is the sum of all stakes and of what was burned, confiscated stakes less the
/// rewards among it.
interface IStakes {
    /// @notice What an account has at stake.
    /// @param amount wei
    /// @param lastRound last round in which it acted: it committed to a model or attested; 0: none
    /// @param lastEpoch last epoch that it applied for; 0: none
    struct Stake {
        uint96 amount;
        uint32 lastRound;
        uint32 lastEpoch;
    }

    /// @notice An account has added to its stake.
    /// @param account whose
    /// @param amount what it added
    /// @param total what it has at stake now
    event StakeAdded(address indexed account, uint256 amount, uint256 total);

    /// @notice Part of a stake is burned: it stays in this contract for ever.
    /// @param account whose
    /// @param amount what burned
    /// @param left what it has at stake now
    event StakeBurned(address indexed account, uint256 amount, uint256 left);

    /// @notice All of a stake is taken: the statement that the account stood behind fell.
    /// @param account whose
    /// @param amount what it had at stake
    event StakeConfiscated(address indexed account, uint256 amount);

    /// @notice A stake was paid back.
    /// @param account whose
    /// @param amount all of it
    event StakeReturned(address indexed account, uint256 amount);

    /// @notice Only contracts of this deployment may say that an account acted, or burn.
    /// @param caller who tried
    error NotProtocol(address caller);

    /// @notice Only Attestations may take whole stakes.
    /// @param caller who tried
    /// @param attestations who may
    error NotAttestations(address caller, address attestations);

    /// @notice The stake is not full.
    /// @param account whose
    /// @param amount what it would have at stake
    /// @param required the full stake
    error StakeNotFull(address account, uint256 amount, uint256 required);

    /// @notice More was sent than the stake lacks.
    /// @param amount what the account would have at stake
    /// @param required the full stake
    error StakeExceeded(uint256 amount, uint256 required);

    /// @notice The stake still stands behind something.
    /// @param account whose
    /// @param freeFrom the round that has to collect; 2^32 - 1 while the end is not known
    /// @param collectingRound the round that collects
    error StakeLocked(address account, uint32 freeFrom, uint32 collectingRound);

    /// @notice The account has nothing at stake.
    /// @param account whose
    error NothingStaked(address account);

    /// @notice The account does not accept its stake.
    /// @param account whose
    /// @param amount wei
    error TransferFailed(address account, uint256 amount);

    /// @notice Adds what is sent to the caller's stake, which it may not exceed.
    /// @dev Reverts with StakeExceeded.
    function addStake() external payable;

    /// @notice Pays the whole stake back to the caller: `standingRounds` rounds after its last act and after the last
    /// epoch that it was a member of, unless it is or may become a member of the running or the next one.
    /// @dev Reverts with NothingStaked, StakeLocked or TransferFailed.
    function withdrawStake() external;

    /// @notice An account acts in a round: its stake must be full, and stays. Only ModelTransactions and Attestations.
    /// @dev Reverts with NotProtocol or StakeNotFull.
    /// @param account who acts
    /// @param round in which
    function act(address account, uint32 round) external;

    /// @notice Burns `modelBurn` of an account's stake, or what is left. Only ModelTransactions and BlockProduction.
    /// @dev Reverts with NotProtocol.
    /// @param account whose
    function burn(address account) external;

    /// @notice Takes the whole stakes and the standing of accounts. Of what they had at most `challengeReward`, and at
    /// most half, goes to Disputes; the rest burns. Only Attestations.
    /// @dev Reverts with NotAttestations or TransferFailed.
    /// @param accounts whose
    /// @return taken wei that they had at stake together
    /// @return reward what of it is at Disputes now
    function confiscate(address[] calldata accounts) external returns (uint256 taken, uint256 reward);

    /// @notice Whether an account's stake is full.
    /// @param account whose
    /// @return true if it is
    function hasFullStake(address account) external view returns (bool);

    /// @notice What an account has at stake.
    /// @param account whose
    /// @return all about it
    function stakeOf(address account) external view returns (Stake memory);

    /// @notice From which round on `withdrawStake` pays, as far as is known.
    /// @param account whose
    /// @return round the one that has to collect; 0: any; 2^32 - 1 while it waits for a draw, or for an epoch to open
    function stakeFreeFrom(address account) external view returns (uint32 round);
}
