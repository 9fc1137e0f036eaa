// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Convolution, Layer} from "./Convolution.sol";
import {Lanes} from "./Lanes.sol";

/// @title The first convolution: 5 x 5, from 28 x 28 to 14 x 14.
library FirstConvolution {
    /// @notice Bytes of an output channel: 64 of zeros, then 14 rows, the even columns in a word and the odd columns
    /// in another, one lane to the right.
    uint256 internal constant CHANNEL_BYTES = 960;

    /// @dev An image row: seven words, whose lanes c are the pixels 4 c - 2, and so on up to 4 c + 4.
    uint256 private constant ROW = 224;
    uint256 private constant ROWS = 32;

    /// @dev 1 in every byte: the weights of the channel of ones.
    uint256 private constant ONES = 0x0101010101010101010101010101010101010101010101010101010101010101;
    /// @dev 128 in every byte: what makes a weight w + 128.
    uint256 private constant SIGNS = 0x8080808080808080808080808080808080808080808080808080808080808080;

    /// @notice Writes the rows of an image, two rows of zeros above and two below.
    /// @param image call data offset of its pixels
    /// @param at address
    /// @return end address behind them
    function write(uint256 image, uint256 at) internal pure returns (uint256 end) {
        end = at + ROW * ROWS;
        Convolution.clear(at, ROW * ROWS);
        // Assembly: every fourth of 28 bytes in one operation. What is written lies in what was cleared.
        assembly ("memory-safe") {
            let fourth := 0x000000ff000000ff000000ff000000ff000000ff000000ff000000ff000000ff
            at := add(at, mul(2, ROW))
            for { let imageEnd := add(image, 784) } lt(image, imageEnd) { image := add(image, 28) } {
                let row := shl(32, shr(32, calldataload(image)))
                let c0 := and(shr(24, row), fourth)
                let c1 := and(shr(16, row), fourth)
                let c2 := and(shr(8, row), fourth)
                let c3 := and(row, fourth)
                mstore(at, shr(32, c2))
                mstore(add(at, 32), shr(32, c3))
                mstore(add(at, 64), c0)
                mstore(add(at, 96), c1)
                mstore(add(at, 128), c2)
                mstore(add(at, 160), c3)
                mstore(add(at, 192), shl(32, c0))
                at := add(at, ROW)
            }
        }
    }

    /// @notice Computes the convolution.
    /// @param layer its source is what `write` wrote
    /// @param at address of free memory
    /// @return outputs address of the output channels
    /// @return end address behind them
    function run(Layer memory layer, uint256 at) internal pure returns (uint256 outputs, uint256 end) {
        unchecked {
            outputs = at + CHANNEL_BYTES;
            end = outputs + CHANNEL_BYTES * layer.outputs;
            Convolution.clear(at, end - at);
            // The zeros of each channel stay.
            uint256 totals = at + 64;
            for (uint256 half; half < 2; ++half) {
                uint256 pixels = layer.source + 14 * ROW * half;
                uint256 sums = totals + 448 * half;
                _add(pixels, sums, end, layer.weights);
                // Odd columns begin two pixels, two words, further; one lane to the right is 4 bytes earlier.
                _add(pixels + 60, sums + 32, end, layer.weights);
            }
            (layer.words, layer.kept, layer.keptNext) = (28, Lanes.FIRST_SEVEN, Lanes.LAST_SEVEN);
            for (uint256 i; i < layer.outputs; ++i) {
                uint256 sums = totals + CHANNEL_BYTES * (i + 1);
                Convolution.finish(layer, i, totals, sums);
            }
        }
    }

    /// @dev Seven rows of even or of odd columns, for the channel of ones and every output channel up to `end`.
    function _add(uint256 pixels, uint256 sums, uint256 end, uint256 weights) private pure {
        // Assembly: see Gas in Convolution. Written are the sums alone.
        assembly ("memory-safe") {
            for { let w := ONES } lt(sums, end) { sums := add(sums, CHANNEL_BYTES) } {
                let a := 0
                let b := 0
                let c := 0
                let d := 0
                let e := 0
                let f := 0
                let g := 0
                let x
                for { let p := pixels } lt(p, add(pixels, 1120)) { p := add(p, ROW) } {
                    x := byte(0, w)
                    a := add(mul(x, mload(p)), a)
                    b := add(mul(x, mload(add(p, 448))), b)
                    c := add(mul(x, mload(add(p, 896))), c)
                    d := add(mul(x, mload(add(p, 1344))), d)
                    e := add(mul(x, mload(add(p, 1792))), e)
                    f := add(mul(x, mload(add(p, 2240))), f)
                    g := add(mul(x, mload(add(p, 2688))), g)
                    x := byte(1, w)
                    a := add(mul(x, mload(add(p, 32))), a)
                    b := add(mul(x, mload(add(p, 480))), b)
                    c := add(mul(x, mload(add(p, 928))), c)
                    d := add(mul(x, mload(add(p, 1376))), d)
                    e := add(mul(x, mload(add(p, 1824))), e)
                    f := add(mul(x, mload(add(p, 2272))), f)
                    g := add(mul(x, mload(add(p, 2720))), g)
                    x := byte(2, w)
                    a := add(mul(x, mload(add(p, 64))), a)
                    b := add(mul(x, mload(add(p, 512))), b)
                    c := add(mul(x, mload(add(p, 960))), c)
                    d := add(mul(x, mload(add(p, 1408))), d)
                    e := add(mul(x, mload(add(p, 1856))), e)
                    f := add(mul(x, mload(add(p, 2304))), f)
                    g := add(mul(x, mload(add(p, 2752))), g)
                    x := byte(3, w)
                    a := add(mul(x, mload(add(p, 96))), a)
                    b := add(mul(x, mload(add(p, 544))), b)
                    c := add(mul(x, mload(add(p, 992))), c)
                    d := add(mul(x, mload(add(p, 1440))), d)
                    e := add(mul(x, mload(add(p, 1888))), e)
                    f := add(mul(x, mload(add(p, 2336))), f)
                    g := add(mul(x, mload(add(p, 2784))), g)
                    x := byte(4, w)
                    a := add(mul(x, mload(add(p, 128))), a)
                    b := add(mul(x, mload(add(p, 576))), b)
                    c := add(mul(x, mload(add(p, 1024))), c)
                    d := add(mul(x, mload(add(p, 1472))), d)
                    e := add(mul(x, mload(add(p, 1920))), e)
                    f := add(mul(x, mload(add(p, 2368))), f)
                    g := add(mul(x, mload(add(p, 2816))), g)
                    w := shl(40, w)
                }
                mstore(sums, a)
                mstore(add(sums, 64), b)
                mstore(add(sums, 128), c)
                mstore(add(sums, 192), d)
                mstore(add(sums, 256), e)
                mstore(add(sums, 320), f)
                mstore(add(sums, 384), g)
                w := xor(calldataload(weights), SIGNS)
                weights := add(weights, 25)
            }
        }
    }
}
