// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {IHeat} from "./interfaces/IHeat.sol";
import {IKeyRegistry} from "./interfaces/IKeyRegistry.sol";
import {IModelChain} from "./interfaces/IModelChain.sol";
import {IProtocolParameters, Parameters} from "./interfaces/IProtocolParameters.sol";
import {CodeStorage} from "./libraries/CodeStorage.sol";
import {RingSignatures} from "./libraries/RingSignatures.sol";
import {Tags} from "./libraries/Tags.sol";

/// @title Share keys, as IKeyRegistry describes them.
contract KeyRegistry is IKeyRegistry {
    using Checkpoints for Checkpoints.Trace224;

    /// @dev A registration as stored; its bond is keyBond for each key, or none.
    struct Entry {
        address account;
        uint32 round;
        uint16 count;
        bool bonded;
        address keys;
    }

    /// @dev How far the log had come when a round began to collect.
    struct Boundary {
        uint64 registrations;
        uint64 keys;
    }

    /// @dev A round's active keys. A ring check of a round with one page reads the first slot only.
    struct Pages {
        uint32 keys;
        uint32 written;
        address first; // page 0
        uint64 nextRegistration; // where the next page goes on in the log
        uint16 nextOffset;
        mapping(uint256 page => address) others; // from page 1 on
    }

    /// @notice Keys in one page: 16 KiB of code, written for about 3.4 million gas.
    uint256 public constant PAGE_KEYS = 512;

    /// @dev v of a signature whose R has even y.
    uint8 private constant EVEN_Y = 27;

    IModelChain private immutable _modelChain;
    IHeat private immutable _heat;
    uint256 private immutable _leaseRounds;
    uint256 private immutable _keyBond;

    uint32 private _collectingRound;
    uint64 private _totalKeys;
    Entry[] private _registrations;
    mapping(uint256 key => uint32 round) private _leasedUntil;
    mapping(address account => Checkpoints.Trace224) private _registeredKeys; // keys so far, by round
    mapping(uint256 round => Boundary) private _boundaries;
    mapping(uint32 round => Pages) private _pages;

    /// @param parameters the protocol's parameters, deployed already
    /// @param modelChain its address is fixed here, but it may be deployed later
    /// @param heat gives each account's quota
    constructor(IProtocolParameters parameters, address modelChain, address heat) {
        Parameters memory values = parameters.get();
        _modelChain = IModelChain(modelChain);
        _heat = IHeat(heat);
        _leaseRounds = values.leaseRounds;
        _keyBond = values.keyBond;
    }

    /// @inheritdoc IKeyRegistry
    function register(uint256[] calldata keys, Possession[] calldata proofs) external payable {
        uint256 count = keys.length;
        if (count == 0) revert NoKeys();
        if (proofs.length != count) revert ProofCountMismatch(count, proofs.length);
        uint32 round = _collectingRound;
        Checkpoints.Trace224 storage registered = _registeredKeys[msg.sender];
        uint256 wanted = _held(registered, round) + count;
        uint256 quota = _heat.keyQuota(msg.sender);
        if (wanted > quota) revert QuotaExceeded(msg.sender, wanted, quota);
        bool exempt = _modelChain.isGenesisAccount(msg.sender) || _modelChain.hadValidModel(msg.sender);
        uint256 bond = exempt ? 0 : _keyBond * count;
        if (msg.value != bond) revert WrongKeyBond(msg.value, bond);

        uint32 last = uint32(round + _leaseRounds);
        for (uint256 i = 0; i < count; ++i) {
            uint256 key = keys[i];
            _requirePossession(key, proofs[i]);
            if (_leasedUntil[key] > round) revert KeyAlreadyLeased(key, _leasedUntil[key]);
            _leasedUntil[key] = last;
        }
        registered.push(round, uint224(registered.latest() + count));
        uint256 firstKey = _totalKeys;
        _totalKeys = uint64(firstKey + count);
        // The quota is at most maximumKeys: the count fits its 16 bits, and the keys fit one contract's code.
        _registrations.push(
            Entry({
                account: msg.sender,
                round: round,
                count: uint16(count),
                bonded: bond != 0,
                keys: CodeStorage.write(keys)
            })
        );
        emit KeysRegistered(_registrations.length - 1, msg.sender, round, firstKey, keys);
    }

    /// @inheritdoc IKeyRegistry
    function writePage(uint32 round) external {
        if (round == 0 || round > _collectingRound) revert RoundNotOpen(round, _collectingRound);
        Pages storage pages = _pages[round];
        uint256 total = pages.keys;
        uint256 written = pages.written;
        if (written == total) revert PagesComplete(round, total);
        uint256 index = written == 0 ? _firstActive(round).registrations : pages.nextRegistration;
        uint256 offset = pages.nextOffset;

        // Every registration has a key, so that a page is full after PAGE_KEYS of them at the latest.
        uint256[] memory page = new uint256[](Math.min(total - written, PAGE_KEYS));
        uint256 filled = 0;
        while (filled < page.length) {
            Entry storage entry = _registrations[index];
            uint256 count = Math.min(entry.count - offset, page.length - filled);
            CodeStorage.copy(entry.keys, offset, count, page, filled);
            filled += count;
            offset += count;
            if (offset == entry.count) {
                ++index;
                offset = 0;
            }
        }

        uint256 number = written / PAGE_KEYS;
        address code = CodeStorage.write(page);
        if (number == 0) pages.first = code;
        else pages.others[number] = code;
        pages.written = uint32(written + filled);
        pages.nextRegistration = uint64(index);
        pages.nextOffset = uint16(offset);
        emit PageWritten(round, number, code, filled);
    }

    /// @inheritdoc IKeyRegistry
    function openRound(uint32 round) external {
        if (msg.sender != address(_modelChain)) revert NotModelChain(msg.sender, address(_modelChain));
        uint64 total = _totalKeys;
        _collectingRound = round;
        _boundaries[round] = Boundary({registrations: uint64(_registrations.length), keys: total});
        _pages[round].keys = uint32(total - _firstActive(round).keys);
    }

    /// @inheritdoc IKeyRegistry
    function withdrawBond(uint256 index) external {
        if (index >= _registrations.length) revert NoBond(index);
        Entry storage entry = _registrations[index];
        if (!entry.bonded) revert NoBond(index);
        uint32 last = uint32(entry.round + _leaseRounds);
        if (_collectingRound <= last) revert LeaseNotOver(index, last, _collectingRound);

        address account = entry.account;
        uint256 amount = _keyBond * entry.count;
        // Before the call: an account that comes back in finds no bond.
        entry.bonded = false;
        emit KeyBondReturned(index, account, amount);
        (bool paid,) = account.call{value: amount}("");
        if (!paid) revert TransferFailed(account, amount);
    }

    /// @inheritdoc IKeyRegistry
    function ringKeys(uint32 round, bytes calldata indices) external view returns (uint256[] memory keys) {
        Pages storage pages = _pages[round];
        (uint256 total, uint256 written, address first) = (pages.keys, pages.written, pages.first);
        if (written != total) revert PagesIncomplete(round, written, total);
        if (indices.length % 2 != 0) revert OddIndices(indices.length);
        uint256 size = indices.length / 2;
        keys = new uint256[](size);
        uint256 current = 0;
        address page = first;
        unchecked {
            for (uint256 i = 0; i < size; ++i) {
                uint256 index;
                // Saves the bounds checks of a slice for each key. Safe: the two bytes at 2 * i lie within the indices,
                // whose length is 2 * size, and 30 bytes read past them are shifted out.
                assembly ("memory-safe") {
                    index := shr(240, calldataload(add(indices.offset, shl(1, i))))
                }
                if (index >= total) revert KeyIndexOutOfRange(index, total);
                uint256 number = index / PAGE_KEYS;
                if (number != current) {
                    current = number;
                    page = number == 0 ? first : pages.others[number];
                }
                keys[i] = CodeStorage.load(page, index % PAGE_KEYS);
            }
        }
    }

    /// @inheritdoc IKeyRegistry
    function activeKeys(uint32 round) external view returns (uint256) {
        return _pages[round].keys;
    }

    /// @inheritdoc IKeyRegistry
    function writtenKeys(uint32 round) external view returns (uint256) {
        return _pages[round].written;
    }

    /// @inheritdoc IKeyRegistry
    function heldKeys(address account) external view returns (uint256) {
        return _held(_registeredKeys[account], _collectingRound);
    }

    /// @inheritdoc IKeyRegistry
    function registeredKeys(address account) external view returns (uint256) {
        return _registeredKeys[account].latest();
    }

    /// @inheritdoc IKeyRegistry
    function leasedUntil(uint256 key) external view returns (uint32) {
        return _leasedUntil[key];
    }

    /// @inheritdoc IKeyRegistry
    function registration(uint256 index) external view returns (Registration memory) {
        if (index >= _registrations.length) revert NoSuchRegistration(index, _registrations.length);
        Entry memory entry = _registrations[index];
        uint256 bond = entry.bonded ? _keyBond * entry.count : 0;
        return Registration({
            account: entry.account, round: entry.round, count: entry.count, keys: entry.keys, bond: uint128(bond)
        });
    }

    /// @inheritdoc IKeyRegistry
    function registrations() external view returns (uint256) {
        return _registrations.length;
    }

    /// @inheritdoc IKeyRegistry
    function possessionHash(address account, uint256 key) public view returns (bytes32) {
        return keccak256(abi.encode(Tags.POSSESSION, block.chainid, address(this), account, key));
    }

    /// @dev ecrecover(h, v, r, s) is the address of (s R - h G) / r, where R has x coordinate r and the parity that v
    /// names. With h = 0 and r = s = x that is R itself: the point of the key, without a square root in Solidity. It is
    /// zero if the curve has no such point.
    function _requirePossession(uint256 key, Possession calldata proof) private view {
        if (key == 0 || key >= RingSignatures.ORDER) revert KeyOutOfRange(key);
        address expected = ecrecover(0, EVEN_Y, bytes32(key), bytes32(key));
        address recovered = ecrecover(possessionHash(msg.sender, key), proof.v, proof.r, proof.s);
        if (expected == address(0) || recovered != expected) revert PossessionNotProven(key, expected, recovered);
    }

    /// @dev Keys active in the round after `round`: all but those registered leaseRounds before it or earlier.
    function _held(Checkpoints.Trace224 storage registered, uint32 round) private view returns (uint256) {
        if (round < _leaseRounds) return registered.latest();
        return registered.latest() - registered.upperLookupRecent(uint32(round - _leaseRounds));
    }

    /// @dev Where the log stood when the first round began to collect whose registrations are active in `round`.
    function _firstActive(uint32 round) private view returns (Boundary memory) {
        return _boundaries[round > _leaseRounds ? round - _leaseRounds : 0];
    }
}
