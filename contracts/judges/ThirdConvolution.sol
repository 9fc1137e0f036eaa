// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {CHANNEL, Convolution, Layer} from "./Convolution.sol";
import {Lanes} from "./Lanes.sol";
import {SecondConvolution} from "./SecondConvolution.sol";

/// @title The third convolution: 3 x 3, from 7 x 7 to 4 x 4.
library ThirdConvolution {
    /// @notice Bytes of an output channel: four rows of four lanes.
    uint256 internal constant CHANNEL_BYTES = 64;

    uint256 private constant INPUT_BYTES = SecondConvolution.CHANNEL_BYTES;

    /// @dev 1 in every byte: the weights of the channel of ones.
    uint256 private constant ONES = 0x0101010101010101010101010101010101010101010101010101010101010101;
    /// @dev 128 in every byte: what makes a weight w + 128.
    uint256 private constant SIGNS = 0x8080808080808080808080808080808080808080808080808080808080808080;

    /// @notice Computes the convolution.
    /// @param layer its source are the outputs of the second
    /// @param at address of free memory
    /// @return outputs address of the output channels
    /// @return end address behind them
    function run(Layer memory layer, uint256 at) internal pure returns (uint256 outputs, uint256 end) {
        unchecked {
            outputs = at + CHANNEL_BYTES;
            end = outputs + CHANNEL_BYTES * layer.outputs;
            Convolution.clear(at, end - at);
            // The first are called apart, so that the compiler keeps the loop a function, with a stack of its own.
            _add(layer.source, at, end, layer.weights, 9 * layer.inputs);
            for (uint256 i = 2; i < layer.inputs; i += 2) {
                _add(layer.source + INPUT_BYTES * i, at, end, layer.weights + 9 * i, 9 * layer.inputs);
            }
            (layer.words, layer.kept, layer.keptNext) = (2, Lanes.ALL, Lanes.ALL);
            for (uint256 i; i < layer.outputs; ++i) {
                Convolution.finish(layer, i, at, outputs + CHANNEL_BYTES * i);
            }
        }
    }

    /// @dev Adds two input channels' products to the sums of the channel of ones and of every output channel, up to
    /// `end`.
    function _add(uint256 channel, uint256 sums, uint256 end, uint256 weights, uint256 stride) private pure {
        Convolution.copy(CHANNEL, channel, 2 * INPUT_BYTES);
        // Assembly: see Gas in Convolution. Written are the sums alone. A word has two rows: the first lane of the
        // lower one's odd columns is zero, so that nothing comes from there into the upper one's last lane.
        assembly ("memory-safe") {
            for { let w := ONES } lt(sums, end) { sums := add(sums, CHANNEL_BYTES) } {
                let a := mload(sums)
                let b := mload(add(sums, 32))
                let x
                x := byte(1, w)
                a := add(mul(x, mload(0x4080)), a)
                b := add(mul(x, mload(0x40a0)), b)
                x := or(byte(0, w), shl(32, byte(2, w)))
                a := add(mul(x, mload(0x40d0)), a)
                b := add(mul(x, mload(0x40f0)), b)
                x := byte(4, w)
                a := add(mul(x, mload(0x4000)), a)
                b := add(mul(x, mload(0x4020)), b)
                x := or(byte(3, w), shl(32, byte(5, w)))
                a := add(mul(x, mload(0x4040)), a)
                b := add(mul(x, mload(0x4060)), b)
                x := byte(7, w)
                a := add(mul(x, mload(0x4090)), a)
                b := add(mul(x, mload(0x40b0)), b)
                x := or(byte(6, w), shl(32, byte(8, w)))
                a := add(mul(x, mload(0x40e0)), a)
                b := add(mul(x, mload(0x4100)), b)
                // The other channel.
                x := byte(10, w)
                a := add(mul(x, mload(0x41a0)), a)
                b := add(mul(x, mload(0x41c0)), b)
                x := or(byte(9, w), shl(32, byte(11, w)))
                a := add(mul(x, mload(0x41f0)), a)
                b := add(mul(x, mload(0x4210)), b)
                x := byte(13, w)
                a := add(mul(x, mload(0x4120)), a)
                b := add(mul(x, mload(0x4140)), b)
                x := or(byte(12, w), shl(32, byte(14, w)))
                a := add(mul(x, mload(0x4160)), a)
                b := add(mul(x, mload(0x4180)), b)
                x := byte(16, w)
                a := add(mul(x, mload(0x41b0)), a)
                b := add(mul(x, mload(0x41d0)), b)
                x := or(byte(15, w), shl(32, byte(17, w)))
                a := add(mul(x, mload(0x4200)), a)
                b := add(mul(x, mload(0x4220)), b)
                mstore(sums, a)
                mstore(add(sums, 32), b)
                w := xor(calldataload(weights), SIGNS)
                weights := add(weights, stride)
            }
        }
    }
}
