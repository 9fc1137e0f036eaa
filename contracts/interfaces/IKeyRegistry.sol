// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title Share keys: who holds which, and which are active in a round.
/// @notice A key registered while round r collects is active in the rounds r + 1 to r + leaseRounds. Leases are all
/// equally long, so the active keys of a round are a contiguous range of the registration log. Once a round
/// collects, its active keys never change; they are written into contract code, page by page, so that a ring
/// check reads a key for a few gas instead of a cold storage slot.
interface IKeyRegistry {
    /// @notice Signature by a share key over H("possession", account, x), made with the even-y secret.
    struct Possession {
        bytes32 r;
        bytes32 s;
        uint8 v;
    }

    /// @notice One call of register: its keys lie in the code of `keys`, 32 bytes each, after one STOP byte.
    struct Registration {
        address account;
        uint32 round; // the round that collected; the keys are active from the next one on
        uint16 count;
        address keys;
        uint128 bond;
    }

    /// @param firstKey position of keys[0] in the log of all keys ever registered
    event KeysRegistered(
        uint256 indexed registration, address indexed account, uint32 indexed round, uint256 firstKey, uint256[] keys
    );
    event PageWritten(uint32 indexed round, uint256 page, address code, uint256 count);
    event KeyBondReturned(uint256 indexed registration, address indexed account, uint256 amount);

    error NotModelChain(address caller, address modelChain);
    error NoKeys();
    error ProofCountMismatch(uint256 keys, uint256 proofs);
    error KeyOutOfRange(uint256 key);
    error KeyAlreadyLeased(uint256 key, uint32 untilRound);
    error PossessionNotProven(uint256 key, address expected, address recovered);
    error QuotaExceeded(address account, uint256 wanted, uint256 quota);
    error WrongKeyBond(uint256 sent, uint256 required);
    error RoundNotOpen(uint32 round, uint32 collectingRound);
    error PagesComplete(uint32 round, uint256 keys);
    error PagesIncomplete(uint32 round, uint256 written, uint256 keys);
    error OddIndices(uint256 length);
    error KeyIndexOutOfRange(uint256 index, uint256 keys);
    error LeaseNotOver(uint256 registration, uint32 lastRound, uint32 collectingRound);
    error NoBond(uint256 registration);
    error NoSuchRegistration(uint256 registration, uint256 registrations);
    error TransferFailed(address account, uint256 amount);

    /// @notice Leases share keys to the caller. Send keyBond for each key unless the account is a genesis account
    /// or has had a valid model.
    /// @param keys x coordinates of points with even y
    function register(uint256[] calldata keys, Possession[] calldata proofs) external payable;

    /// @notice Writes the next page of a round's active keys, at most PAGE_KEYS of them. Anybody may call it once
    /// the round collects; shares of that scope are possible when all pages are written.
    function writePage(uint32 round) external;

    /// @notice Called by the model chain when `round` begins to collect: freezes its active keys.
    function openRound(uint32 round) external;

    /// @notice Pays a registration's bond back to its account, once its lease is over.
    function withdrawBond(uint256 registration) external;

    /// @notice The active keys at the given positions of a round's pages.
    /// @param indices two bytes, big endian, for each ring member
    function ringKeys(uint32 round, bytes calldata indices) external view returns (uint256[] memory keys);

    /// @notice Number of active keys of a round that collects or has collected.
    function activeKeys(uint32 round) external view returns (uint256);

    /// @notice Number of a round's active keys already written to pages.
    function writtenKeys(uint32 round) external view returns (uint256);

    /// @notice Keys that an account holds which are active in the round after the one that collects.
    function heldKeys(address account) external view returns (uint256);

    /// @notice Keys ever registered by an account.
    function registeredKeys(address account) external view returns (uint256);

    /// @notice Last round in which a key is active; 0 if it never was registered.
    function leasedUntil(uint256 key) external view returns (uint32);

    function registration(uint256 index) external view returns (Registration memory);
    function registrations() external view returns (uint256);

    /// @notice Hash that a share key signs to prove its possession for an account.
    function possessionHash(address account, uint256 key) external view returns (bytes32);
}
