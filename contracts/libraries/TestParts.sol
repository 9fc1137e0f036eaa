// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Tags} from "./Tags.sol";

/// @title Which parts of a data transaction test: those with the lowest H("test", seed, its identifier, part).
library TestParts {
    /// @notice H("seed", Bitcoin hash): what splits the data transactions of a partition.
    /// @param modelChain address of the model chain
    /// @param bitcoinHash the first 24 bytes of a Bitcoin block hash, in the order of header fields
    /// @return the seed
    function seed(address modelChain, bytes24 bitcoinHash) internal view returns (bytes32) {
        return keccak256(abi.encode(Tags.SEED, block.chainid, modelChain, bitcoinHash));
    }

    /// @notice The parts that test; of equal hashes the lower part's counts as lower.
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
        // The lowest hashes so far with their parts, ascending.
        uint256[] memory lowest = new uint256[](testParts);
        uint256[] memory theirParts = new uint256[](testParts);
        uint256 count;
        bytes memory preimage = abi.encode(Tags.TEST, block.chainid, modelChain, seed_, id, uint256(0));
        for (uint256 part; part < parts; ++part) {
            uint256 rank;
            // Assembly: one preimage for all parts saves an encoding each. Safe: it writes only the preimage's last
            // word, the sixth, and hashes its 192 bytes.
            assembly ("memory-safe") {
                mstore(add(preimage, 0xc0), part)
                rank := keccak256(add(preimage, 0x20), 0xc0)
            }
            uint256 place = count;
            if (count < testParts) ++count;
            else if (testParts == 0 || rank >= lowest[--place]) continue;
            for (; place != 0 && lowest[place - 1] > rank; --place) {
                (lowest[place], theirParts[place]) = (lowest[place - 1], theirParts[place - 1]);
            }
            (lowest[place], theirParts[place]) = (rank, part);
        }
        for (uint256 i; i < count; ++i) {
            bitmap |= 1 << theirParts[i];
        }
    }
}
