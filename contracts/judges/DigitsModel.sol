// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {JudgingGas} from "./JudgingGas.sol";

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

// A header has double quotes in it.
// solhint-disable quotes

/// @title Files of integer networks for the digits task (docs/ExactEvaluation.md).
/// @notice A file has one canonical form, so for so many channels there is one header, and a file is read by writing
/// the header that it ought to have. Only the numbers of channels are taken from it; no JSON is parsed.
library DigitsModel {
    uint256 internal constant CLASSES = 10;
    uint256 private constant MAXIMUM_BYTES = 120_000;
    uint256 private constant LENGTH_BYTES = 8;

    /// @dev Bytes of one in every byte, and their highest bits.
    uint256 private constant ONES = 0x0101010101010101010101010101010101010101010101010101010101010101;
    uint256 private constant HIGHEST = 0x8080808080808080808080808080808080808080808080808080808080808080;

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
        (bytes memory header, uint256 data) = _header(model, network.channels);
        bytes32 expected = keccak256(header);
        uint256 start = LENGTH_BYTES + header.length;
        assembly ("memory-safe") {
            mstore(0x40, free)
        }
        uint256[4] memory c = network.channels;
        if (c[0] == 0 || c[0] > 64 || c[1] == 0 || c[1] > 128 || c[2] == 0 || c[2] > 128) return (false, network);
        if (c[3] == 0 || c[3] > 256) return (false, network);
        if (model.length != start + data) return (false, network);
        if (_headerLength(model) != start - LENGTH_BYTES) return (false, network);
        if (keccak256(model[LENGTH_BYTES:start]) != expected) return (false, network);
        if (!JudgingGas.isWithin(c)) return (false, network);
        // Assembly: where a slice of call data lies cannot be asked otherwise.
        assembly ("memory-safe") {
            start := add(start, model.offset)
        }
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
            if (!_areExact(biases, weights, c[layer], row)) return false;
            biases += 4 * c[layer];
            weights += row * c[layer];
            inputs = c[layer];
        }
        return _areExact(biases, weights, CLASSES, inputs) && _areShifts(network.shifts, c[0] + c[1] + c[2] + c[3] + 1);
    }

    /// @dev The bounds of `rows` output channels with `size` weights each.
    function _areExact(uint256 biases, uint256 weights, uint256 rows, uint256 size) private pure returns (bool) {
        unchecked {
            for (uint256 i; i < rows; ++i) {
                (uint256 sum, bool within) = _absoluteSum(weights, size);
                int256 bias = int32At(biases);
                uint256 reach = 255 * sum + uint256(bias < 0 ? -bias : bias);
                if (!within || reach >= 1 << 24) return false;
                weights += size;
                biases += 4;
            }
        }
        return true;
    }

    /// @dev The sum of the absolute values of signed bytes, and whether all are at most 64.
    ///
    /// Assembly: 32 bytes at a time instead of one, 90 gas for each word. Only call data are read, and what lies
    /// behind the last byte is cut off. A row has at most 2,048 weights, 64 words.
    function _absoluteSum(uint256 at, uint256 size) private pure returns (uint256 sum, bool within) {
        assembly ("memory-safe") {
            let evenBytes := 0x00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff
            let tooLarge := 0
            for { let end := add(at, size) } lt(at, end) { at := add(at, 32) } {
                let w := calldataload(at)
                let rest := sub(end, at)
                if lt(rest, 32) { w := and(w, not(shr(shl(3, rest), not(0)))) }
                // Two's complement, byte by byte: inverted, plus one. No byte carries: an inverted negative is below
                // 128.
                let negative := and(shr(7, w), ONES)
                w := add(xor(w, mul(negative, 255)), negative)
                // 0 to 128 plus 63 reaches 128 from 65 on.
                tooLarge := or(tooLarge, add(w, mul(ONES, 63)))
                // Sixteen sums of 16 bits; each grows by at most 256 a word, 64 words stay below 65,536.
                sum := add(sum, add(and(w, evenBytes), and(shr(8, w), evenBytes)))
            }
            within := iszero(and(tooLarge, HIGHEST))
            // All sixteen into one: pairs to 32 bits first, then the highest of eight is the sum of all.
            let evenPairs := 0x0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff
            sum := add(and(sum, evenPairs), and(shr(16, sum), evenPairs))
            sum := shr(224, mul(sum, 0x0000000100000001000000010000000100000001000000010000000100000001))
        }
    }

    /// @dev Whether `count` bytes are at most 20.
    function _areShifts(uint256 at, uint256 count) private pure returns (bool) {
        unchecked {
            for (uint256 i; i < count; ++i) {
                if (byteAt(at + i) > 20) return false;
            }
        }
        return true;
    }

    /// @notice A byte of the call data.
    /// @param at where it lies
    /// @return value 0 to 255
    function byteAt(uint256 at) internal pure returns (uint256 value) {
        // Assembly: offsets of several tensors share one slice, whose bounds `read` has checked.
        assembly ("memory-safe") {
            value := byte(0, calldataload(at))
        }
    }

    /// @notice A number of the call data in the order of little-endian machines.
    /// @param at where it lies
    /// @return value -2^31 to 2^31 - 1
    function int32At(uint256 at) internal pure returns (int256 value) {
        // Assembly: as above.
        assembly ("memory-safe") {
            let w := calldataload(at)
            let low := or(byte(0, w), shl(8, byte(1, w)))
            let high := or(byte(2, w), shl(8, byte(3, w)))
            value := signextend(3, or(low, shl(16, high)))
        }
    }

    /// @dev The header that a file with these numbers of channels has, which are read where this header has them; and
    /// the number of bytes that follow it. Tensors lie by element type, then by name.
    function _header(bytes calldata model, uint256[4] memory c)
        private
        pure
        returns (bytes memory header, uint256 end)
    {
        string memory text = '{"__metadata__":{"format":"modelchain/integer-network/2"}';
        string memory entry;
        for (uint256 i; i < 4; ++i) {
            string memory opening = _opening(i, ".bias", "I32");
            c[i] = _numberAt(model, LENGTH_BYTES + bytes(text).length + bytes(opening).length);
            (entry, end) = _entry(opening, Strings.toString(c[i]), end, 4 * c[i]);
            text = string.concat(text, entry);
        }
        (entry, end) = _entry(',"linear.bias":{"dtype":"I32","shape":[', "10", end, 4 * CLASSES);
        text = string.concat(text, entry);
        string memory inputs = "1";
        for (uint256 i; i < 4; ++i) {
            string memory outputs = Strings.toString(c[i]);
            string memory shape = string.concat(outputs, ",", inputs, i == 0 ? ",5,5" : i == 3 ? ",4,4" : ",3,3");
            uint256 size = i == 0 ? 25 * c[0] : (i == 3 ? 16 : 9) * c[i - 1] * c[i];
            (entry, end) = _entry(_opening(i, ".weight", "I8"), shape, end, size);
            text = string.concat(text, entry);
            inputs = outputs;
        }
        string memory linear = string.concat("10,", inputs);
        (entry, end) = _entry(',"linear.weight":{"dtype":"I8","shape":[', linear, end, CLASSES * c[3]);
        text = string.concat(text, entry);
        for (uint256 i; i < 4; ++i) {
            (entry, end) = _entry(_opening(i, ".shift", "U8"), Strings.toString(c[i]), end, c[i]);
            text = string.concat(text, entry);
        }
        (entry, end) = _entry(',"linear.shift":{"dtype":"U8","shape":[', "1", end, 1);
        text = string.concat(text, entry, "}");
        while (bytes(text).length % 8 != 0) text = string.concat(text, " ");
        header = bytes(text);
    }

    /// @dev What an entry has before the numbers of its shape, for a part of convolution `i` + 1.
    function _opening(uint256 i, string memory part, string memory elementType) private pure returns (string memory) {
        string memory number = Strings.toString(i + 1);
        return string.concat(',"convolution', number, part, '":{"dtype":"', elementType, '","shape":[');
    }

    function _entry(string memory opening, string memory shape, uint256 start, uint256 size)
        private
        pure
        returns (string memory entry, uint256 end)
    {
        end = start + size;
        string memory offsets = string.concat(Strings.toString(start), ",", Strings.toString(end));
        entry = string.concat(opening, shape, '],"data_offsets":[', offsets, "]}");
    }

    /// @dev The number of at most three digits that a file has at an offset; 0 if there is none.
    function _numberAt(bytes calldata model, uint256 offset) private pure returns (uint256 number) {
        for (uint256 i = offset; i < offset + 3 && i < model.length; ++i) {
            uint8 digit = uint8(model[i]);
            if (digit < 0x30 || digit > 0x39) break;
            number = 10 * number + digit - 0x30;
        }
    }

    /// @dev The length that the file gives its header, in the order of little-endian machines.
    function _headerLength(bytes calldata model) private pure returns (uint256 length) {
        for (uint256 i; i < LENGTH_BYTES; ++i) {
            length |= uint256(uint8(model[i])) << 8 * i;
        }
    }
}
