// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Checkpoint, Rules, Settings} from "../../../contracts/interfaces/IBitcoinRelay.sol";
import {draw} from "./Test.sol";

/// @notice What a header chain remembers of a header.
struct Mined {
    bytes32 hash;
    uint32 time;
}

/// @notice Headers on regtest's rules: half of all hashes meet the target.
library Miner {
    uint256 internal constant POW_LIMIT = type(uint256).max >> 1;
    uint32 internal constant BITS = 0x207fffff;
    uint32 internal constant WINDOW = 11;

    /// @notice The chain's first 11 headers, ten minutes apart; the last has height 10.
    function start(Mined[] storage chain, uint32 time) internal returns (Checkpoint memory) {
        bytes memory headers;
        for (uint32 i = 0; i < WINDOW; ++i) {
            headers = bytes.concat(headers, extend(chain, time + 600 * i, i));
        }
        return Checkpoint({height: WINDOW - 1, epochStartTime: time, headers: headers});
    }

    function rules() internal pure returns (Rules memory) {
        return Rules({powLimit: POW_LIMIT, noRetargeting: true});
    }

    /// @notice Mines a header on a chain, adds it and returns it as 80 bytes.
    function extend(Mined[] storage chain, uint32 time, uint256 seed) internal returns (bytes memory header) {
        bytes32 previous = chain.length == 0 ? bytes32(0) : chain[chain.length - 1].hash;
        bytes32 blockHash;
        (header, blockHash) = mine(previous, time, seed);
        chain.push(Mined(blockHash, time));
    }

    /// @notice Mines a header.
    function mine(bytes32 previous, uint32 time, uint256 seed)
        internal
        pure
        returns (bytes memory header, bytes32 blockHash)
    {
        bytes32 merkleRoot = bytes32(draw(seed, time));
        uint32 nonce = 0;
        do {
            header = abi.encodePacked(
                _littleEndian(0x20000000), previous, merkleRoot, _littleEndian(time), _littleEndian(BITS), nonce++
            );
            blockHash = sha256(abi.encodePacked(sha256(header)));
        } while (uint8(blockHash[31]) > 0x7f || (uint8(blockHash[31]) == 0x7f && uint8(blockHash[30]) == 0xff));
    }

    /// @notice Median of the 11 times that end with a height.
    function medianTimePast(Mined[] storage chain, uint256 height) internal view returns (uint32) {
        uint32[WINDOW] memory times;
        for (uint256 i = 0; i < WINDOW; ++i) {
            uint32 time = chain[height + 1 - WINDOW + i].time;
            uint256 place = i;
            for (; place > 0 && times[place - 1] > time; --place) {
                times[place] = times[place - 1];
            }
            times[place] = time;
        }
        return times[WINDOW / 2];
    }

    function _littleEndian(uint32 value) private pure returns (uint32) {
        value = ((value >> 8) & 0x00FF00FF) | ((value & 0x00FF00FF) << 8);
        return (value >> 16) | (value << 16);
    }
}
