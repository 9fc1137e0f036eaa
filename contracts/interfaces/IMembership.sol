// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title Members, epochs and stakes.
/// @notice During an epoch accounts apply for the next one with a share key and the stake. Whoever has places is drawn
/// by a Bitcoin block that did not exist when applying ended. The members' keys, ascending, are the ring of every round
/// of the epoch. One stake stands behind everything an account does. Epochs and rounds are numbered from 1, amounts are
/// wei. docs/Protocol.md, Members.
interface IMembership {
    /// @notice A Schnorr proof that who applies knows the share key's secret (docs/RingSignature.md): over
    /// H("possession", account, epoch, key).
    struct Possession {
        bytes32 commitment;
        bytes32 response;
    }

    /// @notice An account's application for an epoch.
    /// @param number its number among the warm, or among the cold, from 1; 0: none
    /// @param warm whether it had `warmHeat`, or counted as a genesis account
    /// @param key its share key for the epoch
    struct Application {
        uint32 number;
        bool warm;
        uint256 key;
    }

    /// @notice An epoch.
    /// @param firstRound its first round; 0 before it opens
    /// @param lastRound its last round as far as is known: it grows while too few apply for the next
    /// @param warm applications of warm accounts
    /// @param cold applications of others
    /// @param warmPlaces places given to the warm; fixed by the freeze
    /// @param coldPlaces places given to the others
    /// @param frozenAt when applying ended; 0 while it goes on
    /// @param seed of the draw; 0 until it is stored
    /// @param code contract whose code is the members' keys, ascending, 32 bytes each (CodeStorage); 0 until written
    struct Epoch {
        uint32 firstRound;
        uint32 lastRound;
        uint32 warm;
        uint32 cold;
        uint32 warmPlaces;
        uint32 coldPlaces;
        uint40 frozenAt;
        bytes32 seed;
        address code;
    }

    /// @notice What an account has at stake.
    /// @param amount wei
    /// @param lastRound last round in which it acted: it committed to a model or attested
    /// @param lastEpoch last epoch that it applied for
    struct Stake {
        uint96 amount;
        uint32 lastRound;
        uint32 lastEpoch;
    }

    event Applied(
        uint32 indexed epoch, address indexed account, uint256 key, bool warm, uint32 number, uint32 ownWarm
    );
    event EpochFrozen(uint32 indexed epoch, uint32 warm, uint32 cold, uint32 warmPlaces, uint32 coldPlaces);
    event EpochExtended(uint32 indexed epoch, uint32 lastRound);
    event DrawSeeded(uint32 indexed epoch, uint32 height, bytes32 seed);
    event MembersWritten(uint32 indexed epoch, address code, address[] accounts);
    event StakeAdded(address indexed account, uint256 amount, uint256 total);
    event StakeBurned(address indexed account, uint256 amount, uint256 left);
    event StakeReturned(address indexed account, uint256 amount);

    error NotModelChain(address caller, address modelChain);
    /// @notice Only contracts of this deployment may say that an account acted, or burn.
    error NotProtocol(address caller);
    error WrongEpoch(uint32 epoch, uint32 open);
    error OnlyGenesisBeforeStart(address account);
    error AlreadyApplied(uint32 epoch, address account);
    error KeyUsed(uint32 epoch, uint256 key);
    error WrongPossession(uint256 key);
    error StakeNotFull(address account, uint256 amount, uint256 required);
    error StakeExceeded(uint256 amount, uint256 required);
    error StakeLocked(address account, uint32 untilRound, uint32 collectingRound);
    error NothingStaked(address account);
    error NotFrozen(uint32 epoch);
    error AlreadySeeded(uint32 epoch);
    error NotSeeded(uint32 epoch);
    error WrongDrawHeight(uint32 height, uint40 previousDecision, uint40 decision, uint40 frozenAt);
    error AlreadyWritten(uint32 epoch);
    error WrongMemberCount(uint256 given, uint256 places);
    error NotDrawn(uint32 epoch, address account);
    error NotAscending(uint256 position, uint256 key, uint256 previous);
    error MembersNotWritten(uint32 epoch);
    error TooFewMembers(uint256 members, uint256 minimum);
    error TooManyGenesisAccounts(uint256 count, uint256 maximum);
    error DuplicateGenesisAccount(address account);
    error NotEveryGenesisAccount(uint256 applied, uint256 genesisAccounts, uint256 earliest, uint256 timestamp);

    // ---- applications ------------------------------------------------------------------------------------------

    /// @notice Applies for an epoch: `openEpoch()`. Before the start only genesis accounts, for epoch 1. Adds what is
    /// sent to the stake, which must be full then. A share key can be applied with once an epoch.
    function applyFor(uint32 epoch, uint256 key, Possession calldata proof) external payable;

    /// @notice Adds what is sent to the caller's stake, which it may not exceed.
    function addStake() external payable;

    /// @notice Pays the whole stake back to the caller: `standingRounds` rounds after its last act and after the last
    /// epoch that it is or may become a member of.
    function withdrawStake() external;

    /// @notice Stores the draw's seed H("draw", epoch, first 24 bytes of the Bitcoin hash) of a frozen epoch. `height`
    /// is the lowest at most the relay's tip whose decision time is after the freeze and not after now; the relay must
    /// hold the height before.
    function seedDraw(uint32 height) external;

    /// @notice Writes the list of the next epoch's members as contract code. All that are drawn, ascending by key.
    function writeMembers(address[] calldata accounts) external;

    // ---- called by the model chain -----------------------------------------------------------------------------

    /// @notice Opens epoch 1 with all genesis accounts that applied, ascending by key, and its round 1.
    function start(address[] calldata accounts) external;

    /// @notice A round opens: the next epoch with it if the running one has had its last; freezes the applications for
    /// the next epoch when the running one's last round opens, or makes it a round longer where too few have applied.
    /// @return epoch the round's
    /// @return members how many
    function openRound(uint32 round) external returns (uint32 epoch, uint32 members);

    /// @notice An account acts in a round: its stake must be full and stays. For ModelTransactions and Attestations.
    function act(address account, uint32 round) external;

    /// @notice Burns `modelBurn` of an account's stake, or what is left. For ModelTransactions and BlockProduction.
    function burn(address account) external;

    // ---- views -------------------------------------------------------------------------------------------------

    function openEpoch() external view returns (uint32); // the one that can be applied for
    function currentEpoch() external view returns (uint32); // of the round that collects; 0 before the start
    function epochOf(uint32 round) external view returns (uint32);
    function epochAt(uint32 epoch) external view returns (Epoch memory);
    function applicationOf(uint32 epoch, address account) external view returns (Application memory);
    function isDrawn(uint32 epoch, address account) external view returns (bool);
    /// @notice Whether an account is a member of an epoch whose list is written.
    function isMember(uint32 epoch, address account) external view returns (bool);
    function memberCount(uint32 epoch) external view returns (uint32);
    function ring(uint32 epoch) external view returns (uint256[] memory keys);
    function stakeOf(address account) external view returns (Stake memory);
    /// @notice From which round on (the one that collects) `withdrawStake` pays.
    function stakeFreeFrom(address account) external view returns (uint32);
    function isGenesisAccount(address account) external view returns (bool);
    /// @notice Whether it is a genesis account that had applied when the chain started.
    function isGenesisMember(address account) external view returns (bool);
    function genesisMembers() external view returns (uint32);
    function genesisAccounts() external view returns (address[] memory);
    /// @notice Whether genesis accounts still count as warm.
    function genesisIsWarm() external view returns (bool);
    function deployedAt() external view returns (uint40);
}
