// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {BitcoinHeader} from "../libraries/BitcoinHeader.sol";
import {MedianTimePast} from "../libraries/MedianTimePast.sol";

/// @title The functions of BitcoinHeader and MedianTimePast, callable from tests.
contract BitcoinHeaderHarness {
    using MedianTimePast for MedianTimePast.Window;

    struct Fields {
        bytes32 blockHash;
        int32 version;
        bytes32 previousHash;
        uint32 time;
        uint32 bits;
        uint256 number;
    }

    function fields(bytes memory batch, uint256 index) external view returns (Fields memory) {
        bytes32 blockHash = BitcoinHeader.hash(batch, index);
        return Fields({
            blockHash: blockHash,
            version: BitcoinHeader.version(batch, index),
            previousHash: BitcoinHeader.previousHash(batch, index),
            time: BitcoinHeader.time(batch, index),
            bits: BitcoinHeader.bits(batch, index),
            number: BitcoinHeader.toNumber(blockHash)
        });
    }

    function targetFromBits(uint32 bits) external pure returns (uint256) {
        return BitcoinHeader.targetFromBits(bits);
    }

    function bitsFromTarget(uint256 target) external pure returns (uint32) {
        return BitcoinHeader.bitsFromTarget(target);
    }

    function work(uint256 target) external pure returns (uint256) {
        return BitcoinHeader.work(target);
    }

    function retarget(uint32 bits, uint32 firstTime, uint32 lastTime, uint256 powLimit)
        external
        pure
        returns (uint32)
    {
        return BitcoinHeader.retarget(bits, firstTime, lastTime, powLimit);
    }

    /// @notice The median of every 11 consecutive times, as a growing chain computes it.
    function medians(uint256[] calldata times) external pure returns (uint256[] memory result) {
        MedianTimePast.Window memory window;
        for (uint256 place = 0; place < 11; ++place) {
            window.fill(place, times[place]);
        }
        result = new uint256[](times.length - 10);
        result[0] = window.median();
        for (uint256 next = 11; next < times.length; ++next) {
            window.push(times[next]);
            result[next - 10] = window.median();
        }
    }
}
