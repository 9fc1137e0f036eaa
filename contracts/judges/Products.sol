// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Lanes} from "./Lanes.sol";

/// @title Sums of many products for few outputs: of inputs from 0 to 255 with weights from -64 to 64.
/// @notice Here lanes are not outputs but products. 32 weights are read as a word of bytes; every fourth byte of it,
/// moved by 0 to 3 bytes, makes a word of eight lanes. Its product with a word of eight inputs in reverse order has the
/// sum of the eight products in its first lane. The other lanes are sums of fewer products; none reaches 2^32, with at
/// most 4,096 inputs of 255 and weights, as w + 128, of 255. So nothing is carried into the first.
///
/// Inputs are therefore laid out in blocks of four words for 32 weights: input n of a block in word n mod 4, in lane
/// 7 - n / 4 from the left.
library Products {
    /// @notice Bytes that 32 inputs take.
    uint256 internal constant BLOCK = 128;

    /// @notice How many blocks so many inputs take: an even number.
    /// @param count inputs
    /// @return blocks
    function blocksOf(uint256 count) internal pure returns (uint256) {
        unchecked {
            return (count + 63) / 64 * 2;
        }
    }

    /// @notice Lays out an input.
    /// @param at address of blocks in memory that was cleared
    /// @param number of the input
    /// @param value 0 to 255
    function put(uint256 at, uint256 number, uint256 value) internal pure {
        unchecked {
            uint256 lowest = at + BLOCK * (number / 32) + 32 * (number % 4) + 31 - 4 * (number % 32 / 4);
            // Assembly: one byte of a lane is written, in what was cleared.
            assembly ("memory-safe") {
                mstore8(lowest, value)
            }
        }
    }

    /// @notice 128 times the sum of all inputs: what weights of w + 128 add too much.
    /// @param at address of the inputs
    /// @param blocks how many blocks they take
    /// @return sum below 2^32
    function total(uint256 at, uint256 blocks) internal pure returns (uint256 sum) {
        // Assembly: adds words. Nothing is written.
        assembly ("memory-safe") {
            for { let end := add(at, mul(BLOCK, blocks)) } lt(at, end) { at := add(at, 32) } {
                sum := add(sum, mload(at))
            }
        }
        unchecked {
            // The first lane of the product is the sum of all lanes.
            return ((sum * Lanes.ALL) >> 224) * 128;
        }
    }

    /// @notice The sum of the products of inputs with weights + 128.
    /// @dev Behind the last input there are zeros: what is read there for a weight does not count.
    /// @param weights call data offset
    /// @param at address of the inputs
    /// @param blocks how many blocks they take, an even number
    /// @return sum below 2^32
    function sumOf(uint256 weights, uint256 at, uint256 blocks) internal pure returns (uint256 sum) {
        // Assembly: 64 products for 360 gas. Nothing is written.
        assembly ("memory-safe") {
            let fourth := 0x000000ff000000ff000000ff000000ff000000ff000000ff000000ff000000ff
            let signs := 0x8080808080808080808080808080808080808080808080808080808080808080
            for { let end := add(at, mul(BLOCK, blocks)) } lt(at, end) { at := add(at, 256) } {
                let w := xor(calldataload(weights), signs)
                sum := add(mul(and(shr(24, w), fourth), mload(at)), sum)
                sum := add(mul(and(shr(16, w), fourth), mload(add(at, 32))), sum)
                sum := add(mul(and(shr(8, w), fourth), mload(add(at, 64))), sum)
                sum := add(mul(and(w, fourth), mload(add(at, 96))), sum)
                w := xor(calldataload(add(weights, 32)), signs)
                sum := add(mul(and(shr(24, w), fourth), mload(add(at, 128))), sum)
                sum := add(mul(and(shr(16, w), fourth), mload(add(at, 160))), sum)
                sum := add(mul(and(shr(8, w), fourth), mload(add(at, 192))), sum)
                sum := add(mul(and(w, fourth), mload(add(at, 224))), sum)
                weights := add(weights, 64)
            }
            sum := shr(224, sum)
        }
    }
}
