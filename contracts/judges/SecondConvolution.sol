// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {CHANNEL, Convolution, Layer, SECOND_COPY} from "./Convolution.sol";
import {FirstConvolution} from "./FirstConvolution.sol";
import {Lanes} from "./Lanes.sol";

/// @title The second convolution: 3 x 3, from 14 x 14 to 7 x 7.
library SecondConvolution {
    /// @notice Bytes of an output channel, rows of four lanes, 16 bytes: 4 even rows of the even columns, 4 of the odd
    /// columns; then the odd rows, 3 between one of zeros above and one below, of the even columns, and of the odd
    /// ones. Odd columns are one lane to the right.
    uint256 internal constant CHANNEL_BYTES = 288;

    uint256 private constant INPUT_BYTES = FirstConvolution.CHANNEL_BYTES;

    /// @dev Sums of an output channel: 7 rows.
    uint256 private constant SUMS = 224;

    /// @dev 1 in every byte: the weights of the channel of ones.
    uint256 private constant ONES = 0x0101010101010101010101010101010101010101010101010101010101010101;
    /// @dev 128 in every byte: what makes a weight w + 128.
    uint256 private constant SIGNS = 0x8080808080808080808080808080808080808080808080808080808080808080;

    /// @notice Computes the convolution.
    /// @param layer its source are the outputs of the first
    /// @param at address of free memory
    /// @return outputs address of the output channels
    /// @return end address behind them
    function run(Layer memory layer, uint256 at) internal pure returns (uint256 outputs, uint256 end) {
        unchecked {
            outputs = at + SUMS * (layer.outputs + 1);
            // One more, of zeros: the next convolution takes two at a time.
            end = outputs + CHANNEL_BYTES * (layer.outputs + 1);
            Convolution.clear(at, end - at);
            // The first is called apart, so that the compiler keeps the loop a function, with a stack of its own.
            _add(layer.source, at, outputs, layer.weights, 9 * layer.inputs);
            for (uint256 i = 1; i < layer.inputs; ++i) {
                _add(layer.source + INPUT_BYTES * i, at, outputs, layer.weights + 9 * i, 9 * layer.inputs);
            }
            (layer.words, layer.kept, layer.keptNext) = (7, Lanes.FIRST_SEVEN, Lanes.FIRST_SEVEN);
            for (uint256 i; i < layer.outputs; ++i) {
                uint256 sums = at + SUMS * (i + 1);
                Convolution.finish(layer, i, at, sums);
                _split(sums, outputs + CHANNEL_BYTES * i);
            }
        }
    }

    /// @dev Adds an input channel's products to the sums of the channel of ones and of every output channel, up to
    /// `end`.
    function _add(uint256 channel, uint256 sums, uint256 end, uint256 weights, uint256 stride) private pure {
        // Twice: a row that two outputs meet is read from either copy, lest the compiler read it once and keep it.
        Convolution.copy(CHANNEL, channel, INPUT_BYTES);
        Convolution.copy(SECOND_COPY, channel, INPUT_BYTES);
        // Assembly: see Gas in Convolution. Written are the sums alone.
        assembly ("memory-safe") {
            for { let w := ONES } lt(sums, end) { sums := add(sums, SUMS) } {
                let a := mload(sums)
                let b := mload(add(sums, 32))
                let c := mload(add(sums, 64))
                let d := mload(add(sums, 96))
                let e := mload(add(sums, 128))
                let f := mload(add(sums, 160))
                let g := mload(add(sums, 192))
                let x
                // Kernel row 0: the middle weight meets even columns, the outer ones odd columns.
                x := byte(1, w)
                a := add(mul(x, mload(0x4000)), a)
                b := add(mul(x, mload(0x4080)), b)
                c := add(mul(x, mload(0x4100)), c)
                d := add(mul(x, mload(0x4180)), d)
                e := add(mul(x, mload(0x4200)), e)
                f := add(mul(x, mload(0x4280)), f)
                g := add(mul(x, mload(0x4300)), g)
                x := or(byte(0, w), shl(32, byte(2, w)))
                a := add(mul(x, mload(0x4020)), a)
                b := add(mul(x, mload(0x40a0)), b)
                c := add(mul(x, mload(0x4120)), c)
                d := add(mul(x, mload(0x41a0)), d)
                e := add(mul(x, mload(0x4220)), e)
                f := add(mul(x, mload(0x42a0)), f)
                g := add(mul(x, mload(0x4320)), g)
                // Kernel row 1: the middle weight meets even columns, the outer ones odd columns.
                x := byte(4, w)
                a := add(mul(x, mload(0x4040)), a)
                b := add(mul(x, mload(0x40c0)), b)
                c := add(mul(x, mload(0x4140)), c)
                d := add(mul(x, mload(0x41c0)), d)
                e := add(mul(x, mload(0x4240)), e)
                f := add(mul(x, mload(0x42c0)), f)
                g := add(mul(x, mload(0x4340)), g)
                x := or(byte(3, w), shl(32, byte(5, w)))
                a := add(mul(x, mload(0x4060)), a)
                b := add(mul(x, mload(0x40e0)), b)
                c := add(mul(x, mload(0x4160)), c)
                d := add(mul(x, mload(0x41e0)), d)
                e := add(mul(x, mload(0x4260)), e)
                f := add(mul(x, mload(0x42e0)), f)
                g := add(mul(x, mload(0x4360)), g)
                // Kernel row 2: the middle weight meets even columns, the outer ones odd columns.
                x := byte(7, w)
                a := add(mul(x, mload(0x4480)), a)
                b := add(mul(x, mload(0x4500)), b)
                c := add(mul(x, mload(0x4580)), c)
                d := add(mul(x, mload(0x4600)), d)
                e := add(mul(x, mload(0x4680)), e)
                f := add(mul(x, mload(0x4700)), f)
                g := add(mul(x, mload(0x4780)), g)
                x := or(byte(6, w), shl(32, byte(8, w)))
                a := add(mul(x, mload(0x44a0)), a)
                b := add(mul(x, mload(0x4520)), b)
                c := add(mul(x, mload(0x45a0)), c)
                d := add(mul(x, mload(0x4620)), d)
                e := add(mul(x, mload(0x46a0)), e)
                f := add(mul(x, mload(0x4720)), f)
                g := add(mul(x, mload(0x47a0)), g)
                mstore(sums, a)
                mstore(add(sums, 32), b)
                mstore(add(sums, 64), c)
                mstore(add(sums, 96), d)
                mstore(add(sums, 128), e)
                mstore(add(sums, 160), f)
                mstore(add(sums, 192), g)
                w := xor(calldataload(weights), SIGNS)
                weights := add(weights, stride)
            }
        }
    }

    /// @dev Splits rows of seven into even and odd rows and columns.
    function _split(uint256 rows, uint256 at) private pure {
        // Assembly: bytes from lanes to lanes, all within one channel's 288.
        assembly ("memory-safe") {
            for { let y := 0 } lt(y, 7) { y := add(y, 1) } {
                let row := mload(add(rows, shl(5, y)))
                let even := add(at, shl(3, y))
                let odd := add(even, 64)
                if and(y, 1) {
                    even := add(at, add(136, shl(3, y)))
                    odd := add(even, 80)
                }
                mstore8(add(even, 3), byte(3, row))
                mstore8(add(even, 7), byte(11, row))
                mstore8(add(even, 11), byte(19, row))
                mstore8(add(even, 15), byte(27, row))
                mstore8(add(odd, 7), byte(7, row))
                mstore8(add(odd, 11), byte(15, row))
                mstore8(add(odd, 15), byte(23, row))
            }
        }
    }
}
