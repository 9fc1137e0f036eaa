// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Lanes} from "./Lanes.sol";
import {ModelFile} from "./ModelFile.sol";

/// @dev Where the loops find the input channel that they are at, and where they find it again.
uint256 constant CHANNEL = 0x4000;
uint256 constant SECOND_COPY = 0x4400;

/// @notice A convolution: where its numbers are.
/// @param inputs channels
/// @param outputs channels
/// @param source address of its inputs
/// @param weights call data offset of its weights
/// @param biases call data offset of its biases
/// @param shifts call data offset of its shifts
/// @param words of an output channel's sums
/// @param kept ones in the lanes of the first, third, ... of them that are columns of the outputs
/// @param keptNext ones in the lanes of the others that are
struct Layer {
    uint256 inputs;
    uint256 outputs;
    uint256 source;
    uint256 weights;
    uint256 biases;
    uint256 shifts;
    uint256 words;
    uint256 kept;
    uint256 keptNext;
}

/// @title What the three convolutions with a stride of 2 have in common.
/// @notice **Sums.** A word has eight lanes of 32 bits, columns of one row from left to right. Its product with a
/// weight is the product in every lane, and a sum of products a sum in each. Words are numbers modulo 2^256: between
/// the lanes may be carried and borrowed what will, only the end counts. There, with 2^24 added, every lane's true sum
/// lies above 0 and below 2^25, since 255 sum|w| + |bias| < 2^24; and a word of such lanes has no other
/// representation. That holds for lanes too that are no column of the image, which are computed like the others and
/// then cleared: all lanes in memory hold 0 to 255, and a weight meets no lane twice.
///
/// **Strides.** A stride of 2 is none where even and odd columns are words of their own. A kernel of three columns
/// meets odd, even and the next odd ones. Odd columns are kept one lane to the right: what is to the left of output c
/// is in lane c, what is to its right in lane c + 1, and one multiplication by (left weight) + 2^32 (right weight)
/// adds both.
///
/// **Signs.** Weights are taken as w + 128, bytes without a sign. What 128 of all weights add is taken off at the end:
/// an output channel before the first, with weights of 1, says how much that is.
///
/// **Gas.** A weight and a word cost about 20. Loops over a kernel, and addresses that are computed, would double
/// that. Hence the repetitive lines, and fixed addresses to which an input channel is copied.
library Convolution {
    /// @notice Inputs and sums lie from here on.
    uint256 internal constant MEMORY = 0x5000;

    /// @notice Memory of Solidity's lies where the loops copy to.
    error MemoryInUse();

    /// @notice Makes sure that all memory from CHANNEL on is free.
    /// @dev Reverts with MemoryInUse, which no argument brings about: what precedes takes less than 2,000 bytes.
    function checkMemory() internal pure {
        uint256 free;
        // Assembly: reads the pointer to free memory.
        assembly ("memory-safe") {
            free := mload(0x40)
        }
        if (free > CHANNEL) revert MemoryInUse();
    }

    /// @notice Fills memory with zeros: there may be anything in it.
    /// @param at address
    /// @param size bytes
    function clear(uint256 at, uint256 size) internal pure {
        // Assembly: what lies behind the call data is zero, and is copied for 3 gas a word.
        assembly ("memory-safe") {
            calldatacopy(at, calldatasize(), size)
        }
    }

    /// @notice Copies an input channel to where the loops read.
    /// @param at CHANNEL or SECOND_COPY
    /// @param source its address
    /// @param size bytes, at most 1,024
    function copy(uint256 at, uint256 source, uint256 size) internal pure {
        // Assembly: copies within memory.
        assembly ("memory-safe") {
            mcopy(at, source, size)
        }
    }

    /// @notice Makes the sums of an output channel into its outputs, in place.
    /// @param layer the convolution
    /// @param i the output channel
    /// @param totals address of the sums with weights of 1
    /// @param sums address of its sums
    function finish(Layer memory layer, uint256 i, uint256 totals, uint256 sums) internal pure {
        unchecked {
            uint256 offset = Lanes.offset(ModelFile.int32At(layer.biases + 4 * i));
            uint256 shift = ModelFile.byteAt(layer.shifts + i);
            (uint256 kept, uint256 next) = (layer.kept, layer.keptNext);
            for (uint256 end = sums + 32 * layer.words; sums < end; sums += 32) {
                // Assembly: words at any address.
                uint256 v;
                assembly ("memory-safe") {
                    v := sub(mload(sums), shl(7, mload(totals)))
                }
                v = Lanes.activate(v + offset, kept, shift);
                assembly ("memory-safe") {
                    mstore(sums, v)
                }
                (kept, next) = (next, kept);
                totals += 32;
            }
        }
    }
}
