// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title Merkle trees of the shape of RFC 9162, section 2.1, with Keccak-256.
/// @notice leaf: keccak256(0x00 || data), node: keccak256(0x01 || left || right), empty tree: keccak256(""). The
/// prefixes keep a node from passing for a leaf. A list of n leaves splits at the largest power of two below n, so
/// that no leaf is repeated to fill a level: lists that differ never share a root.
library MerkleTree {
    /// @notice Root of the tree without leaves.
    bytes32 internal constant EMPTY_ROOT = keccak256("");

    /// @notice Root over `leaves`, 32 bytes of data each, before leaf hashing. The array is left as it was.
    /// @dev Linear time: bound the number of leaves before.
    function root(bytes32[] memory leaves) internal pure returns (bytes32) {
        uint256 size = leaves.length;
        if (size == 0) return EMPTY_ROOT;
        bytes32[] memory level = new bytes32[](size);
        for (uint256 i; i < size; ++i) {
            level[i] = hashLeaf(leaves[i]);
        }
        // Pairing neighbours level by level, and moving the last node of an odd level up unchanged, gives the RFC's
        // recursive shape: every left subtree is full.
        while (size > 1) {
            uint256 pairs = size / 2;
            for (uint256 i; i < pairs; ++i) {
                level[i] = hashNode(level[2 * i], level[2 * i + 1]);
            }
            if (size % 2 == 1) level[pairs] = level[size - 1];
            size -= pairs;
        }
        return level[0];
    }

    /// @notice Whether a proof shows that a leaf stands in a tree.
    /// @dev The algorithm of RFC 9162, section 2.1.3.2. A proof of the wrong length, or an index outside of the tree,
    /// is simply not a proof. Reads at most 256 elements of `proof`.
    /// @param root_ root of the tree
    /// @param leaf the leaf's data, before leaf hashing
    /// @param index its position among the leaves, counted from 0
    /// @param size number of leaves
    /// @param proof the sibling hashes on the way from the leaf to the root
    /// @return whether it does
    function verify(bytes32 root_, bytes32 leaf, uint256 index, uint256 size, bytes32[] calldata proof)
        internal
        pure
        returns (bool)
    {
        if (index >= size) return false;
        uint256 node = index;
        uint256 last = size - 1;
        bytes32 running = hashLeaf(leaf);
        for (uint256 i; i < proof.length; ++i) {
            if (last == 0) return false;
            if (node % 2 == 1 || node == last) {
                running = hashNode(proof[i], running);
                while (node % 2 == 0 && node != 0) {
                    node /= 2;
                    last /= 2;
                }
            } else {
                running = hashNode(running, proof[i]);
            }
            node /= 2;
            last /= 2;
        }
        return last == 0 && running == root_;
    }

    /// @notice Hash of a leaf's data.
    /// @dev Saves an allocation for each leaf, so that memory does not grow with the tree. Safe: writes only the
    /// scratch space, 0x00 to 0x3f, which Solidity never expects to keep.
    function hashLeaf(bytes32 leaf) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            mstore8(0x00, 0x00)
            mstore(0x01, leaf)
            hash := keccak256(0x00, 0x21)
        }
    }

    /// @notice Hash of an inner node.
    /// @dev Saves an allocation for each node, so that memory does not grow with the tree. Safe: writes 65 bytes
    /// behind the free memory pointer, where nothing is allocated, and does not need them afterwards.
    function hashNode(bytes32 left, bytes32 right) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            let scratch := mload(0x40)
            mstore8(scratch, 0x01)
            mstore(add(scratch, 0x01), left)
            mstore(add(scratch, 0x21), right)
            hash := keccak256(scratch, 0x41)
        }
    }
}
