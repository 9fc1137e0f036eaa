// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IStakes} from "./IStakes.sol";

/// @title Members, epochs and stakes.
/// @notice During an epoch accounts apply for the next one with a share key and the stake. Who has places is drawn by
/// a Bitcoin block that did not exist when applying ended. The members' keys, ascending, are the ring of every round
/// of the epoch. One stake stands behind everything an account does. Epochs and rounds are numbered from 1, amounts
/// are wei. docs/Protocol.md, Members.
///
/// Invariants: those of IStakes; an account has one application an epoch, and so has a key; a written list has exactly
/// the applicants that the draw gave places to.
interface IMembership is IStakes {
    /// @notice A Schnorr proof that who applies knows the share key's secret (docs/RingSignature.md): over
    /// H("possession", account, epoch, key).
    /// @param challenge c
    /// @param response s, below the group order of secp256k1
    struct Possession {
        bytes32 challenge;
        uint256 response;
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
    /// @param lastRound its last round as far as is known: it grows while too few apply for the next; 0 before it
    /// opens
    /// @param warm applications of warm accounts
    /// @param cold applications of others
    /// @param ownWarm applications of accounts that had `warmHeat`, whether genesis accounts or not
    /// @param warmPlaces places given to the warm; fixed by the freeze
    /// @param coldPlaces places given to the others; fixed by the freeze
    /// @param frozenAt when applying ended; 0 while it goes on
    /// @param seed of the draw; 0 until it is stored, and for epoch 1, which has no draw
    /// @param code contract whose code is the members' keys, ascending, 32 bytes each (CodeStorage); 0 until written
    struct Epoch {
        uint32 firstRound;
        uint32 lastRound;
        uint32 warm;
        uint32 cold;
        uint32 ownWarm;
        uint16 warmPlaces;
        uint16 coldPlaces;
        uint40 frozenAt;
        bytes32 seed;
        address code;
    }

    /// @notice An account has applied for an epoch.
    /// @param epoch that it applied for
    /// @param account who
    /// @param key its share key
    /// @param warm whether it counts as warm
    /// @param number its number among the warm, or among the others, from 1
    /// @param ownWarm applications for the epoch so far of accounts with `warmHeat`
    event Applied(
        uint32 indexed epoch, address indexed account, uint256 key, bool warm, uint32 number, uint32 ownWarm
    );

    /// @notice Applying for an epoch has ended.
    /// @param epoch that can no longer be applied for
    /// @param warm applications of warm accounts
    /// @param cold applications of others
    /// @param warmPlaces places for the warm
    /// @param coldPlaces places for the others
    event EpochFrozen(uint32 indexed epoch, uint32 warm, uint32 cold, uint32 warmPlaces, uint32 coldPlaces);

    /// @notice Too few have applied for the next epoch: the running one lasts a round longer.
    /// @param epoch the running one
    /// @param lastRound its last round now
    event EpochExtended(uint32 indexed epoch, uint32 lastRound);

    /// @notice The seed of a draw is stored.
    /// @param epoch whose members it draws
    /// @param height of the Bitcoin block that it comes from
    /// @param seed H("draw", epoch, first 24 bytes of that block's hash)
    event DrawSeeded(uint32 indexed epoch, uint32 height, bytes32 seed);

    /// @notice The relay holds the block that was to seed a draw no longer: another one will.
    /// @param epoch whose members are drawn
    /// @param frozenAt what stands in for the time of the freeze: now
    event DrawRenewed(uint32 indexed epoch, uint40 frozenAt);

    /// @notice The list of an epoch's members is written.
    /// @param epoch theirs
    /// @param code contract whose code is their keys (CodeStorage)
    /// @param accounts the members, ascending by key
    event MembersWritten(uint32 indexed epoch, address code, address[] accounts);

    /// @notice Only the model chain may do this.
    /// @param caller who tried
    /// @param modelChain the model chain's address
    error NotModelChain(address caller, address modelChain);

    /// @notice Another epoch can be applied for.
    /// @param epoch that was named
    /// @param open the one that can be applied for
    error WrongEpoch(uint32 epoch, uint32 open);

    /// @notice Before the start only genesis accounts apply.
    /// @param account who tried
    error OnlyGenesisBeforeStart(address account);

    /// @notice The account has applied already.
    /// @param epoch that it applied for
    /// @param account who
    error AlreadyApplied(uint32 epoch, address account);

    /// @notice Somebody has applied with this share key already.
    /// @param epoch applied for
    /// @param key the share key
    error KeyUsed(uint32 epoch, uint256 key);

    /// @notice The next epoch can still be applied for.
    /// @param epoch the next one
    error NotFrozen(uint32 epoch);

    /// @notice The draw has its seed.
    /// @param epoch whose members it draws
    error AlreadySeeded(uint32 epoch);

    /// @notice The draw has no seed yet.
    /// @param epoch whose members it draws
    error NotSeeded(uint32 epoch);

    /// @notice The height is above the relay's tip.
    /// @param height that was named
    /// @param tip the relay's
    error HeightNotConfirmed(uint32 height, uint32 tip);

    /// @notice Another height seeds the draw: the first whose decision time is after the freeze.
    /// @param height that was named
    /// @param previousDecision decision time of the height before; not after the freeze
    /// @param decision decision time of the height; after the freeze
    /// @param frozenAt time of the freeze
    error WrongDrawHeight(uint32 height, uint40 previousDecision, uint40 decision, uint40 frozenAt);

    /// @notice The height's decision time is still to come.
    /// @param height that was named
    /// @param decision its decision time
    /// @param timestamp of the block
    error DecisionAhead(uint32 height, uint40 decision, uint256 timestamp);

    /// @notice The relay still holds the height that seeds the draw and the one before, or they are to come.
    /// @param lowest lowest height that the relay holds
    /// @param decision its decision time; after the freeze if the draw is lost
    /// @param frozenAt time of the freeze
    error DrawNotLost(uint32 lowest, uint40 decision, uint40 frozenAt);

    /// @notice The list is written already.
    /// @param epoch whose
    error AlreadyWritten(uint32 epoch);

    /// @notice The list has not as many members as the epoch has places.
    /// @param given accounts in the list
    /// @param places of the epoch
    error WrongMemberCount(uint256 given, uint256 places);

    /// @notice An account in the list did not apply, or the draw gave it no place.
    /// @param epoch whose list it is
    /// @param account which
    error NotDrawn(uint32 epoch, address account);

    /// @notice The list is not ascending by share key.
    /// @param position in the list, from 0
    /// @param key the share key there
    /// @param previous the one before
    error NotAscending(uint256 position, uint256 key, uint256 previous);

    /// @notice The list of an epoch's members is not written.
    /// @param epoch whose
    error MembersNotWritten(uint32 epoch);

    /// @notice Too few accounts for a ring: of the genesis accounts, or of those of them that have applied.
    /// @param members how many
    /// @param minimum `minimumRing`
    error TooFewMembers(uint256 members, uint256 minimum);

    /// @notice Deployment: more genesis accounts than an epoch has members.
    /// @param count how many
    /// @param maximum `maximumMembers`
    error TooManyGenesisAccounts(uint256 count, uint256 maximum);

    /// @notice Deployment: a genesis account is named twice.
    /// @param account which
    error DuplicateGenesisAccount(address account);

    /// @notice The chain cannot start yet: not every genesis account has applied, and there is time left for it.
    /// @param applied how many have
    /// @param genesisAccounts how many there are
    /// @param earliest from when on the others are not waited for
    /// @param timestamp of the block
    error NotEveryGenesisAccount(uint256 applied, uint256 genesisAccounts, uint256 earliest, uint256 timestamp);

    // ---- applications ------------------------------------------------------------------------------------------

    /// @notice Applies for an epoch: `openEpoch()`. Before the start only genesis accounts, for epoch 1. Adds what is
    /// sent to the stake, which must be full then. A share key can be applied with once an epoch.
    /// @dev Reverts with WrongEpoch, OnlyGenesisBeforeStart, AlreadyApplied, KeyUsed, StakeExceeded, StakeNotFull, or
    /// an error of the library ShareKeys.
    /// @param epoch that is applied for
    /// @param key share key: the x coordinate, as in BIP 340
    /// @param proof that the caller knows its secret
    function applyFor(uint32 epoch, uint256 key, Possession calldata proof) external payable;

    /// @notice Stores the draw's seed H("draw", epoch, first 24 bytes of the Bitcoin hash) of the next epoch, which
    /// must be frozen. Anybody may. `height` is the lowest whose decision time is after the freeze; the relay must
    /// hold the one before, so that there is only one.
    /// @dev Reverts with NotFrozen, AlreadySeeded, HeightNotConfirmed, WrongDrawHeight, DecisionAhead, or the relay's
    /// HeightNotHeld.
    /// @param height at most the relay's tip, its decision time not after now
    function seedDraw(uint32 height) external;

    /// @notice Takes the present for the time of the freeze, where the relay no longer holds the height that was to
    /// seed the draw: nobody stored the seed for as long as the relay remembers. Anybody may. Applying stays ended.
    /// @dev Reverts with NotFrozen, AlreadySeeded, or DrawNotLost.
    function renewDraw() external;

    /// @notice Writes the list of the next epoch's members as contract code. Anybody may.
    /// @dev Reverts with NotSeeded, AlreadyWritten, WrongMemberCount, NotDrawn or NotAscending.
    /// @param accounts all that are drawn, ascending by share key
    function writeMembers(address[] calldata accounts) external;

    // ---- called by the protocol --------------------------------------------------------------------------------

    /// @notice Opens epoch 1, with all genesis accounts that applied, and its round 1. Only the model chain.
    /// @dev Reverts with NotModelChain, TooFewMembers, NotEveryGenesisAccount, AlreadyWritten, WrongMemberCount,
    /// NotDrawn or NotAscending.
    /// @param accounts those that applied, ascending by share key
    function start(address[] calldata accounts) external;

    /// @notice A round after the first opens: the next epoch with it if the running one has had its last; freezes the
    /// applications for the next epoch when the running one's last round opens, or makes it a round longer where too
    /// few have applied. Only the model chain, before the data registry is told.
    /// @dev Reverts with NotModelChain or MembersNotWritten.
    /// @param round the one that collects from now on
    /// @return epoch the round's
    /// @return members how many it has
    function openRound(uint32 round) external returns (uint32 epoch, uint32 members);

    // ---- views -------------------------------------------------------------------------------------------------

    /// @notice The epoch that can be applied for: the next one, or the one after that once the next is frozen.
    /// @return its number
    function openEpoch() external view returns (uint32);

    /// @notice The epoch of the round that collects.
    /// @return its number; 0 before the start
    function currentEpoch() external view returns (uint32);

    /// @notice The epoch of a round.
    /// @param round any; the search takes a step for each epoch since
    /// @return its number; 0 if the round has not opened
    function epochOf(uint32 round) external view returns (uint32);

    /// @notice All about an epoch.
    /// @param epoch any
    /// @return what is known so far
    function epochAt(uint32 epoch) external view returns (Epoch memory);

    /// @notice An account's application for an epoch.
    /// @param epoch any
    /// @param account whose
    /// @return number 0 if there is none
    function applicationOf(uint32 epoch, address account) external view returns (Application memory);

    /// @notice Whether an account has a place in an epoch.
    /// @param epoch any
    /// @param account whose
    /// @return false too while there is no seed
    function isDrawn(uint32 epoch, address account) external view returns (bool);

    /// @notice Whether an account is a member of an epoch whose list is written.
    /// @param epoch any
    /// @param account whose
    /// @return false too while the list is not written
    function isMember(uint32 epoch, address account) external view returns (bool);

    /// @notice Members of an epoch.
    /// @param epoch any
    /// @return how many; 0 while the list is not written
    function memberCount(uint32 epoch) external view returns (uint32);

    /// @notice The ring of every round of an epoch.
    /// @dev Reverts with MembersNotWritten.
    /// @param epoch any
    /// @return keys the members' share keys, ascending
    function ring(uint32 epoch) external view returns (uint256[] memory keys);

    /// @notice Whether it is a genesis account.
    /// @param account which
    /// @return whether it is
    function isGenesisAccount(address account) external view returns (bool);

    /// @notice The genesis accounts, as they were given at deployment.
    /// @return all of them
    function genesisAccounts() external view returns (address[] memory);

    /// @notice Whether genesis accounts still count as warm: until a freeze finds `minimumRing` applications of
    /// accounts with `warmHeat`.
    /// @return whether they do
    function genesisIsWarm() external view returns (bool);

    /// @notice When this contract was deployed.
    /// @return seconds since 1970
    function deployedAt() external view returns (uint40);
}
