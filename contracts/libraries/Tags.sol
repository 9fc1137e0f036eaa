// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title Domain tags: the first word of every hash that the protocol defines.
/// @notice H(tag, ...) = keccak256(abi.encode(keccak256("modelchain/" tag "/1"), chain id, address, ...)). The address
/// is the model chain's, but the data registry's for ITEM_ID, NULLIFIER, RING, KEY and PAYLOAD, and the key
/// registry's for POSSESSION. The compiler folds the hashes into constants.
library Tags {
    // Data transactions
    bytes32 internal constant ITEM_ID = keccak256("modelchain/item-id/1");
    bytes32 internal constant NULLIFIER = keccak256("modelchain/nullifier/1");
    bytes32 internal constant RING = keccak256("modelchain/ring/1");
    bytes32 internal constant KEY = keccak256("modelchain/key/1");
    bytes32 internal constant PAYLOAD = keccak256("modelchain/payload/1");

    // Share keys
    bytes32 internal constant POSSESSION = keccak256("modelchain/possession/1");

    // Partitions
    bytes32 internal constant SEED = keccak256("modelchain/seed/1");
    bytes32 internal constant TEST = keccak256("modelchain/test/1");
    bytes32 internal constant ITEM = keccak256("modelchain/item/1");

    // Competition
    bytes32 internal constant COMMIT = keccak256("modelchain/commit/1");
    bytes32 internal constant MODEL = keccak256("modelchain/model/1");
    bytes32 internal constant ATTEST = keccak256("modelchain/attest/1");
    bytes32 internal constant SCORES = keccak256("modelchain/scores/1");
    bytes32 internal constant BLOCK = keccak256("modelchain/block/1");
}
