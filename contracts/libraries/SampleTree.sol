// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title Samples under the samples root of a data transaction.
/// @notice The samples root is over the roots of its parts in order, a part's root over its samples' records in order:
/// Merkle trees of the shape of RFC 9162, section 2.1, with SHA-256 as there.
library SampleTree {
    /// @notice Whether a sample stands under a samples root.
    /// @param samplesRoot the root
    /// @param record the sample's
    /// @param sample its number in its part, from 0
    /// @param samples how many each part has
    /// @param samplePath the sibling hashes from the sample to the part's root
    /// @param part number of the part, from 0
    /// @param parts how many parts there are
    /// @param partPath the sibling hashes from the part's root to the samples root
    /// @return whether it does
    function contains(
        bytes32 samplesRoot,
        bytes calldata record,
        uint256 sample,
        uint256 samples,
        bytes32[] calldata samplePath,
        uint256 part,
        uint256 parts,
        bytes32[] calldata partPath
    ) internal pure returns (bool) {
        (bool isPart, bytes32 partRoot) = _climb(
            sha256(abi.encodePacked(bytes1(0x00), record)), sample, samples, samplePath
        );
        (bool isTransaction, bytes32 root) =
            _climb(sha256(abi.encodePacked(bytes1(0x00), partRoot)), part, parts, partPath);
        return isPart && isTransaction && root == samplesRoot;
    }

    /// @dev The algorithm of RFC 9162, section 2.1.3.2, as MerkleTree.verify has it. A path of the wrong length, or an
    /// index outside of the tree, leads nowhere. Reads at most 256 elements of `path`.
    function _climb(bytes32 leaf, uint256 index, uint256 size, bytes32[] calldata path)
        private
        pure
        returns (bool arrives, bytes32 node)
    {
        if (index >= size) return (false, 0);
        uint256 last = size - 1;
        node = leaf;
        for (uint256 i; i < path.length; ++i) {
            if (last == 0) return (false, 0);
            if (index % 2 == 1 || index == last) {
                node = _hashNode(path[i], node);
                while (index % 2 == 0 && index != 0) {
                    index /= 2;
                    last /= 2;
                }
            } else {
                node = _hashNode(node, path[i]);
            }
            index /= 2;
            last /= 2;
        }
        arrives = last == 0;
    }

    function _hashNode(bytes32 left, bytes32 right) private pure returns (bytes32) {
        return sha256(abi.encodePacked(bytes1(0x01), left, right));
    }
}
