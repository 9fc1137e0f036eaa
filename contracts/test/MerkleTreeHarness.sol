// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {MerkleTree} from "../libraries/MerkleTree.sol";

/// @title Opens the MerkleTree library to tests.
contract MerkleTreeHarness {
    error LeavesChanged();

    /// @notice The root; reverts if computing it changed the caller's array.
    function root(bytes32[] memory leaves) external pure returns (bytes32 result) {
        bytes32 before = keccak256(abi.encodePacked(leaves));
        result = MerkleTree.root(leaves);
        if (keccak256(abi.encodePacked(leaves)) != before) revert LeavesChanged();
    }

    function verify(bytes32 root_, bytes32 leaf, uint256 index, uint256 size, bytes32[] calldata proof)
        external
        pure
        returns (bool)
    {
        return MerkleTree.verify(root_, leaf, index, size, proof);
    }

    /// @notice Gas that the library uses for a root, without the loading of the leaves.
    function gasOfRoot(bytes32[] memory leaves) external view returns (uint256) {
        uint256 before = gasleft();
        MerkleTree.root(leaves);
        return before - gasleft();
    }
}
