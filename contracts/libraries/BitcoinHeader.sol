// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title Fields, hash, target and work of Bitcoin block headers.
/// @notice Headers are 80 bytes, integers little endian: version 4, previous hash 32, Merkle root 32, time 4, bits 4,
/// nonce 4. Functions that read a field take a batch of concatenated headers and the index of one of them; the caller
/// has checked that the batch holds it. Targets follow Bitcoin Core: arith_uint256::SetCompact and GetCompact,
/// GetBlockProof, CalculateNextWorkRequired.
library BitcoinHeader {
    /// @dev Bytes of a header.
    uint256 internal constant SIZE = 80;

    /// @dev Blocks that share one target.
    uint256 internal constant EPOCH_BLOCKS = 2016;

    /// @dev Seconds that they should take.
    uint256 internal constant EPOCH_SECONDS = 14 days;

    /// @dev A retarget changes the target by at most this factor.
    uint256 internal constant MAXIMUM_ADJUSTMENT = 4;

    /// @notice A compact target is negative, zero or does not fit 256 bits.
    /// @param bits the compact target
    error InvalidBits(uint32 bits);

    /// @notice The block's hash in the byte order of the previous-hash field: SHA-256 of SHA-256 of the header.
    function hash(bytes memory batch, uint256 index) internal view returns (bytes32 blockHash) {
        // Assembly hashes the header where it lies and the inner hash in scratch space: no copy, no memory allocated.
        // Safe: the caller guarantees that the 80 bytes are inside the batch, and bytes 0 to 31 are scratch space.
        assembly ("memory-safe") {
            let start := add(add(batch, 32), mul(index, 80))
            // The precompile fails only when gas runs out.
            if iszero(staticcall(gas(), 2, start, 80, 0, 32)) { revert(0, 0) }
            if iszero(staticcall(gas(), 2, 0, 32, 0, 32)) { revert(0, 0) }
            blockHash := mload(0)
        }
    }

    /// @notice The version, signed as Bitcoin has it.
    function version(bytes memory batch, uint256 index) internal pure returns (int32) {
        return int32(_littleEndian(uint32(_word(batch, index, 0) >> 224)));
    }

    /// @notice Hash of the header before, in the order that `hash` returns.
    function previousHash(bytes memory batch, uint256 index) internal pure returns (bytes32) {
        return bytes32(_word(batch, index, 4));
    }

    /// @notice The time that the miner claims, in seconds since 1970.
    function time(bytes memory batch, uint256 index) internal pure returns (uint32) {
        return _littleEndian(uint32(_word(batch, index, 48) >> 64));
    }

    /// @notice The compact target.
    function bits(bytes memory batch, uint256 index) internal pure returns (uint32) {
        return _littleEndian(uint32(_word(batch, index, 48) >> 32));
    }

    /// @notice A hash as the number that is compared with the target: its bytes in reverse order.
    function toNumber(bytes32 blockHash) internal pure returns (uint256 number) {
        number = uint256(blockHash);
        uint256 mask = 0x00FF00FF00FF00FF00FF00FF00FF00FF00FF00FF00FF00FF00FF00FF00FF00FF;
        number = ((number >> 8) & mask) | ((number & mask) << 8);
        mask = 0x0000FFFF0000FFFF0000FFFF0000FFFF0000FFFF0000FFFF0000FFFF0000FFFF;
        number = ((number >> 16) & mask) | ((number & mask) << 16);
        mask = 0x00000000FFFFFFFF00000000FFFFFFFF00000000FFFFFFFF00000000FFFFFFFF;
        number = ((number >> 32) & mask) | ((number & mask) << 32);
        mask = 0x0000000000000000FFFFFFFFFFFFFFFF0000000000000000FFFFFFFFFFFFFFFF;
        number = ((number >> 64) & mask) | ((number & mask) << 64);
        number = (number >> 128) | (number << 128);
    }

    /// @notice The target that a compact form stands for.
    /// @dev Reverts with InvalidBits if no block can have it.
    function targetFromBits(uint32 compact) internal pure returns (uint256 target) {
        uint256 size = compact >> 24;
        uint256 word = compact & 0x007FFFFF;
        if (size <= 3) {
            target = word >> (8 * (3 - size));
        } else {
            target = word << (8 * (size - 3));
            // What is shifted out at the top is lost: shifting back shows it.
            if (target >> (8 * (size - 3)) != word) target = 0;
        }
        if (target == 0 || compact & 0x00800000 != 0) revert InvalidBits(compact);
    }

    /// @notice The compact form of a target, rounded down.
    function bitsFromTarget(uint256 target) internal pure returns (uint32) {
        uint256 size = target == 0 ? 0 : Math.log2(target) / 8 + 1;
        uint256 word = size <= 3 ? target << (8 * (3 - size)) : target >> (8 * (size - 3));
        if (word & 0x00800000 != 0) {
            // The highest bit of the three bytes is the sign, so the number moves one byte down.
            word >>= 8;
            ++size;
        }
        return uint32((size << 24) | word);
    }

    /// @notice The expected number of hashes to meet a target: floor(2^256 / (target + 1)).
    /// @param target 1 to 2^256 - 2
    function work(uint256 target) internal pure returns (uint256) {
        return ~target / (target + 1) + 1;
    }

    /// @notice The compact target of the next epoch.
    /// @param compact compact target of the epoch that ends
    /// @param firstTime time of that epoch's first header
    /// @param lastTime time of its last: 2015 intervals later, a slip of the first release that is now the rule
    /// @param powLimit the highest target, at least the old one and below 2^254, so that nothing overflows
    function retarget(uint32 compact, uint32 firstTime, uint32 lastTime, uint256 powLimit)
        internal
        pure
        returns (uint32)
    {
        uint256 elapsed = lastTime > firstTime ? lastTime - firstTime : 0;
        elapsed = Math.max(elapsed, EPOCH_SECONDS / MAXIMUM_ADJUSTMENT);
        elapsed = Math.min(elapsed, EPOCH_SECONDS * MAXIMUM_ADJUSTMENT);
        uint256 target = Math.mulDiv(targetFromBits(compact), elapsed, EPOCH_SECONDS);
        return bitsFromTarget(Math.min(target, powLimit));
    }

    /// @dev 32 bytes of a header from `offset` (at most 48) on.
    function _word(bytes memory batch, uint256 index, uint256 offset) private pure returns (uint256 word) {
        // Assembly, since Solidity reads bytes one at a time. Safe: the caller guarantees that the header is inside the
        // batch, and offset + 32 <= 80.
        assembly ("memory-safe") {
            word := mload(add(add(add(batch, 32), mul(index, 80)), offset))
        }
    }

    function _littleEndian(uint32 value) private pure returns (uint32) {
        value = ((value >> 8) & 0x00FF00FF) | ((value & 0x00FF00FF) << 8);
        return (value >> 16) | (value << 16);
    }
}
