// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {MerkleTreeHarness} from "../../contracts/test/MerkleTreeHarness.sol";
import {ReferenceMerkle} from "./support/ReferenceMerkle.sol";
import {Test, bound, draw} from "./support/Test.sol";

/// @notice The tree against the recursive definition of RFC 9162, section 2.1.
contract MerkleTreeTest is Test {
    using ReferenceMerkle for bytes32[];

    uint256 private constant LARGEST = 70;

    MerkleTreeHarness private _tree = new MerkleTreeHarness();

    function testFuzz_theRootIsThatOfTheRecursiveDefinition(uint256 seed, uint256 size) external view {
        bytes32[] memory leaves = _leaves(seed, bound(size, 0, LARGEST));
        vm.assertEq(_tree.root(leaves), leaves.root(), "root");
    }

    function testFuzz_everyLeafIsProvenAtItsPlaceAlone(uint256 seed, uint256 size, uint256 index) external view {
        bytes32[] memory leaves = _leaves(seed, bound(size, 1, LARGEST));
        index = bound(index, 0, leaves.length - 1);
        bytes32 root = leaves.root();
        bytes32[] memory proof = leaves.proof(index);
        vm.assertTrue(_tree.verify(root, leaves[index], index, leaves.length, proof), "proof is refused");
        for (uint256 other = 0; other <= leaves.length; ++other) {
            if (other == index) continue;
            vm.assertTrue(!_tree.verify(root, leaves[index], other, leaves.length, proof), "another place");
        }
    }

    function testFuzz_noChangedProofIsAccepted(uint256 seed, uint256 size, uint256 index, uint256 bit) external view {
        bytes32[] memory leaves = _leaves(seed, bound(size, 2, LARGEST));
        index = bound(index, 0, leaves.length - 1);
        bytes32 root = leaves.root();
        bytes32[] memory proof = leaves.proof(index);
        uint256 place = draw(bit, 0) % proof.length;
        proof[place] ^= bytes32(1 << (bit % 256));
        vm.assertTrue(!_tree.verify(root, leaves[index], index, leaves.length, proof), "a flipped bit");
        proof[place] ^= bytes32(1 << (bit % 256));
        leaves[index] ^= bytes32(1 << (bit % 256));
        vm.assertTrue(!_tree.verify(root, leaves[index], index, leaves.length, proof), "another leaf");
    }

    function testFuzz_aProofOfAnotherLengthIsNone(uint256 seed, uint256 size, uint256 index, bytes32 more)
        external
        view
    {
        bytes32[] memory leaves = _leaves(seed, bound(size, 2, LARGEST));
        index = bound(index, 0, leaves.length - 1);
        bytes32 root = leaves.root();
        bytes32[] memory proof = leaves.proof(index);
        bytes32[] memory shorter = new bytes32[](proof.length - 1);
        bytes32[] memory longer = new bytes32[](proof.length + 1);
        for (uint256 i = 0; i < proof.length; ++i) {
            longer[i] = proof[i];
            if (i < shorter.length) shorter[i] = proof[i];
        }
        longer[proof.length] = more;
        vm.assertTrue(!_tree.verify(root, leaves[index], index, leaves.length, shorter), "shorter");
        vm.assertTrue(!_tree.verify(root, leaves[index], index, leaves.length, longer), "longer");
    }

    function testFuzz_noNodePassesForALeaf(bytes32 left, bytes32 right) external view {
        bytes32[] memory pair = new bytes32[](2);
        (pair[0], pair[1]) = (left, right);
        bytes32[] memory alone = new bytes32[](1);
        alone[0] = _tree.root(pair);
        vm.assertTrue(_tree.root(alone) != _tree.root(pair), "a node as a leaf");
    }

    function _leaves(uint256 seed, uint256 size) private pure returns (bytes32[] memory leaves) {
        leaves = new bytes32[](size);
        for (uint256 i = 0; i < size; ++i) {
            leaves[i] = bytes32(draw(seed, i));
        }
    }
}
