// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Arrays} from "@openzeppelin/contracts/utils/Arrays.sol";
import {Tags} from "./Tags.sol";

/// @title Which parts of a data transaction test: those with the lowest H("test", seed, its identifier, part), compared
/// by their first 31 bytes, and of equal ones the lower part.
library TestParts {
    /// @notice H("seed", Bitcoin hash): what splits the data transactions of a partition.
    /// @param modelChain address of the model chain
    /// @param bitcoinHash the first 24 bytes of a Bitcoin block hash, in the order of header fields
    /// @return the seed
    function seed(address modelChain, bytes24 bitcoinHash) internal view returns (bytes32) {
        return keccak256(abi.encode(Tags.SEED, block.chainid, modelChain, bitcoinHash));
    }

    /// @notice The parts that test.
    /// @param modelChain address of the model chain
    /// @param seed_ the partition's seed
    /// @param id the data transaction's identifier
    /// @param parts how many parts it has, at most 256
    /// @param testParts how many of them test, at most `parts`
    /// @return bitmap bit 0 for part 0
    function select(address modelChain, bytes32 seed_, bytes32 id, uint256 parts, uint256 testParts)
        internal
        view
        returns (uint256 bitmap)
    {
        if (testParts == 0) return 0;
        // The lowest hashes so far, ascending, each with its part as the last byte; at first there is room for as many,
        // above all others.
        uint256[] memory lowest = new uint256[](testParts);
        for (uint256 i; i < testParts; ++i) {
            lowest[i] = type(uint256).max;
        }
        uint256 highest = type(uint256).max;
        bytes memory preimage = abi.encode(Tags.TEST, block.chainid, modelChain, seed_, id, uint256(0));
        // No number here is above `parts`, and no place is looked at beyond `testParts`.
        unchecked {
            for (uint256 part; part < parts; ++part) {
                uint256 rank;
                // Assembly: one preimage for all parts saves an encoding each. Safe: it writes only the preimage's last
                // word, the sixth, and hashes its 192 bytes.
                assembly ("memory-safe") {
                    mstore(add(preimage, 0xc0), part)
                    rank := or(and(keccak256(add(preimage, 0x20), 0xc0), not(0xff)), part)
                }
                if (rank >= highest) continue;
                uint256 place = testParts - 1;
                for (uint256 next; place != 0; --place) {
                    next = Arrays.unsafeMemoryAccess(lowest, place - 1);
                    if (next < rank) break;
                    lowest[place] = next;
                }
                lowest[place] = rank;
                highest = lowest[testParts - 1];
            }
        }
        for (uint256 i; i < testParts; ++i) {
            bitmap |= 1 << (lowest[i] & 0xff);
        }
    }
}
