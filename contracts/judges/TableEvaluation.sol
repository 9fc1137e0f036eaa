// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {DenseLayer, DenseLayers} from "./DenseLayers.sol";
import {ModelFile} from "./ModelFile.sol";
import {Products} from "./Products.sol";
import {TableNetwork} from "./TableModel.sol";
import {TableWords} from "./TableWords.sol";

/// @title What an integer network for a table computes, to the bit (docs/ExactEvaluation.md).
library TableEvaluation {
    int256 private constant ACTIVATION_MAXIMUM = 255;
    /// @dev What a prediction without an error is worth.
    uint256 private constant FULL_POINTS = 255;
    uint256 private constant VALUE_BYTES = 4;

    /// @notice Whether a record is of a row of the table: each value within its range.
    /// @param record the columns and the target, each as a big-endian int32
    /// @param words the task's
    /// @return true if it is
    function isRow(bytes calldata record, int256[] memory words) internal pure returns (bool) {
        uint256 columns = TableWords.columns(words);
        if (record.length != VALUE_BYTES * (columns + 1)) return false;
        for (uint256 i; i <= columns; ++i) {
            (int256 lowest, int256 highest) = i == columns ? TableWords.targetRange(words) : TableWords.range(words, i);
            int256 value = valueAt(record, i);
            if (value < lowest || value > highest) return false;
        }
        return true;
    }

    /// @notice A value of a row.
    /// @param record the row's
    /// @param place of the column; behind the last one is the target
    /// @return the value
    function valueAt(bytes calldata record, uint256 place) internal pure returns (int256) {
        uint256 at = VALUE_BYTES * place;
        return int32(uint32(bytes4(record[at:at + VALUE_BYTES])));
    }

    /// @notice The last layer's sums.
    /// @param network a model that fits
    /// @param words the task's
    /// @param record of a row
    /// @return exact if the model's values are within their bounds, else any numbers
    function sums(TableNetwork memory network, int256[] memory words, bytes calldata record)
        internal
        pure
        returns (int256[] memory)
    {
        DenseLayer[] memory layers = network.layers;
        uint256 inputs = _inputs(network, words, record);
        inputs = DenseLayers.hidden(layers[0], inputs);
        inputs = DenseLayers.hidden(layers[1], inputs);
        return DenseLayers.sums(layers[2], inputs);
    }

    /// @notice What a told number is worth.
    /// @param network a model that fits
    /// @param words the task's
    /// @param sum the last layer's
    /// @param target the true number
    /// @return 0 to 255
    function worth(TableNetwork memory network, int256[] memory words, int256 sum, int256 target)
        internal
        pure
        returns (uint256)
    {
        (int256 lowest, int256 highest) = TableWords.targetRange(words);
        int256 unit = ACTIVATION_MAXIMUM << ModelFile.byteAt(network.layers[2].shifts);
        int256 part = sum < 0 ? int256(0) : sum > unit ? unit : sum;
        int256 told = lowest + ((highest - lowest) * part + unit / 2) / unit;
        uint256 away = ModelFile.absolute(told - target);
        uint256 tolerance = TableWords.tolerance(words);
        return away < tolerance ? FULL_POINTS * (tolerance - away) / tolerance : 0;
    }

    /// @dev The inputs of a row: of a number how much of each bin lies below it, of a category 255 in its place.
    function _inputs(TableNetwork memory network, int256[] memory words, bytes calldata record)
        private
        pure
        returns (uint256 inputs)
    {
        (uint256 edges, uint256 bins) = (network.edges, network.bins);
        inputs = DenseLayers.allocate(network.layers[0].inputs);
        uint256 place;
        for (uint256 column; column < TableWords.columns(words); ++column) {
            int256 value = valueAt(record, column);
            uint256 options = TableWords.categories(words, column);
            if (options != 0) {
                Products.put(inputs, place + uint256(value), uint256(ACTIVATION_MAXIMUM));
                place += options;
                continue;
            }
            int256 start = ModelFile.int32At(edges);
            for (uint256 i; i < bins; ++i) {
                edges += 4;
                int256 end = ModelFile.int32At(edges);
                Products.put(inputs, place + i, _filled(value, start, end));
                start = end;
            }
            edges += 4;
            place += bins;
        }
    }

    /// @dev clamp(255 (value - start) // max(end - start, 1), 0, 255)
    function _filled(int256 value, int256 start, int256 end) private pure returns (uint256) {
        unchecked {
            if (value <= start) return 0;
            if (value >= end) return uint256(ACTIVATION_MAXIMUM);
            return uint256(ACTIVATION_MAXIMUM * (value - start) / (end - start));
        }
    }
}
