// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {DenseLayer, DenseLayers} from "./DenseLayers.sol";
import {ModelFile} from "./ModelFile.sol";
import {Products} from "./Products.sol";
import {TextNetwork} from "./TextModel.sol";

/// @title What an integer network for texts computes, to the bit (docs/ExactEvaluation.md).
/// @notice Every run of 1 to 4 bytes is hashed once: where its bucket's weights begin is kept in four bytes. Then 32
/// units at a time are summed over all of them.
///
/// **Sums.** A word of call data has the weights of 32 units, as w + 128. Its even bytes are added in sixteen lanes of
/// 16 bits, 256 times at most: 256 * 255 is below 2^16, also where the bytes are not of these units, or of no weights
/// at all. So are its odd bytes, which are what all bytes add without the even ones. Then the lanes are taken over to
/// four words of eight lanes of 32 bits: with at most 2^14 runs these stay below 2^22. What 128 of each weight add is
/// taken off at the end.
library TextEvaluation {
    uint256 private constant LENGTH_BYTES = 2;

    uint256 private constant HASH_OFFSET = 0x811c9dc5;
    uint256 private constant HASH_PRIME = 0x01000193;

    /// @dev What sums are multiplied by before they are divided by the number of runs.
    int256 private constant MEAN_UNIT = 256;

    /// @dev Bytes of the places of eight runs, and of those of 256.
    uint256 private constant WORD = 32;
    uint256 private constant CHUNK = 1_024;

    /// @dev 128 in every byte: what makes a weight w + 128.
    uint256 private constant SIGNS = 0x8080808080808080808080808080808080808080808080808080808080808080;
    uint256 private constant EVEN_BYTES = 0x00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff;

    /// @notice Whether a record is of a text of the task.
    /// @param record the text's length as a big-endian uint16, its bytes filled up to the longest text, and its label
    /// @param textBytes of the longest text
    /// @param labels how many there are
    /// @return true if it is
    function isText(bytes calldata record, uint256 textBytes, uint256 labels) internal pure returns (bool) {
        if (record.length != LENGTH_BYTES + textBytes + 1) return false;
        uint256 length = _lengthOf(record);
        return length != 0 && length <= textBytes && labelOf(record) < labels;
    }

    /// @notice The label's number.
    /// @param record of a text
    /// @return 0 to 255
    function labelOf(bytes calldata record) internal pure returns (uint256) {
        return uint8(record[record.length - 1]);
    }

    /// @notice The logits.
    /// @param network a model that fits
    /// @param record of a text
    /// @return exact if the model's values are within their bounds, else any numbers
    function logits(TextNetwork memory network, bytes calldata record) internal pure returns (int256[] memory) {
        DenseLayer[] memory layers = network.layers;
        uint256 inputs = _embedding(layers[0], record);
        inputs = DenseLayers.hidden(layers[1], inputs);
        return DenseLayers.sums(layers[2], inputs);
    }

    /// @dev The units of the embedding, laid out for the hidden layer.
    function _embedding(DenseLayer memory layer, bytes calldata record) private pure returns (uint256 outputs) {
        outputs = DenseLayers.allocate(layer.outputs);
        (uint256 places, uint256 end, uint256 runs) = _placesOf(layer, record);
        unchecked {
            // Places that were filled up have weights of 0.
            int256 added = 128 * int256((end - places) / 4);
            uint256 sums = _areaOfSums();
            for (uint256 unit; unit < layer.outputs; ++unit) {
                if (unit % 32 == 0) _sum(layer.weights + unit, places, end, sums);
                int256 sum = int256(_laneOf(sums, unit % 32)) - added;
                sum = _floor(MEAN_UNIT * sum, int256(runs)) + ModelFile.int32At(layer.biases + 4 * unit);
                Products.put(outputs, unit, DenseLayers.activate(sum, ModelFile.byteAt(layer.shifts + unit)));
            }
        }
    }

    /// @dev Where the weights of every run's bucket begin, in bytes from the first weight, four bytes each; filled up
    /// to whole words with places behind the call data, where zeros are read.
    function _placesOf(DenseLayer memory layer, bytes calldata record)
        private
        pure
        returns (uint256 places, uint256 end, uint256 runs)
    {
        uint256 length = _lengthOf(record);
        // Four for each byte, and what the last words reach beyond.
        bytes memory area = new bytes(16 * length + 2 * WORD);
        uint256 width = layer.outputs << 224;
        uint256 last = layer.inputs - 1;
        uint256 filling = layer.weights;
        // Assembly: bytes and words at any place. Written is the array alone. The hash is 32-bit FNV-1a; its higher
        // bits are not cut off, since the lower ones do not depend on them, and of a bucket's number there are at most
        // 16, as 2^17 buckets take more than a file may have.
        assembly ("memory-safe") {
            places := add(area, 32)
            end := places
            let text := add(record.offset, LENGTH_BYTES)
            for { let textEnd := add(text, length) } lt(text, textEnd) { text := add(text, 1) } {
                let t := calldataload(text)
                let hash := mul(xor(HASH_OFFSET, byte(0, t)), HASH_PRIME)
                mstore(end, mul(and(xor(hash, shr(16, hash)), last), width))
                hash := mul(xor(hash, byte(1, t)), HASH_PRIME)
                mstore(add(end, 4), mul(and(xor(hash, shr(16, hash)), last), width))
                hash := mul(xor(hash, byte(2, t)), HASH_PRIME)
                mstore(add(end, 8), mul(and(xor(hash, shr(16, hash)), last), width))
                hash := mul(xor(hash, byte(3, t)), HASH_PRIME)
                mstore(add(end, 12), mul(and(xor(hash, shr(16, hash)), last), width))
                // Near the end there are fewer: what is too much is written over.
                let left := sub(textEnd, text)
                switch lt(left, 4)
                case 0 { end := add(end, 16) }
                default { end := add(end, shl(2, left)) }
            }
            runs := shr(2, sub(end, places))
            filling := shl(224, sub(calldatasize(), filling))
            for {} and(sub(end, places), 31) { end := add(end, 4) } { mstore(end, filling) }
        }
    }

    /// @dev The sums of 32 units' weights + 128, whose first lies at `weights`: unit n in word n mod 4, lane n / 4.
    /// Behind the four words of sums stand the two words that the compiler would make anew each time, at seven times
    /// the price, if it knew them.
    function _sum(uint256 weights, uint256 places, uint256 end, uint256 sums) private pure {
        // Assembly: a weight and a run cost about 2 gas. Written are the four words of sums.
        assembly ("memory-safe") {
            let signs := mload(add(sums, 128))
            let evenBytes := mload(add(sums, 160))
            let fours := 0xffffffff
            calldatacopy(sums, calldatasize(), 128)
            for {} lt(places, end) {} {
                let chunkEnd := add(places, CHUNK)
                if lt(end, chunkEnd) { chunkEnd := end }
                let all := 0
                let even := 0
                for {} lt(places, chunkEnd) { places := add(places, WORD) } {
                    let eight := mload(places)
                    let w := xor(calldataload(add(weights, shr(224, eight))), signs)
                    all := add(all, w)
                    even := add(even, and(shr(8, w), evenBytes))
                    w := xor(calldataload(add(weights, and(shr(192, eight), fours))), signs)
                    all := add(all, w)
                    even := add(even, and(shr(8, w), evenBytes))
                    w := xor(calldataload(add(weights, and(shr(160, eight), fours))), signs)
                    all := add(all, w)
                    even := add(even, and(shr(8, w), evenBytes))
                    w := xor(calldataload(add(weights, and(shr(128, eight), fours))), signs)
                    all := add(all, w)
                    even := add(even, and(shr(8, w), evenBytes))
                    w := xor(calldataload(add(weights, and(shr(96, eight), fours))), signs)
                    all := add(all, w)
                    even := add(even, and(shr(8, w), evenBytes))
                    w := xor(calldataload(add(weights, and(shr(64, eight), fours))), signs)
                    all := add(all, w)
                    even := add(even, and(shr(8, w), evenBytes))
                    w := xor(calldataload(add(weights, and(shr(32, eight), fours))), signs)
                    all := add(all, w)
                    even := add(even, and(shr(8, w), evenBytes))
                    w := xor(calldataload(add(weights, and(eight, fours))), signs)
                    all := add(all, w)
                    even := add(even, and(shr(8, w), evenBytes))
                }
                // Modulo 2^256 all is 256 times the even lanes and the odd ones, and these fit a word.
                let odd := sub(all, shl(8, even))
                let evenPairs := 0x0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff
                mstore(sums, add(mload(sums), and(shr(16, even), evenPairs)))
                mstore(add(sums, 32), add(mload(add(sums, 32)), and(shr(16, odd), evenPairs)))
                mstore(add(sums, 64), add(mload(add(sums, 64)), and(even, evenPairs)))
                mstore(add(sums, 96), add(mload(add(sums, 96)), and(odd, evenPairs)))
            }
        }
    }

    /// @dev Memory for `_sum`, with the two words that it reads there.
    function _areaOfSums() private pure returns (uint256 sums) {
        sums = DenseLayers.allocate(32);
        // Assembly: of 256 bytes that were just allocated, the fifth and the sixth word.
        assembly ("memory-safe") {
            mstore(add(sums, 128), SIGNS)
            mstore(add(sums, 160), EVEN_BYTES)
        }
    }

    function _laneOf(uint256 sums, uint256 unit) private pure returns (uint256 lane) {
        // Assembly: reads one of the words.
        assembly ("memory-safe") {
            lane := and(shr(sub(224, shl(5, shr(2, unit))), mload(add(sums, shl(5, and(unit, 3))))), 0xffffffff)
        }
    }

    /// @dev The largest whole number that is not above a / b, for b above 0.
    function _floor(int256 a, int256 b) private pure returns (int256) {
        unchecked {
            return a < 0 ? -((-a + b - 1) / b) : a / b;
        }
    }

    function _lengthOf(bytes calldata record) private pure returns (uint256) {
        return uint16(bytes2(record[:LENGTH_BYTES]));
    }
}
