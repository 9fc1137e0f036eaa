// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IDataRegistry} from "../interfaces/IDataRegistry.sol";
import {Tags} from "./Tags.sol";

/// @title Hashes of data transactions.
/// @notice A data transaction has sealed parts, each with a key of its own. For each part a payload hash (sha2-256 of
/// the sealed file) and a key commitment stand in order:
///
///     payloads hash = keccak256(payload hash 0 || payload hash 1 || ...)
///     keys hash     = keccak256(key commitment 0 || key commitment 1 || ...),  key commitment = H("key", key)
///     data hash     = H("data-hash", payloads hash, keys hash, samples root)
///     identifier    = H("data-id", round, data hash, timestamp, reward address, nullifier x, nullifier v)
///     leaf of D     = H("data", identifier)
library DataTransactions {
    /// @notice keccak256 of words one behind the other: the payloads hash or the keys hash.
    /// @param words payload hashes or key commitments, one for each part
    /// @return hash of all of them
    function wordsHash(bytes32[] memory words) internal pure returns (bytes32 hash) {
        // Assembly: saves a copy of the words, one by one. Safe: reads only the array's own elements, which lie one
        // after another behind its length word.
        assembly ("memory-safe") {
            hash := keccak256(add(words, 0x20), shl(5, mload(words)))
        }
    }

    /// @notice H("key", key).
    /// @param modelChain address of the model chain
    /// @param key the key that seals a part
    /// @return the commitment to it
    function keyCommitment(address modelChain, bytes32 key) internal view returns (bytes32) {
        return keccak256(abi.encode(Tags.KEY, block.chainid, modelChain, key));
    }

    /// @notice The keys hash, where some parts' keys are given and of the others the commitments.
    /// @param modelChain address of the model chain
    /// @param words for each part its key or its key commitment
    /// @param areKeys bitmap: which words are keys, bit 0 for the first part
    /// @return hash the keys hash; the data transaction's own if and only if all words are right
    /// @return givenHash the same over those commitments only that were given
    function keysHash(address modelChain, bytes32[] calldata words, uint256 areKeys)
        internal
        view
        returns (bytes32 hash, bytes32 givenHash)
    {
        bytes32 tag = Tags.KEY;
        uint256 domain = uint160(modelChain);
        // Assembly: saves an encoding for each key and the bounds checks of three arrays: for 20 parts half of
        // 7,000 gas. Safe: it writes only behind the free memory pointer, where nothing is allocated: the preimage
        // of a commitment, then all words, then those given; nothing of it is needed afterwards. Of the calldata it
        // reads the words.
        assembly ("memory-safe") {
            let preimage := mload(0x40)
            mstore(preimage, tag)
            mstore(add(preimage, 0x20), chainid())
            mstore(add(preimage, 0x40), domain)
            let all := add(preimage, 0x80)
            let end := add(all, shl(5, words.length))
            let rest := end
            calldatacopy(all, words.offset, sub(end, all))
            for { let at := all } lt(at, end) { at := add(at, 0x20) } {
                switch and(areKeys, 1)
                case 0 {
                    mstore(rest, mload(at))
                    rest := add(rest, 0x20)
                }
                default {
                    mstore(add(preimage, 0x60), mload(at))
                    mstore(at, keccak256(preimage, 0x80))
                }
                areKeys := shr(1, areKeys)
            }
            hash := keccak256(all, sub(end, all))
            givenHash := keccak256(end, sub(rest, end))
        }
    }

    /// @notice H("data-hash", payloads hash, keys hash, samples root).
    /// @param modelChain address of the model chain
    /// @param record the data transaction's
    /// @return its data hash
    function dataHash(address modelChain, IDataRegistry.DataRecord memory record) internal view returns (bytes32) {
        return keccak256(
            abi.encode(
                Tags.DATA_HASH, block.chainid, modelChain, record.payloadsHash, record.keysHash, record.samplesRoot
            )
        );
    }

    /// @notice H("data-id", round, data hash, timestamp, reward address, nullifier x, nullifier v).
    /// @param modelChain address of the model chain
    /// @param record the data transaction's
    /// @return its identifier: what the ring signature signs
    function identifier(address modelChain, IDataRegistry.DataRecord memory record) internal view returns (bytes32) {
        return keccak256(
            abi.encode(
                Tags.DATA_ID,
                block.chainid,
                modelChain,
                record.round,
                dataHash(modelChain, record),
                record.timestamp,
                record.rewardAddress,
                record.nullifierX,
                record.nullifierV
            )
        );
    }

    /// @notice H("data", identifier).
    /// @param modelChain address of the model chain
    /// @param id a data transaction's identifier
    /// @return its leaf in the data set D, and in the training set of a model
    function leaf(address modelChain, bytes32 id) internal view returns (bytes32) {
        return keccak256(abi.encode(Tags.DATA, block.chainid, modelChain, id));
    }
}
