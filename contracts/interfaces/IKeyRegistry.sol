// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title Share keys: who holds which, and which are active in a round.
/// @notice A key registered while round r collects is active in the rounds r + 1 to r + leaseRounds. Leases are all
/// equally long, so the active keys of a round are a contiguous range of the registration log. Once a round
/// collects, its active keys never change; they are written into contract code, page by page, so that a ring
/// check reads a key for a few gas instead of a cold storage slot (docs/Protocol.md, Share keys and rings). Before
/// the start round 0 counts as the one that collects. H is as IModelChain says, with this contract's address.
interface IKeyRegistry {
    /// @notice Signature by a share key over H("possession", account, x), made with the even-y secret.
    /// @param r x coordinate of the signature's point, modulo the group order
    /// @param s the signature's second number
    /// @param v 27 if the y coordinate of the signature's point is even, 28 if it is odd
    struct Possession {
        bytes32 r;
        bytes32 s;
        uint8 v;
    }

    /// @notice One call of register.
    /// @param account who leased the keys
    /// @param round the round that collected; the keys are active from the next one on
    /// @param count number of keys, at least 1
    /// @param keys contract in whose code they lie, 32 bytes each, after one STOP byte
    /// @param bond wei behind the keys; 0 if none was due, and once it is paid back
    struct Registration {
        address account;
        uint32 round;
        uint16 count;
        address keys;
        uint128 bond;
    }

    /// @notice Share keys were leased.
    /// @param registration number of the registration, counted from 0
    /// @param account who leased them
    /// @param round the round that collected; the keys are active from the next one on
    /// @param firstKey position of keys[0] in the log of all keys ever registered
    /// @param keys x coordinates, in the order given
    event KeysRegistered(
        uint256 indexed registration, address indexed account, uint32 indexed round, uint256 firstKey, uint256[] keys
    );

    /// @notice A page of a round's active keys was written.
    /// @param round the round
    /// @param page number of the page, counted from 0
    /// @param code contract in whose code the keys lie, 32 bytes each, after one STOP byte
    /// @param count number of keys in it
    event PageWritten(uint32 indexed round, uint256 page, address code, uint256 count);

    /// @notice A bond went back to who had put it up.
    /// @param registration number of the registration
    /// @param account who was paid
    /// @param amount wei: `keyBond` for each key
    event KeyBondReturned(uint256 indexed registration, address indexed account, uint256 amount);

    /// @notice A call that only the model chain may make came from somebody else.
    /// @param caller who called
    /// @param modelChain who may
    error NotModelChain(address caller, address modelChain);

    /// @notice A registration names no key.
    error NoKeys();

    /// @notice A registration does not have one proof of possession for each key.
    /// @param keys number of keys
    /// @param proofs number of proofs
    error ProofCountMismatch(uint256 keys, uint256 proofs);

    /// @notice A key's x coordinate is not from 1 to the group order of secp256k1 less 1.
    /// @param key the x coordinate
    error KeyOutOfRange(uint256 key);

    /// @notice A key is leased beyond the round that collects, whoever holds it, or is named twice.
    /// @param key its x coordinate
    /// @param untilRound last round in which it is active
    error KeyAlreadyLeased(uint256 key, uint32 untilRound);

    /// @notice The proof is not a signature for the caller by the key with even y.
    /// @param key its x coordinate
    /// @param expected address of that key; zero if the curve has no such point
    /// @param recovered address of the key that signed; zero if there is none
    error PossessionNotProven(uint256 key, address expected, address recovered);

    /// @notice The account would hold more keys, active in the next round, than its heat allows.
    /// @param account who registers
    /// @param wanted keys that it holds and those it registers
    /// @param quota keys that it may hold (IHeat.keyQuota)
    error QuotaExceeded(address account, uint256 wanted, uint256 quota);

    /// @notice A registration came with more or less ether than its bond.
    /// @param sent wei that came
    /// @param required wei that were due: `keyBond` for each key, or nothing
    error WrongKeyBond(uint256 sent, uint256 required);

    /// @notice Pages are written only of a round that collects or has collected.
    /// @param round the round that was given
    /// @param collectingRound the round that collects
    error RoundNotOpen(uint32 round, uint32 collectingRound);

    /// @notice All pages of the round are written.
    /// @param round the round
    /// @param keys its active keys
    error PagesComplete(uint32 round, uint256 keys);

    /// @notice Keys can be read only when all pages of the round are written.
    /// @param round the round
    /// @param written active keys that lie in pages
    /// @param keys its active keys
    error PagesIncomplete(uint32 round, uint256 written, uint256 keys);

    /// @notice Positions of ring members take two bytes each.
    /// @param length bytes that were given
    error OddIndices(uint256 length);

    /// @notice A ring member's position is past the round's active keys.
    /// @param index the position
    /// @param keys the round's active keys
    error KeyIndexOutOfRange(uint256 index, uint256 keys);

    /// @notice The bond stays until the lease is over.
    /// @param registration number of the registration
    /// @param lastRound last round in which its keys are active
    /// @param collectingRound the round that collects; the bond goes back when it is above `lastRound`
    error LeaseNotOver(uint256 registration, uint32 lastRound, uint32 collectingRound);

    /// @notice There is no bond: none was due, it went back already, or there is no such registration.
    /// @param registration number that was given
    error NoBond(uint256 registration);

    /// @notice There is no registration of this number.
    /// @param registration number that was given
    /// @param registrations number of all registrations
    error NoSuchRegistration(uint256 registration, uint256 registrations);

    /// @notice The account did not accept the ether.
    /// @param account who was to be paid
    /// @param amount wei
    error TransferFailed(address account, uint256 amount);

    /// @notice Leases share keys to the caller. Anybody may call it, within the quota. Send `keyBond` wei for each key
    /// unless the account is a genesis account or has had a valid model.
    /// @dev Reverts with NoKeys, ProofCountMismatch, QuotaExceeded, WrongKeyBond, KeyOutOfRange, PossessionNotProven,
    /// KeyAlreadyLeased, or CodeNotWritten of the library CodeStorage when gas runs short.
    /// @param keys x coordinates of points with even y
    /// @param proofs each key's proof of possession, in the keys' order
    function register(uint256[] calldata keys, Possession[] calldata proofs) external payable;

    /// @notice Writes the next page of a round's active keys, at most PAGE_KEYS of them. Anybody may call it once
    /// the round collects; shares of that scope are possible when all pages are written.
    /// @dev Reverts with RoundNotOpen, PagesComplete, or CodeNotWritten of the library CodeStorage when gas runs short.
    /// @param round the round
    function writePage(uint32 round) external;

    /// @notice Called by the model chain when a round begins to collect: freezes its active keys.
    /// @dev Reverts with NotModelChain.
    /// @param round the round that collects from now on
    function openRound(uint32 round) external;

    /// @notice Pays a registration's bond back to its account, once its lease is over. Anybody may call it.
    /// @dev Reverts with NoBond, LeaseNotOver or TransferFailed.
    /// @param index number of the registration
    function withdrawBond(uint256 index) external;

    /// @notice The active keys at the given positions of a round's pages.
    /// @dev Reverts with PagesIncomplete, OddIndices or KeyIndexOutOfRange.
    /// @param round the round
    /// @param indices positions counted from 0: two bytes, big endian, for each ring member
    /// @return keys x coordinates, in the positions' order
    function ringKeys(uint32 round, bytes calldata indices) external view returns (uint256[] memory keys);

    /// @notice Number of active keys of a round that collects or has collected.
    /// @param round the round
    /// @return that number; 0 for a round that has not begun
    function activeKeys(uint32 round) external view returns (uint256);

    /// @notice Number of a round's active keys already written to pages.
    /// @param round the round
    /// @return that number; when it equals activeKeys, shares of the scope are possible
    function writtenKeys(uint32 round) external view returns (uint256);

    /// @notice Keys that an account holds which are active in the round after the one that collects. They count
    /// against its quota.
    /// @param account whose keys
    /// @return their number
    function heldKeys(address account) external view returns (uint256);

    /// @notice Keys ever registered by an account.
    /// @param account whose keys
    /// @return their number; a key that was leased again counts again
    function registeredKeys(address account) external view returns (uint256);

    /// @notice Last round in which a key is active.
    /// @param key its x coordinate
    /// @return that round; 0 if the key never was registered
    function leasedUntil(uint256 key) external view returns (uint32);

    /// @notice A registration by its number.
    /// @dev Reverts with NoSuchRegistration.
    /// @param index number of the registration, counted from 0
    /// @return what it leased, and its bond
    function registration(uint256 index) external view returns (Registration memory);

    /// @notice Length of the registration log.
    /// @return number of registrations
    function registrations() external view returns (uint256);

    /// @notice Hash that a share key signs to prove its possession for an account.
    /// @param account who registers the key
    /// @param key its x coordinate
    /// @return H("possession", account, key)
    function possessionHash(address account, uint256 key) external view returns (bytes32);
}
