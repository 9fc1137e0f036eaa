// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Tags} from "./Tags.sol";

/// @title Which parts of a data transaction test: those with the lowest H("test", seed, its identifier, part),
/// compared by their first 31 bytes, and of equal ones the lower part.
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
        bytes32 tag = Tags.TEST;
        uint256 domain = uint160(modelChain);
        // Assembly: saves an encoding for each part, and bounds checks: for 20 parts half of 12,000 gas. Safe: it
        // writes only behind the free memory pointer, where nothing is allocated: the preimage of a part's hash,
        // then the lowest hashes so far, ascending, each with its part as the last byte; nothing of it is needed
        // afterwards.
        assembly ("memory-safe") {
            let preimage := mload(0x40)
            mstore(preimage, tag)
            mstore(add(preimage, 0x20), chainid())
            mstore(add(preimage, 0x40), domain)
            mstore(add(preimage, 0x60), seed_)
            mstore(add(preimage, 0x80), id)
            let first := add(preimage, 0xc0)
            let last := add(preimage, add(0xa0, shl(5, testParts)))
            let highest := not(0)
            for { let at := first } iszero(gt(at, last)) { at := add(at, 0x20) } { mstore(at, highest) }
            for { let part := 0 } lt(part, parts) { part := add(part, 1) } {
                mstore(add(preimage, 0xa0), part)
                let rank := or(and(keccak256(preimage, 0xc0), not(0xff)), part)
                if lt(rank, highest) {
                    let at := last
                    for {} gt(at, first) {} {
                        let lower := mload(sub(at, 0x20))
                        if lt(lower, rank) { break }
                        mstore(at, lower)
                        at := sub(at, 0x20)
                    }
                    mstore(at, rank)
                    highest := mload(last)
                }
            }
            for { let at := first } iszero(gt(at, last)) { at := add(at, 0x20) } {
                bitmap := or(bitmap, shl(and(mload(at), 0xff), 1))
            }
        }
    }
}
