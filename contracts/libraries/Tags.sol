// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title Domain tags: the first word of every hash that the protocol defines.
/// @notice H(tag, ...) = keccak256(abi.encode(keccak256("modelchain/" tag "/2"), chain id, address, ...)). The address
/// is the model chain's, whichever contract computes the hash. The compiler folds the tags' hashes into constants.
library Tags {
    // Membership
    bytes32 internal constant POSSESSION = keccak256("modelchain/possession/2");
    bytes32 internal constant DRAW = keccak256("modelchain/draw/2");
    bytes32 internal constant PLACE = keccak256("modelchain/place/2");

    // Data transactions
    bytes32 internal constant DATA_HASH = keccak256("modelchain/data-hash/2");
    bytes32 internal constant DATA_ID = keccak256("modelchain/data-id/2");
    bytes32 internal constant DATA = keccak256("modelchain/data/2");
    bytes32 internal constant NULLIFIER = keccak256("modelchain/nullifier/2");
    bytes32 internal constant RING = keccak256("modelchain/ring/2");
    bytes32 internal constant KEY = keccak256("modelchain/key/2");
    bytes32 internal constant PAYLOAD = keccak256("modelchain/payload/2");

    // Partitions
    bytes32 internal constant SEED = keccak256("modelchain/seed/2");
    bytes32 internal constant TEST = keccak256("modelchain/test/2");

    // Competition
    bytes32 internal constant COMMIT = keccak256("modelchain/commit/2");
    bytes32 internal constant MODEL = keccak256("modelchain/model/2");
    bytes32 internal constant MODEL_COPY = keccak256("modelchain/model-copy/2");
    bytes32 internal constant ATTEST = keccak256("modelchain/attest/2");
    bytes32 internal constant ROW = keccak256("modelchain/row/2");
    bytes32 internal constant TABLE = keccak256("modelchain/table/2");
    bytes32 internal constant PROOF = keccak256("modelchain/proof/2");
    bytes32 internal constant BLOCK = keccak256("modelchain/block/2");

    // The token
    bytes32 internal constant ORDER = keccak256("modelchain/order/2");
}
