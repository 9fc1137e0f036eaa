// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";

/// @notice The header that a model's file ought to have, as far as it is written.
/// @param text what of it is written
/// @param end bytes of the tensors that are in it
struct Header {
    string text;
    uint256 end;
}

// A header has double quotes in it.
// solhint-disable quotes

/// @title Files of integer networks, whatever the networks are (docs/ExactEvaluation.md).
/// @notice A file has one canonical form, so for networks of one shape there is one header, and a file is read by
/// writing the header that it ought to have. Only the numbers that a shape is made of are taken from it, at the places
/// where this header has them; no JSON is parsed. Tensors are added as they lie: by element type, then by name.
library ModelFile {
    uint256 private constant LENGTH_BYTES = 8;

    /// @dev No number of a shape is longer: a file has at most 120,000 bytes.
    uint256 private constant DIGITS = 6;

    /// @dev Bytes of one in every byte, and their highest bits.
    uint256 private constant ONES = 0x0101010101010101010101010101010101010101010101010101010101010101;
    uint256 private constant HIGHEST = 0x8080808080808080808080808080808080808080808080808080808080808080;

    uint256 private constant MAXIMUM_SHIFT = 20;
    uint256 private constant EXACT_BOUND = 1 << 24;
    uint256 private constant ACTIVATION_MAXIMUM = 255;

    /// @notice Begins a header.
    /// @param format the name of the files' format
    /// @return header without tensors
    function begin(string memory format) internal pure returns (Header memory header) {
        header.text = string.concat('{"__metadata__":{"format":"', format, '"}');
    }

    /// @notice A number in the shape of the tensor that is to be added next.
    /// @param header the tensors before it are added
    /// @param model the file
    /// @param name of the tensor
    /// @param elementType of the tensor
    /// @param before what the shape has before the number
    /// @return number of at most six digits; 0 if there is none
    function numberIn(
        Header memory header,
        bytes calldata model,
        string memory name,
        string memory elementType,
        string memory before
    ) internal pure returns (uint256 number) {
        string memory opening = _opening(name, elementType);
        uint256 start = LENGTH_BYTES + bytes(header.text).length + bytes(opening).length + bytes(before).length;
        for (uint256 i = start; i < start + DIGITS && i < model.length; ++i) {
            uint8 digit = uint8(model[i]);
            if (digit < 0x30 || digit > 0x39) break;
            number = 10 * number + digit - 0x30;
        }
    }

    /// @notice Adds a tensor.
    /// @param header the tensors before it are added
    /// @param name of the tensor
    /// @param elementType as the format names it
    /// @param shape its numbers with commas between them
    /// @param size in bytes
    function add(
        Header memory header,
        string memory name,
        string memory elementType,
        string memory shape,
        uint256 size
    ) internal pure {
        string memory start = Strings.toString(header.end);
        header.end += size;
        string memory offsets = string.concat(start, ",", Strings.toString(header.end));
        string memory opening = _opening(name, elementType);
        header.text = string.concat(header.text, opening, shape, '],"data_offsets":[', offsets, "]}");
    }

    /// @notice Where a file's tensors begin, if it has just this header and these tensors; 0 if not.
    /// @param header with all tensors
    /// @param model the file
    /// @return start call data offset
    function tensorsAt(Header memory header, bytes calldata model) internal pure returns (uint256 start) {
        string memory text = string.concat(header.text, "}");
        while (bytes(text).length % 8 != 0) text = string.concat(text, " ");
        uint256 length = bytes(text).length;
        start = LENGTH_BYTES + length;
        if (model.length != start + header.end || _headerLength(model) != length) return 0;
        if (keccak256(model[LENGTH_BYTES:start]) != keccak256(bytes(text))) return 0;
        // Assembly: where a slice of call data lies cannot be asked otherwise.
        assembly ("memory-safe") {
            start := add(start, model.offset)
        }
    }

    /// @notice Whether the weights of `rows` outputs, with `size` weights each, are from -64 to 64, and for each output
    /// 255 times the sum of their absolute values, and its bias's, below 2^24.
    /// @param biases call data offset of their biases
    /// @param weights call data offset of their weights
    /// @param rows outputs
    /// @param size weights of each, at most 8,160
    /// @return true if so
    function areExact(uint256 biases, uint256 weights, uint256 rows, uint256 size) internal pure returns (bool) {
        unchecked {
            for (uint256 i; i < rows; ++i) {
                (uint256 sum, bool within) = _absoluteSum(weights, size);
                if (!within || ACTIVATION_MAXIMUM * sum + absolute(int32At(biases)) >= EXACT_BOUND) return false;
                weights += size;
                biases += 4;
            }
        }
        return true;
    }

    /// @notice Whether signed bytes are from -64 to 64.
    /// @param at call data offset
    /// @param size how many
    /// @return within true if so
    function areWeights(uint256 at, uint256 size) internal pure returns (bool within) {
        (, within) = _absoluteSum(at, size);
    }

    /// @notice Whether biases are below 2^24 in absolute value.
    /// @param at call data offset
    /// @param count how many
    /// @return true if so
    function areBiases(uint256 at, uint256 count) internal pure returns (bool) {
        unchecked {
            for (uint256 i; i < count; ++i) {
                if (absolute(int32At(at + 4 * i)) >= EXACT_BOUND) return false;
            }
        }
        return true;
    }

    /// @notice Whether bytes are shifts, at most 20.
    /// @param at call data offset
    /// @param count how many
    /// @return true if so
    function areShifts(uint256 at, uint256 count) internal pure returns (bool) {
        unchecked {
            for (uint256 i; i < count; ++i) {
                if (byteAt(at + i) > MAXIMUM_SHIFT) return false;
            }
        }
        return true;
    }

    /// @notice A byte of the call data.
    /// @param at where it lies
    /// @return value 0 to 255
    function byteAt(uint256 at) internal pure returns (uint256 value) {
        // Assembly: offsets of several tensors share one slice, whose bounds `tensorsAt` has checked.
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

    /// @notice A number without its sign.
    /// @param value above -2^255
    /// @return its absolute value
    function absolute(int256 value) internal pure returns (uint256) {
        unchecked {
            return uint256(value < 0 ? -value : value);
        }
    }

    /// @dev The sum of the absolute values of signed bytes, and whether all are at most 64.
    ///
    /// Assembly: 32 bytes at a time instead of one, 90 gas for each word. Only call data are read, and what lies
    /// behind the last byte is cut off. The sum is right up to 255 words.
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
                // Sixteen sums of 16 bits; each grows by at most 256 a word, 255 words stay below 65,536.
                sum := add(sum, add(and(w, evenBytes), and(shr(8, w), evenBytes)))
            }
            within := iszero(and(tooLarge, HIGHEST))
            // All sixteen into one: pairs to 32 bits first, then the highest of eight is the sum of all.
            let evenPairs := 0x0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff
            sum := add(and(sum, evenPairs), and(shr(16, sum), evenPairs))
            sum := shr(224, mul(sum, 0x0000000100000001000000010000000100000001000000010000000100000001))
        }
    }

    /// @dev What an entry has before the numbers of its shape.
    function _opening(string memory name, string memory elementType) private pure returns (string memory) {
        return string.concat(',"', name, '":{"dtype":"', elementType, '","shape":[');
    }

    /// @dev The length that the file gives its header, in the order of little-endian machines.
    function _headerLength(bytes calldata model) private pure returns (uint256 length) {
        for (uint256 i; i < LENGTH_BYTES; ++i) {
            length |= uint256(uint8(model[i])) << 8 * i;
        }
    }
}
