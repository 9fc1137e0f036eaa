// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Convolution, Layer} from "./Convolution.sol";
import {Lanes} from "./Lanes.sol";
import {ModelFile} from "./ModelFile.sol";
import {Products} from "./Products.sol";
import {ThirdConvolution} from "./ThirdConvolution.sol";

/// @title The last convolution, which sees all of each channel, and the linear layer: `Products`, for both.
library HiddenLayer {
    /// @notice Computes the logits.
    /// @param layer the fourth convolution, whose source are the outputs of the third; behind its weights and biases
    /// lie those of the linear layer
    /// @param at address of free memory
    /// @param logits where they are written, in memory that is not free
    function run(Layer memory layer, uint256 at, int256[10] memory logits) internal pure {
        unchecked {
            // An even number of blocks, with two channels in each, or 32 outputs.
            uint256 blocks = (layer.inputs + 3) / 4 * 2;
            uint256 features = at + Products.BLOCK * blocks;
            uint256 featureBlocks = Products.blocksOf(layer.outputs);
            Convolution.clear(at, Products.BLOCK * (blocks + featureBlocks));
            _layOut(layer.source, layer.inputs, at);
            _hidden(layer, at, blocks, features);
            uint256 weights = layer.weights + 16 * layer.inputs * layer.outputs;
            uint256 biases = layer.biases + 4 * layer.outputs;
            uint256 total = Products.total(features, featureBlocks);
            for (uint256 i; i < logits.length; ++i) {
                uint256 sum = Products.sumOf(weights + layer.outputs * i, features, featureBlocks) - total;
                logits[i] = int256(sum) + ModelFile.int32At(biases + 4 * i);
            }
        }
    }

    /// @dev The outputs of the fourth convolution, laid out for the linear layer.
    function _hidden(Layer memory layer, uint256 inputs, uint256 blocks, uint256 features) private pure {
        unchecked {
            uint256 total = Products.total(inputs, blocks);
            uint256 weights = layer.weights;
            for (uint256 i; i < layer.outputs; ++i) {
                uint256 sum = Products.sumOf(weights, inputs, blocks) - total;
                sum += Lanes.offset(ModelFile.int32At(layer.biases + 4 * i));
                uint256 output = Lanes.activate(sum & type(uint32).max, 1, ModelFile.byteAt(layer.shifts + i));
                Products.put(features, i, output);
                weights += 16 * layer.inputs;
            }
        }
    }

    /// @dev Lays out four rows of four lanes for each channel: the weight of a row and a column is 4 row + column.
    function _layOut(uint256 source, uint256 channels, uint256 at) private pure {
        (uint256 size, uint256 blockBytes) = (ThirdConvolution.CHANNEL_BYTES, Products.BLOCK);
        // Assembly: bytes from lanes to lanes, in memory that was cleared. Two channels make a block: the first one's
        // rows go to the last lanes, from the right to the left.
        assembly ("memory-safe") {
            for { let i := 0 } lt(i, channels) { i := add(i, 1) } {
                let lane := add(at, add(mul(blockBytes, shr(1, i)), sub(31, shl(4, and(i, 1)))))
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
}
