// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IDataRegistry} from "../interfaces/IDataRegistry.sol";
import {Tags} from "./Tags.sol";

/// @title Linkable ring signatures over secp256k1, verified with the ecrecover precompile.
/// @notice One of the ring's keys signed the item; the nullifier N is the same for every signature of that key in one
/// scope. docs/RingSignature.md is the specification. In its notation, with group order n:
///
///     t      = H("nullifier", scope) mod n
///     prefix = H("ring", scope, timestamp, payload hash, key commitment, reward address,
///                N.x, v_N, size, keccak256(x_0 .. x_(size-1)))
///     L_i    = address(s_i G + c_i P_i)          = ecrecover(-s_i x_i, 27, x_i, c_i x_i)
///     R_i    = address(c_i G + (s_i - c_i t) N)  = ecrecover(-c_i N.x, v_N, N.x, (s_i - c_i t) N.x)
///     c_i+1  = keccak256(abi.encode(prefix, i, L_i, R_i)),  accepted if and only if c_size == c_0
///
/// ecrecover(e, v, r, s) is the address of (s R - e G) / r, where R has x coordinate r and the parity that v names:
/// one call of 3000 gas is a double multiplication, which costs two orders of magnitude more in EVM code.
/// @dev What the caller must see to: that the ring's keys may sign in this scope, that the nullifier is not used up,
/// and that the ring's size is bounded (time is linear in it).
library RingSignatures {
    /// @notice Order n of the group of secp256k1 (SEC 2, section 2.4.1).
    uint256 internal constant ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    /// @dev Share keys have even y, as in BIP 340.
    uint256 private constant EVEN_Y_V = 27;

    /// @dev The work area: ecrecover's input in words 0 to 3, the next challenge's preimage in words 4 to 7.
    uint256 private constant AREA_BYTES = 0x100;
    uint256 private constant PREIMAGE = 0x80;
    uint256 private constant PREIMAGE_INDEX = 0xa0;
    uint256 private constant PREIMAGE_LEFT = 0xc0;
    uint256 private constant PREIMAGE_RIGHT = 0xe0;

    /// @notice The ring has fewer keys than the minimum, or none.
    /// @param size its keys
    /// @param minimum keys that it must have; an empty ring is refused even where this is 0
    error RingTooShort(uint256 size, uint256 minimum);

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

    /// @notice A key's x coordinate is not in [1, ORDER).
    /// @dev ecrecover would refuse it too; above ORDER it aliases another point in the scalar arithmetic.
    /// @param index the key's position in the ring
    /// @param key the coordinate
    error RingKeyOutOfRange(uint256 index, uint256 key);

    /// @notice A key is not above the one before it: the ring is unsorted, or holds a key twice.
    /// @param index the key's position in the ring
    /// @param previous x coordinate of the key before it
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
    /// not for this content.
    /// @param expected the first challenge, c_0
    /// @param actual where it leads to, c_size
    error RingNotClosed(bytes32 expected, bytes32 actual);

    /// @notice The scope tag t.
    /// @param scope the round that is signed for
    /// @return t, in [0, ORDER)
    function scopeTag(uint256 scope) internal view returns (uint256) {
        return uint256(keccak256(abi.encode(Tags.NULLIFIER, block.chainid, address(this), scope))) % ORDER;
    }

    /// @notice What every challenge starts from: all that is signed.
    /// @param item what is signed, with the nullifier
    /// @param ring x coordinates of the keys
    /// @return the hash called prefix above
    function prefix(IDataRegistry.Item calldata item, uint256[] memory ring) internal view returns (bytes32) {
        bytes32 ringHash;
        // Saves a copy of the ring (abi.encodePacked makes one). Safe: reads only the array's own elements, which lie
        // one after another behind its length word.
        assembly ("memory-safe") {
            ringHash := keccak256(add(ring, 0x20), shl(5, mload(ring)))
        }
        return keccak256(
            abi.encode(
                Tags.RING,
                block.chainid,
                address(this),
                item.scope,
                item.timestamp,
                item.payloadHash,
                item.keyCommitment,
                item.rewardAddress,
                item.nullifierX,
                item.nullifierV,
                ring.length,
                ringHash
            )
        );
    }

    /// @notice Reverts, with a reason of its own for each fault, unless the signature of `item` by one of `ring` is
    /// valid for this chain and this contract.
    /// @param item what is signed, with the nullifier
    /// @param ring x coordinates of the keys, strictly ascending
    /// @param minimumRing smallest ring that is accepted; an empty one never is
    /// @param challenge c_0
    /// @param responses s_0 .. s_(size-1)
    function verify(
        IDataRegistry.Item calldata item,
        uint256[] memory ring,
        uint256 minimumRing,
        bytes32 challenge,
        uint256[] calldata responses
    ) internal view {
        uint256 size = ring.length;
        if (size == 0 || size < minimumRing) revert RingTooShort(size, minimumRing);
        if (responses.length != size) revert ResponseCountMismatch(size, responses.length);
        uint256 nullifierX = item.nullifierX;
        uint256 nullifierV = item.nullifierV;
        if (nullifierX == 0 || nullifierX >= ORDER) revert NullifierOutOfRange(nullifierX);
        if (nullifierV != EVEN_Y_V && nullifierV != EVEN_Y_V + 1) revert NullifierParity(nullifierV);

        uint256 negativeTag = ORDER - scopeTag(item.scope);
        uint256 area = _openArea(prefix(item, ring));
        uint256 running = uint256(challenge);
        uint256 previous = 0;
        // Nothing here can wrap: every subtraction takes a number that was just checked to be below ORDER from it.
        unchecked {
            for (uint256 i; i < size; ++i) {
                uint256 key = ring[i];
                uint256 response = responses[i];
                if (key == 0 || key >= ORDER) revert RingKeyOutOfRange(i, key);
                if (key <= previous) revert KeysNotAscending(i, previous, key);
                if (response >= ORDER) revert ResponseOutOfRange(i, response);
                previous = key;

                // mulmod and addmod reduce the challenge, which has all 256 bits.
                bool found = _recover(
                    area,
                    mulmod(response, ORDER - key, ORDER),
                    EVEN_Y_V,
                    key,
                    mulmod(running, key, ORDER),
                    PREIMAGE_LEFT
                );
                if (!found) revert KeyNotRecoverable(i);
                found = _recover(
                    area,
                    mulmod(running, ORDER - nullifierX, ORDER),
                    nullifierV,
                    nullifierX,
                    mulmod(addmod(response, mulmod(running, negativeTag, ORDER), ORDER), nullifierX, ORDER),
                    PREIMAGE_RIGHT
                );
                if (!found) revert NullifierNotRecoverable(i);
                running = _nextChallenge(area, i);
            }
        }
        if (running != uint256(challenge)) revert RingNotClosed(challenge, bytes32(running));
    }

    /// @dev Reserves the work area and puts the prefix into it. Saves an allocation, and four stores, for each of the
    /// 3 * size encodings that follow. Safe: the area is memory that this call allocates by moving the free memory
    /// pointer, and nothing else ever points into it.
    function _openArea(bytes32 prefix_) private pure returns (uint256 area) {
        assembly ("memory-safe") {
            area := mload(0x40)
            mstore(0x40, add(area, AREA_BYTES))
            mstore(add(area, PREIMAGE), prefix_)
        }
    }

    /// @dev ecrecover(hash, v, r, s) into the word of the area at `output`; false if there is no address.
    /// Saves what Solidity's ecrecover spends on encoding into fresh memory, and reports what that one hides: whether
    /// 32 bytes came back (precompile 1 returns none for bad input; nothing else tells that from an address left over
    /// in memory). Safe: writes only words 0 to 3 and `output` of the area, both inside of it; the precompile has no
    /// state and cannot call back; running out of gas in it shows as failure and reverts the whole call.
    function _recover(uint256 area, uint256 hash, uint256 v, uint256 r, uint256 s, uint256 output)
        private
        view
        returns (bool recovered)
    {
        assembly ("memory-safe") {
            mstore(area, hash)
            mstore(add(area, 0x20), v)
            mstore(add(area, 0x40), r)
            mstore(add(area, 0x60), s)
            let result := add(area, output)
            let success := staticcall(gas(), 1, area, 0x80, result, 0x20)
            recovered := and(and(success, eq(returndatasize(), 0x20)), iszero(iszero(mload(result))))
        }
    }

    /// @dev keccak256(abi.encode(prefix, index, L, R)) of the area. Saves encoding the four words anew, of which three
    /// lie there already. Safe: writes and reads only words 4 to 7 of the area.
    function _nextChallenge(uint256 area, uint256 index) private pure returns (uint256 next) {
        assembly ("memory-safe") {
            mstore(add(area, PREIMAGE_INDEX), index)
            next := keccak256(add(area, PREIMAGE), 0x80)
        }
    }
}
