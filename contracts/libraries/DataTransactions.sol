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
    /// @return the keys hash; the data transaction's own if and only if all words are right
    function keysHash(address modelChain, bytes32[] calldata words, uint256 areKeys) internal view returns (bytes32) {
        bytes32[] memory commitments = words;
        bytes memory preimage = abi.encode(Tags.KEY, block.chainid, modelChain, bytes32(0));
        for (uint256 part; part < commitments.length; ++part) {
            if (areKeys >> part & 1 == 0) continue;
            bytes32 key = commitments[part];
            bytes32 commitment;
            // Assembly: one preimage for all keys saves an encoding each. Safe: it writes only the preimage's last
            // word, the fourth, and hashes its 128 bytes.
            assembly ("memory-safe") {
                mstore(add(preimage, 0x80), key)
                commitment := keccak256(add(preimage, 0x20), 0x80)
            }
            commitments[part] = commitment;
        }
        return wordsHash(commitments);
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
