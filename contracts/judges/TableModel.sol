// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {DenseLayer, DenseLayers} from "./DenseLayers.sol";
import {Header, ModelFile} from "./ModelFile.sol";
import {TableWords} from "./TableWords.sol";

/// @notice Where the parts of a table's model lie in the call data.
/// @param edges int32 in the order of little-endian machines: for each column of numbers the ends of its bins
/// @param bins of each of these columns
/// @param layers two hidden ones and the last
struct TableNetwork {
    uint256 edges;
    uint256 bins;
    DenseLayer[] layers;
}

/// @title Files of integer networks for tables (docs/ExactEvaluation.md).
library TableModel {
    uint256 private constant MAXIMUM_BINS = 16;
    uint256 private constant MAXIMUM_UNITS = 512;

    /// @notice Whether header and length are those of a model; and where its parts are.
    /// @dev Nothing is said of the values in it.
    /// @param model the file
    /// @param words the task's, see `TableWords`
    /// @return fits whether they are
    /// @return network the parts, if so
    function read(bytes calldata model, int256[] memory words)
        internal
        pure
        returns (bool fits, TableNetwork memory network)
    {
        if (model.length > TableWords.maximumBytes(words)) return (false, network);
        uint256 numbers = TableWords.numbers(words);
        Header memory header = ModelFile.begin("modelchain/table-network/1");
        network.bins = 1;
        if (numbers != 0) {
            string memory rows = string.concat(Strings.toString(numbers), ",");
            uint256 ends = ModelFile.numberIn(header, model, "edges", "I32", rows);
            if (ends < 2 || ends > MAXIMUM_BINS + 1) return (false, network);
            ModelFile.add(header, "edges", "I32", string.concat(rows, Strings.toString(ends)), 4 * numbers * ends);
            network.bins = ends - 1;
        }
        uint256 edgeBytes = header.end;
        uint256 first = DenseLayers.addBias(header, model, "hidden1");
        uint256 second = DenseLayers.addBias(header, model, "hidden2");
        if (first == 0 || first > MAXIMUM_UNITS || second == 0 || second > MAXIMUM_UNITS) return (false, network);
        uint256 last = TableWords.outputs(words);
        DenseLayers.addBias(header, "output", last);
        DenseLayer[] memory layers = new DenseLayer[](3);
        (layers[0].inputs, layers[0].outputs) = (TableWords.inputs(words, network.bins), first);
        (layers[1].inputs, layers[1].outputs) = (first, second);
        (layers[2].inputs, layers[2].outputs) = (second, last);
        layers[0].weights = header.end;
        DenseLayers.addWeight(header, "hidden1", first, layers[0].inputs);
        DenseLayers.addWeight(header, "hidden2", second, first);
        DenseLayers.addWeight(header, "output", last, second);
        layers[0].shifts = header.end;
        DenseLayers.addShift(header, "hidden1", first);
        DenseLayers.addShift(header, "hidden2", second);
        DenseLayers.addShift(header, "output", 1);
        network.edges = ModelFile.tensorsAt(header, model);
        if (network.edges == 0) return (false, network);
        layers[0].biases = network.edges + edgeBytes;
        layers[0].weights += network.edges;
        layers[0].shifts += network.edges;
        DenseLayers.place(layers);
        network.layers = layers;
        fits = true;
    }

    /// @notice Whether all values lie within their bounds: those of the layers, and edges that do not fall nor leave
    /// their column's range.
    /// @param network a model that fits
    /// @param words the task's
    /// @return true if they do
    function isExact(TableNetwork memory network, int256[] memory words) internal pure returns (bool) {
        uint256 at = network.edges;
        for (uint256 column; column < TableWords.columns(words); ++column) {
            if (TableWords.categories(words, column) != 0) continue;
            (int256 least, int256 highest) = TableWords.range(words, column);
            for (uint256 i; i <= network.bins; ++i) {
                int256 edge = ModelFile.int32At(at);
                if (edge < least) return false;
                least = edge;
                at += 4;
            }
            if (least > highest) return false;
        }
        DenseLayer[] memory layers = network.layers;
        for (uint256 i; i < layers.length; ++i) {
            if (!DenseLayers.isExact(layers[i])) return false;
        }
        return ModelFile.areShifts(layers[0].shifts, layers[0].outputs + layers[1].outputs + 1);
    }
}
