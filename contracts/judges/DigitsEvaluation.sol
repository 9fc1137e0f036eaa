// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Convolution, Layer} from "./Convolution.sol";
import {DigitsNetwork} from "./DigitsModel.sol";
import {FirstConvolution} from "./FirstConvolution.sol";
import {HiddenLayer} from "./HiddenLayer.sol";
import {SecondConvolution} from "./SecondConvolution.sol";
import {ThirdConvolution} from "./ThirdConvolution.sol";

/// @title What an integer network for the digits task computes, to the bit (docs/ExactEvaluation.md).
library DigitsEvaluation {
    /// @notice The logits of the ten classes.
    /// @param network a model that fits
    /// @param record begins with the image's 784 pixels, row by row
    /// @return result exact if the model's values are within their bounds, else any numbers
    function logits(DigitsNetwork memory network, bytes calldata record)
        internal
        pure
        returns (int256[10] memory result)
    {
        uint256[4] memory c = network.channels;
        Layer memory layer;
        (layer.inputs, layer.outputs, layer.source) = (1, c[0], Convolution.MEMORY);
        (layer.weights, layer.biases, layer.shifts) = (network.weights, network.biases, network.shifts);
        Convolution.checkMemory();
        uint256 image;
        // Assembly: where the record's bytes lie in the call data.
        assembly ("memory-safe") {
            image := record.offset
        }
        uint256 at = FirstConvolution.write(image, layer.source);
        (layer.source, at) = FirstConvolution.run(layer, at);
        _advance(layer, 25, c[1]);
        (layer.source, at) = SecondConvolution.run(layer, at);
        _advance(layer, 9, c[2]);
        (layer.source, at) = ThirdConvolution.run(layer, at);
        _advance(layer, 9, c[3]);
        HiddenLayer.run(layer, at, result);
    }

    /// @dev Goes on to the next layer.
    function _advance(Layer memory layer, uint256 kernel, uint256 outputs) private pure {
        layer.weights += kernel * layer.inputs * layer.outputs;
        layer.biases += 4 * layer.outputs;
        layer.shifts += layer.outputs;
        (layer.inputs, layer.outputs) = (layer.outputs, outputs);
    }
}
