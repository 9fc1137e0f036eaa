// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Convolution, Layer} from "./Convolution.sol";
import {DigitsModel} from "./DigitsModel.sol";
import {Lanes} from "./Lanes.sol";
import {ThirdConvolution} from "./ThirdConvolution.sol";

/// @title The last convolution, which sees all of each channel, and the linear layer.
/// @notice Both are sums of many products for few outputs, so here lanes are not outputs but products. 32 weights are
/// read as a word of bytes; every fourth byte of it, moved by 0 to 3 bytes, makes a word of eight lanes. Its product
/// with a word of eight inputs in reverse order has the sum of the eight products in its first lane. The other lanes
/// are sums of fewer products; none reaches 2^32, with at most 2,048 inputs of 255 and weights, as w + 128, of 255. So
/// nothing is carried into the first.
///
/// Inputs are therefore laid out in blocks of four words for 32 weights: input n of a block in word n mod 4, in lane
/// 7 - n / 4 from the left.
library HiddenLayer {
    uint256 private constant BLOCK = 128;

    /// @notice Computes the logits.
    /// @param layer the fourth convolution, whose source are the outputs of the third; behind its weights and biases
    /// lie those of the linear layer
    /// @param at address of free memory
    /// @param logits where they are written, in memory that is not free
    function run(Layer memory layer, uint256 at, int256[10] memory logits) internal pure {
        unchecked {
            // An even number of blocks, with two channels in each, or 32 outputs.
            uint256 blocks = (layer.inputs + 3) / 4 * 2;
            uint256 features = at + BLOCK * blocks;
            uint256 featureBlocks = (layer.outputs + 63) / 64 * 2;
            Convolution.clear(at, BLOCK * (blocks + featureBlocks));
            _layOut(layer.source, layer.inputs, at);
            _hidden(layer, at, blocks, features);
            uint256 weights = layer.weights + 16 * layer.inputs * layer.outputs;
            uint256 biases = layer.biases + 4 * layer.outputs;
            uint256 total = _total(features, featureBlocks);
            for (uint256 i; i < logits.length; ++i) {
                uint256 sum = _sum(weights + layer.outputs * i, features, featureBlocks) - total;
                logits[i] = int256(sum) + DigitsModel.int32At(biases + 4 * i);
            }
        }
    }

    /// @dev The outputs of the fourth convolution, laid out for the linear layer.
    function _hidden(Layer memory layer, uint256 inputs, uint256 blocks, uint256 features) private pure {
        unchecked {
            uint256 total = _total(inputs, blocks);
            uint256 weights = layer.weights;
            for (uint256 i; i < layer.outputs; ++i) {
                uint256 sum = _sum(weights, inputs, blocks) - total;
                sum += Lanes.offset(DigitsModel.int32At(layer.biases + 4 * i));
                uint256 output = Lanes.activate(sum & type(uint32).max, 1, DigitsModel.byteAt(layer.shifts + i));
                // Assembly: one byte of a lane is written, in what was cleared.
                uint256 word = features + BLOCK * (i / 32) + 32 * (i % 4);
                uint256 lane = 7 - (i % 32) / 4;
                assembly ("memory-safe") {
                    mstore8(add(word, add(shl(2, lane), 3)), output)
                }
                weights += 16 * layer.inputs;
            }
        }
    }

    /// @dev Lays out four rows of four lanes for each channel: the weight of a row and a column is 4 row + column.
    function _layOut(uint256 source, uint256 channels, uint256 at) private pure {
        uint256 size = ThirdConvolution.CHANNEL_BYTES;
        // Assembly: bytes from lanes to lanes, in memory that was cleared. Two channels make a block: the first one's
        // rows go to the last lanes, from the right to the left.
        assembly ("memory-safe") {
            for { let i := 0 } lt(i, channels) { i := add(i, 1) } {
                let lane := add(at, add(mul(BLOCK, shr(1, i)), sub(31, shl(4, and(i, 1)))))
                for { let end := add(source, size) } lt(source, end) { source := add(source, 16) } {
                    let row := mload(source)
                    mstore8(lane, byte(3, row))
                    mstore8(add(lane, 32), byte(7, row))
                    mstore8(add(lane, 64), byte(11, row))
                    mstore8(add(lane, 96), byte(15, row))
                    lane := sub(lane, 4)
                }
            }
        }
    }

    /// @dev 128 times the sum of all inputs: what weights of w + 128 add too much.
    function _total(uint256 at, uint256 blocks) private pure returns (uint256 sum) {
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

    /// @dev The sum of the products of inputs, an even number of blocks, with weights + 128. Behind the last input
    /// there are zeros: what is read there for a weight does not count.
    function _sum(uint256 weights, uint256 at, uint256 blocks) private pure returns (uint256 sum) {
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
