// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {DenseLayer, DenseLayers} from "./DenseLayers.sol";
import {Header, ModelFile} from "./ModelFile.sol";
import {TextJudgingGas} from "./TextJudgingGas.sol";
import {TextWords} from "./TextWords.sol";

/// @notice Where the parts of a model for texts lie in the call data.
/// @param layers the embedding, whose inputs are the buckets and whose weights lie bucket by bucket; a hidden layer;
/// and the last one
struct TextNetwork {
    DenseLayer[] layers;
}

/// @title Files of integer networks for texts (docs/ExactEvaluation.md).
library TextModel {
    uint256 private constant LEAST_BUCKETS = 1 << 8;
    uint256 private constant MOST_BUCKETS = 1 << 18;
    uint256 private constant MAXIMUM_UNITS = 256;

    /// @notice Whether header and length are those of a model that a judge takes; and where its parts are.
    /// @dev Nothing is said of the values in it.
    /// @param model the file
    /// @param words the task's, see `TextWords`
    /// @return fits whether they are
    /// @return network the parts, if so
    function read(bytes calldata model, int256[] memory words)
        internal
        pure
        returns (bool fits, TextNetwork memory network)
    {
        if (model.length > TextWords.maximumBytes(words)) return (false, network);
        Header memory header = ModelFile.begin("modelchain/text-network/1");
        uint256 units = DenseLayers.addBias(header, model, "embedding");
        uint256 hidden = DenseLayers.addBias(header, model, "hidden");
        if (units == 0 || units > MAXIMUM_UNITS || hidden == 0 || hidden > MAXIMUM_UNITS) return (false, network);
        uint256 last = TextWords.labels(words);
        DenseLayers.addBias(header, "output", last);
        uint256 buckets = ModelFile.numberIn(header, model, "embedding.weight", "I8", "");
        if (buckets < LEAST_BUCKETS || buckets > MOST_BUCKETS || buckets & (buckets - 1) != 0) {
            return (false, network);
        }
        if (!TextJudgingGas.isWithin(TextWords.textBytes(words), model.length, units, hidden, last)) {
            return (false, network);
        }
        DenseLayer[] memory layers = new DenseLayer[](3);
        (layers[0].inputs, layers[0].outputs) = (buckets, units);
        (layers[1].inputs, layers[1].outputs) = (units, hidden);
        (layers[2].inputs, layers[2].outputs) = (hidden, last);
        layers[0].weights = header.end;
        DenseLayers.addWeight(header, "embedding", buckets, units);
        DenseLayers.addWeight(header, "hidden", hidden, units);
        DenseLayers.addWeight(header, "output", last, hidden);
        layers[0].shifts = header.end;
        DenseLayers.addShift(header, "embedding", units);
        DenseLayers.addShift(header, "hidden", hidden);
        DenseLayers.addShift(header, "output", 1);
        uint256 start = ModelFile.tensorsAt(header, model);
        if (start == 0) return (false, network);
        layers[0].biases = start;
        layers[0].weights += start;
        layers[0].shifts += start;
        DenseLayers.place(layers);
        network.layers = layers;
        fits = true;
    }

    /// @notice Whether all values lie within their bounds.
    /// @param network a model that fits
    /// @return true if they do
    function isExact(TextNetwork memory network) internal pure returns (bool) {
        DenseLayer[] memory layers = network.layers;
        DenseLayer memory embedding = layers[0];
        if (!ModelFile.areWeights(embedding.weights, embedding.inputs * embedding.outputs)) return false;
        if (!ModelFile.areBiases(embedding.biases, embedding.outputs)) return false;
        return DenseLayers.isExact(layers[1]) && DenseLayers.isExact(layers[2])
            && ModelFile.areShifts(embedding.shifts, embedding.outputs + layers[1].outputs + 1);
    }
}
