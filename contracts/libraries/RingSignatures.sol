// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Tags} from "./Tags.sol";

/// @title Linkable ring signatures over secp256k1, verified with the ecrecover precompile.
/// @notice One of the ring's keys signed the message; the nullifier N is the same for every signature of that key in
/// one scope. docs/RingSignature.md is the specification. In its notation, with group order n:
///
///     t      = H("nullifier", scope) mod n
///     prefix = H("ring", scope, message, N.x, v_N, size, keccak256(x_0 .. x_(size-1)))
///     L_i    = address(s_i G + c_i P_i)          = ecrecover(-s_i x_i, 27, x_i, c_i x_i)
///     R_i    = address(c_i G + (s_i - c_i t) N)  = ecrecover(-c_i N.x, v_N, N.x, (s_i - c_i t) N.x)
///     c_i+1  = keccak256(abi.encode(prefix, i, L_i, R_i)),  accepted if and only if c_size == c_0
///
/// ecrecover(e, v, r, s) is the address of (s R - e G) / r, where R has x coordinate r and the parity that v names:
/// one call of 3000 gas is a double multiplication, which costs two orders of magnitude more in EVM code.
/// @dev What the caller must see to: that the ring's keys may sign in this scope, and that the nullifier is not used.
library RingSignatures {
    /// @notice Order n of the group of secp256k1 (SEC 2, section 2.4.1).
    uint256 internal constant ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    /// @notice Fewest keys of a ring: one key alone would name its owner.
    uint256 internal constant MINIMUM_RING = 2;

    /// @notice Most keys of a ring: time is linear in them.
    uint256 internal constant MAXIMUM_RING = 128;

    /// @dev Share keys have even y, as in BIP 340.
    uint256 private constant EVEN_Y_V = 27;

    /// @dev The work area: ecrecover's input for L in words 0 to 3, for R in words 4 to 7, the next challenge's
    /// preimage in words 8 to 11. What stays the same all round the ring is written once.
    uint256 private constant AREA_BYTES = 0x180;

    /// @notice The ring has too few keys.
    /// @param size its keys
    /// @param minimum MINIMUM_RING
    error RingTooShort(uint256 size, uint256 minimum);

    /// @notice The ring has too many keys.
    /// @param size its keys
    /// @param maximum MAXIMUM_RING
    error RingTooLong(uint256 size, uint256 maximum);

    /// @notice The number of responses is not the number of keys.
    /// @param size keys of the ring
    /// @param responses responses of the signature
    error ResponseCountMismatch(uint256 size, uint256 responses);

    /// @notice The nullifier's x coordinate is not in [1, ORDER).
    /// @param x the coordinate
    error NullifierOutOfRange(uint256 x);

    /// @notice The nullifier's v is neither 27 (even y) nor 28 (odd y).
    /// @param v what it is
    error NullifierParity(uint256 v);

    /// @notice The last key's x coordinate is not below ORDER.
    /// @dev Above ORDER it aliases another point in the scalar arithmetic. Keys ascend: no other can be higher.
    /// @param index the key's position in the ring
    /// @param key the coordinate
    error RingKeyOutOfRange(uint256 index, uint256 key);

    /// @notice A key is not above the one before it, or the first not above 0: the ring is unsorted, or holds a key
    /// twice.
    /// @param index the key's position in the ring
    /// @param previous x coordinate of the key before it; 0 before the first
    /// @param key its own x coordinate
    error KeysNotAscending(uint256 index, uint256 previous, uint256 key);

    /// @notice A response is not in [0, ORDER).
    /// @param index its position in the signature
    /// @param response what it is
    error ResponseOutOfRange(uint256 index, uint256 response);

    /// @notice L_i has no address: the key is not on the curve (or a scalar of chance 2^-256 came up).
    /// @param index the key's position in the ring
    error KeyNotRecoverable(uint256 index);

    /// @notice R_i has no address: the nullifier is not on the curve (or a scalar of chance 2^-256 came up).
    /// @param index position in the ring of the key that it came up at
    error NullifierNotRecoverable(uint256 index);

    /// @notice Going round the ring does not lead back to the first challenge: the signature is not by this ring, or
    /// not for this message.
    /// @param expected the first challenge, c_0
    /// @param actual where it leads to, c_size
    error RingNotClosed(bytes32 expected, bytes32 actual);

    /// @notice The scope tag t.
    /// @param modelChain the deployment that is signed for
    /// @param scope the round that is signed for
    /// @return t, in [0, ORDER)
    function scopeTag(address modelChain, uint256 scope) internal view returns (uint256) {
        return uint256(keccak256(abi.encode(Tags.NULLIFIER, block.chainid, modelChain, scope))) % ORDER;
    }

    /// @notice What every challenge starts from: all that is signed.
    /// @param modelChain the deployment that is signed for
    /// @param scope the round that is signed for
    /// @param message what is signed
    /// @param nullifierX x coordinate of the nullifier
    /// @param nullifierV 27 if its y is even, 28 if it is odd
    /// @param ring x coordinates of the keys
    /// @return the hash called prefix above
    function prefix(
        address modelChain,
        uint256 scope,
        bytes32 message,
        uint256 nullifierX,
        uint256 nullifierV,
        uint256[] memory ring
    ) internal view returns (bytes32) {
        bytes32 ringHash;
        // Saves a copy of the ring (abi.encodePacked makes one). Safe: reads only the array's own elements, which lie
        // one after another behind its length word.
        assembly ("memory-safe") {
            ringHash := keccak256(add(ring, 0x20), shl(5, mload(ring)))
        }
        return keccak256(
            abi.encode(
                Tags.RING, block.chainid, modelChain, scope, message, nullifierX, nullifierV, ring.length, ringHash
            )
        );
    }

    /// @notice Reverts, with a reason of its own for each fault, unless the signature of `message` by one of `ring` is
    /// valid for this chain and this deployment.
    /// @param modelChain the deployment that is signed for
    /// @param scope the round that is signed for
    /// @param message what is signed: the data transaction's identifier
    /// @param nullifierX x coordinate of the nullifier
    /// @param nullifierV 27 if its y is even, 28 if it is odd
    /// @param ring x coordinates of the keys, strictly ascending
    /// @param challenge c_0
    /// @param responses s_0 .. s_(size-1)
    function verify(
        address modelChain,
        uint256 scope,
        bytes32 message,
        uint256 nullifierX,
        uint256 nullifierV,
        uint256[] memory ring,
        bytes32 challenge,
        uint256[] calldata responses
    ) internal view {
        uint256 size = ring.length;
        if (size < MINIMUM_RING) revert RingTooShort(size, MINIMUM_RING);
        if (size > MAXIMUM_RING) revert RingTooLong(size, MAXIMUM_RING);
        if (responses.length != size) revert ResponseCountMismatch(size, responses.length);
        if (nullifierX == 0 || nullifierX >= ORDER) revert NullifierOutOfRange(nullifierX);
        if (nullifierV != EVEN_Y_V && nullifierV != EVEN_Y_V + 1) revert NullifierParity(nullifierV);
        if (ring[size - 1] >= ORDER) revert RingKeyOutOfRange(size - 1, ring[size - 1]);

        bytes32 start = prefix(modelChain, scope, message, nullifierX, nullifierV, ring);
        uint256 area = _openArea(start, nullifierX, nullifierV);
        uint256 negativeTag = ORDER - scopeTag(modelChain, scope);
        uint256 running = uint256(challenge);
        uint256 previous = 0;
        // Nothing here can wrap: every subtraction takes a number that was just checked to be below ORDER from it.
        // (A key that is not below ORDER cannot be the last, and then a later one is not above it: some values of this
        // loop may be meaningless before that one is refused.)
        unchecked {
            for (uint256 i; i < size; ++i) {
                uint256 key;
                uint256 response;
                // Saves two bounds checks for each key. Safe: both arrays have `size` elements.
                assembly ("memory-safe") {
                    let offset := shl(5, i)
                    key := mload(add(add(ring, 0x20), offset))
                    response := calldataload(add(responses.offset, offset))
                }
                if (key <= previous) revert KeysNotAscending(i, previous, key);
                if (response >= ORDER) revert ResponseOutOfRange(i, response);
                previous = key;

                // mulmod and addmod reduce the challenge, which has all 256 bits.
                if (!_left(area, mulmod(response, ORDER - key, ORDER), key, mulmod(running, key, ORDER))) {
                    revert KeyNotRecoverable(i);
                }
                if (!_right(
                        area,
                        mulmod(running, ORDER - nullifierX, ORDER),
                        mulmod(addmod(response, mulmod(running, negativeTag, ORDER), ORDER), nullifierX, ORDER)
                    )) {
                    revert NullifierNotRecoverable(i);
                }
                running = _nextChallenge(area, i);
            }
        }
        if (running != uint256(challenge)) revert RingNotClosed(challenge, bytes32(running));
    }

    /// @dev Reserves the work area and writes what stays the same. Saves an allocation, and eight stores, for each of
    /// the 3 * size encodings that follow. Safe: the area is memory that this call allocates by moving the free memory
    /// pointer, and nothing else ever points into it.
    function _openArea(bytes32 start, uint256 nullifierX, uint256 nullifierV) private pure returns (uint256 area) {
        assembly ("memory-safe") {
            area := mload(0x40)
            mstore(0x40, add(area, AREA_BYTES))
            mstore(add(area, 0x20), EVEN_Y_V)
            mstore(add(area, 0xa0), nullifierV)
            mstore(add(area, 0xc0), nullifierX)
            mstore(add(area, 0x100), start)
        }
    }

    /// @dev ecrecover(hash, 27, key, s) into word 10 of the area; false if there is no address.
    /// Saves what Solidity's ecrecover spends on encoding into fresh memory, and reports what that one hides: whether
    /// 32 bytes came back (precompile 1 returns none for bad input; nothing else tells that from an address left over
    /// in memory). Safe: writes only words 0, 2, 3 and 10 of the area; the precompile has no state and cannot call
    /// back; running out of gas in it shows as nothing returned and reverts the whole call.
    function _left(uint256 area, uint256 hash, uint256 key, uint256 s) private view returns (bool recovered) {
        assembly ("memory-safe") {
            mstore(area, hash)
            mstore(add(area, 0x40), key)
            mstore(add(area, 0x60), s)
            pop(staticcall(gas(), 1, area, 0x80, add(area, 0x140), 0x20))
            recovered := eq(returndatasize(), 0x20)
        }
    }

    /// @dev ecrecover(hash, v_N, N.x, s) into word 11 of the area, as _left does with words 4 and 7.
    function _right(uint256 area, uint256 hash, uint256 s) private view returns (bool recovered) {
        assembly ("memory-safe") {
            mstore(add(area, 0x80), hash)
            mstore(add(area, 0xe0), s)
            pop(staticcall(gas(), 1, add(area, 0x80), 0x80, add(area, 0x160), 0x20))
            recovered := eq(returndatasize(), 0x20)
        }
    }

    /// @dev keccak256(abi.encode(prefix, index, L, R)) of the area. Saves encoding the four words anew, of which three
    /// lie there already. Safe: writes and reads only words 8 to 11 of the area.
    function _nextChallenge(uint256 area, uint256 index) private pure returns (uint256 next) {
        assembly ("memory-safe") {
            mstore(add(area, 0x120), index)
            next := keccak256(add(area, 0x100), 0x80)
        }
    }
}
