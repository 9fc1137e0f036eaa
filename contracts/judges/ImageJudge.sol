// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IJudge} from "../interfaces/IJudge.sol";
import {Convolution, Layer} from "./Convolution.sol";
import {DigitsModel, DigitsNetwork} from "./DigitsModel.sol";
import {FirstConvolution} from "./FirstConvolution.sol";
import {HiddenLayer} from "./HiddenLayer.sol";
import {SecondConvolution} from "./SecondConvolution.sol";
import {ThirdConvolution} from "./ThirdConvolution.sol";

/// @title The judge of the digits task: whether an integer network gives an image of 28 x 28 its label.
/// @notice docs/ExactEvaluation.md defines the networks and says why what is computed here is exact.
/// A record is the image's 784 pixels, row by row, and its label.
contract ImageJudge is IJudge {
    uint256 private constant SIDE = 28;
    uint256 private constant RECORD_BYTES = SIDE * SIDE + 1;

    /// @inheritdoc IJudge
    function isWellFormed(bytes calldata model) external pure returns (bool) {
        (bool fits, DigitsNetwork memory network) = DigitsModel.read(model);
        return fits && DigitsModel.isExact(network);
    }

    /// @inheritdoc IJudge
    /// @dev 1 if the lowest class of the largest logits is the label, else 0. Of the model are checked header, length
    /// and shape.
    function points(bytes calldata model, bytes calldata record) external pure returns (uint8) {
        if (record.length != RECORD_BYTES) revert MalformedRecord();
        uint256 label = uint8(record[RECORD_BYTES - 1]);
        if (label >= DigitsModel.CLASSES) revert MalformedRecord();
        (bool fits, DigitsNetwork memory network) = DigitsModel.read(model);
        if (!fits) revert MalformedModel();
        return _class(network, record) == label ? 1 : 0;
    }

    /// @dev The predicted class.
    function _class(DigitsNetwork memory network, bytes calldata record) private pure returns (uint256) {
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
        return HiddenLayer.run(layer, at);
    }

    /// @dev Goes on to the next layer.
    function _advance(Layer memory layer, uint256 kernel, uint256 outputs) private pure {
        layer.weights += kernel * layer.inputs * layer.outputs;
        layer.biases += 4 * layer.outputs;
        layer.shifts += layer.outputs;
        (layer.inputs, layer.outputs) = (layer.outputs, outputs);
    }
}
