// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {JudgingGas} from "./JudgingGas.sol";
import {Header, ModelFile} from "./ModelFile.sol";

/// @notice Where the parts of a model file lie in the call data, and how many channels its layers have.
/// @param channels outputs of the four convolutions
/// @param biases where their biases begin, int32 in the order of little-endian machines; then the linear layer's ten
/// @param weights where their weights begin, int8; then the linear layer's
/// @param shifts where their shifts begin, uint8; then the linear layer's one
struct DigitsNetwork {
    uint256[4] channels;
    uint256 biases;
    uint256 weights;
    uint256 shifts;
}

/// @title Files of integer networks for the digits task (docs/ExactEvaluation.md).
library DigitsModel {
    uint256 internal constant CLASSES = 10;
    uint256 private constant MAXIMUM_BYTES = 120_000;

    /// @notice Whether header and length are those of a model that a judge takes; and where its parts are.
    /// @dev Nothing is said of the values in it.
    /// @param model the file
    /// @return fits whether they are
    /// @return network the parts, if so
    function read(bytes calldata model) internal pure returns (bool fits, DigitsNetwork memory network) {
        if (model.length > MAXIMUM_BYTES) return (false, network);
        uint256 free;
        // Assembly: what the header takes is given back at once; the judge's loops need low addresses for themselves.
        assembly ("memory-safe") {
            free := mload(0x40)
        }
        uint256[4] memory c = network.channels;
        Header memory header = _header(model, c);
        (uint256 start, uint256 data) = (ModelFile.tensorsAt(header, model), header.end);
        assembly ("memory-safe") {
            mstore(0x40, free)
        }
        if (start == 0) return (false, network);
        if (c[0] == 0 || c[0] > 64 || c[1] == 0 || c[1] > 128 || c[2] == 0 || c[2] > 128) return (false, network);
        if (c[3] == 0 || c[3] > 256) return (false, network);
        if (!JudgingGas.isWithin(c)) return (false, network);
        uint256 total = c[0] + c[1] + c[2] + c[3];
        network.biases = start;
        network.weights = start + 4 * (total + CLASSES);
        network.shifts = start + data - total - 1;
        fits = true;
    }

    /// @notice Whether all values lie within their bounds: weights from -64 to 64, shifts up to 20, and for every
    /// output channel 255 times the sum of its weights' absolute values, and its bias's, below 2^24.
    /// @param network a model that fits
    /// @return true if they do
    function isExact(DigitsNetwork memory network) internal pure returns (bool) {
        uint256[4] memory c = network.channels;
        (uint256 biases, uint256 weights) = (network.biases, network.weights);
        uint256 inputs = 1;
        for (uint256 layer; layer < 4; ++layer) {
            uint256 row = inputs * (layer == 0 ? 25 : layer == 3 ? 16 : 9);
            if (!ModelFile.areExact(biases, weights, c[layer], row)) return false;
            biases += 4 * c[layer];
            weights += row * c[layer];
            inputs = c[layer];
        }
        return ModelFile.areExact(biases, weights, CLASSES, inputs)
            && ModelFile.areShifts(network.shifts, c[0] + c[1] + c[2] + c[3] + 1);
    }

    /// @dev The header that a file with these numbers of channels has, which are read where this header has them.
    function _header(bytes calldata model, uint256[4] memory c) private pure returns (Header memory header) {
        header = ModelFile.begin("modelchain/integer-network/2");
        for (uint256 i; i < 4; ++i) {
            string memory name = _name(i, ".bias");
            c[i] = ModelFile.numberIn(header, model, name, "I32", "");
            ModelFile.add(header, name, "I32", Strings.toString(c[i]), 4 * c[i]);
        }
        ModelFile.add(header, "linear.bias", "I32", "10", 4 * CLASSES);
        string memory inputs = "1";
        for (uint256 i; i < 4; ++i) {
            string memory outputs = Strings.toString(c[i]);
            string memory shape = string.concat(outputs, ",", inputs, i == 0 ? ",5,5" : i == 3 ? ",4,4" : ",3,3");
            uint256 size = i == 0 ? 25 * c[0] : (i == 3 ? 16 : 9) * c[i - 1] * c[i];
            ModelFile.add(header, _name(i, ".weight"), "I8", shape, size);
            inputs = outputs;
        }
        ModelFile.add(header, "linear.weight", "I8", string.concat("10,", inputs), CLASSES * c[3]);
        for (uint256 i; i < 4; ++i) {
            ModelFile.add(header, _name(i, ".shift"), "U8", Strings.toString(c[i]), c[i]);
        }
        ModelFile.add(header, "linear.shift", "U8", "1", 1);
    }

    /// @dev The name of a part of convolution `i` + 1.
    function _name(uint256 i, string memory part) private pure returns (string memory) {
        return string.concat("convolution", Strings.toString(i + 1), part);
    }
}
