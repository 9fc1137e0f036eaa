// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {Header, ModelFile} from "./ModelFile.sol";
import {Products} from "./Products.sol";

/// @notice A dense layer: how large it is, and where its numbers lie in the call data.
/// @param inputs of each output
/// @param outputs rows of its weights
/// @param weights int8, row by row
/// @param biases int32 in the order of little-endian machines
/// @param shifts uint8
struct DenseLayer {
    uint256 inputs;
    uint256 outputs;
    uint256 weights;
    uint256 biases;
    uint256 shifts;
}

/// @title Dense layers of integer networks: what they compute, to the bit (docs/ExactEvaluation.md).
/// @notice A layer's inputs lie in memory as `Products` wants them, an array of bytes long enough for all of them.
library DenseLayers {
    /// @notice Memory for inputs, all of them 0.
    /// @param count how many
    /// @return inputs their address
    function allocate(uint256 count) internal pure returns (uint256 inputs) {
        bytes memory area = new bytes(Products.BLOCK * Products.blocksOf(count));
        // Assembly: where the array's bytes lie.
        assembly ("memory-safe") {
            inputs := add(area, 32)
        }
    }

    /// @notice A hidden layer's outputs, laid out for the next one.
    /// @param layer within its bounds
    /// @param inputs address
    /// @return outputs address
    function hidden(DenseLayer memory layer, uint256 inputs) internal pure returns (uint256 outputs) {
        outputs = allocate(layer.outputs);
        int256[] memory found = sums(layer, inputs);
        unchecked {
            for (uint256 i; i < found.length; ++i) {
                Products.put(outputs, i, activate(found[i], ModelFile.byteAt(layer.shifts + i)));
            }
        }
    }

    /// @notice A layer's sums: of each output its bias and the products of weights and inputs.
    /// @param layer within its bounds
    /// @param inputs address
    /// @return found below 2^24 in absolute value
    function sums(DenseLayer memory layer, uint256 inputs) internal pure returns (int256[] memory found) {
        found = new int256[](layer.outputs);
        unchecked {
            uint256 blocks = Products.blocksOf(layer.inputs);
            int256 total = int256(Products.total(inputs, blocks));
            uint256 weights = layer.weights;
            for (uint256 i; i < found.length; ++i) {
                int256 sum = int256(Products.sumOf(weights, inputs, blocks)) - total;
                found[i] = sum + ModelFile.int32At(layer.biases + 4 * i);
                weights += layer.inputs;
            }
        }
    }

    /// @notice A hidden unit: clamp(sum / 2^shift, 0, 255), rounded to the nearest whole number, of two equally near
    /// ones to the even one. `Lanes` says why this is it.
    /// @param sum below 2^25 in absolute value
    /// @param shift 0 to 20
    /// @return 0 to 255
    function activate(int256 sum, uint256 shift) internal pure returns (uint256) {
        unchecked {
            if (sum < 0) return 0;
            uint256 v = uint256(sum);
            uint256 rounded = (2 * v + (1 << shift) - 1 + ((v >> shift) & 1)) >> (shift + 1);
            return rounded > 255 ? 255 : rounded;
        }
    }

    /// @notice The lowest of the largest sums.
    /// @param found at least one
    /// @return class its number
    function lowestOfLargest(int256[] memory found) internal pure returns (uint256 class) {
        for (uint256 i = 1; i < found.length; ++i) {
            if (found[i] > found[class]) class = i;
        }
    }

    /// @notice How many outputs a file says a layer has, by its bias, which is to be added next; the bias is added.
    /// @param header the tensors before it are added
    /// @param model the file
    /// @param layer its name
    /// @return outputs of at most six digits
    function addBias(Header memory header, bytes calldata model, string memory layer)
        internal
        pure
        returns (uint256 outputs)
    {
        outputs = ModelFile.numberIn(header, model, string.concat(layer, ".bias"), "I32", "");
        addBias(header, layer, outputs);
    }

    /// @notice Adds a layer's biases.
    /// @param header the tensors before them are added
    /// @param layer its name
    /// @param outputs how many
    function addBias(Header memory header, string memory layer, uint256 outputs) internal pure {
        ModelFile.add(header, string.concat(layer, ".bias"), "I32", Strings.toString(outputs), 4 * outputs);
    }

    /// @notice Adds a layer's weights.
    /// @param header the tensors before them are added
    /// @param layer its name
    /// @param rows of its weights
    /// @param columns of its weights
    function addWeight(Header memory header, string memory layer, uint256 rows, uint256 columns) internal pure {
        string memory shape = string.concat(Strings.toString(rows), ",", Strings.toString(columns));
        ModelFile.add(header, string.concat(layer, ".weight"), "I8", shape, rows * columns);
    }

    /// @notice Adds a layer's shifts.
    /// @param header the tensors before them are added
    /// @param layer its name
    /// @param count how many
    function addShift(Header memory header, string memory layer, uint256 count) internal pure {
        ModelFile.add(header, string.concat(layer, ".shift"), "U8", Strings.toString(count), count);
    }

    /// @notice Where the numbers of layers lie that follow one another, from the first one's on.
    /// @param layers of which inputs and outputs are known, and of the first one where its numbers lie
    function place(DenseLayer[] memory layers) internal pure {
        unchecked {
            for (uint256 i = 1; i < layers.length; ++i) {
                DenseLayer memory before = layers[i - 1];
                layers[i].weights = before.weights + before.inputs * before.outputs;
                layers[i].biases = before.biases + 4 * before.outputs;
                layers[i].shifts = before.shifts + before.outputs;
            }
        }
    }

    /// @notice Whether a layer's weights and biases lie within their bounds, and so all of its sums.
    /// @param layer of a model that fits
    /// @return true if so
    function isExact(DenseLayer memory layer) internal pure returns (bool) {
        return ModelFile.areExact(layer.biases, layer.weights, layer.outputs, layer.inputs);
    }
}
