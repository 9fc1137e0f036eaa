// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @notice Merkle trees by the recursive definition of RFC 9162, section 2.1.
library ReferenceMerkle {
    uint256 private constant LARGEST_HEIGHT = 32;

    function root(bytes32[] memory leaves) internal pure returns (bytes32) {
        return _root(leaves, 0, leaves.length);
    }

    /// @notice The siblings of a leaf, from the leaf up.
    function proof(bytes32[] memory leaves, uint256 index) internal pure returns (bytes32[] memory up) {
        bytes32[] memory down = new bytes32[](LARGEST_HEIGHT);
        uint256 length;
        (uint256 start, uint256 end) = (0, leaves.length);
        while (end - start > 1) {
            uint256 split = start + _largestPowerBelow(end - start);
            if (index < split) {
                down[length++] = _root(leaves, split, end);
                end = split;
            } else {
                down[length++] = _root(leaves, start, split);
                start = split;
            }
        }
        up = new bytes32[](length);
        for (uint256 i = 0; i < length; ++i) {
            up[i] = down[length - 1 - i];
        }
    }

    /// @dev Over the leaves from `start` to before `end`.
    function _root(bytes32[] memory leaves, uint256 start, uint256 end) private pure returns (bytes32) {
        uint256 size = end - start;
        if (size == 0) return keccak256("");
        if (size == 1) return keccak256(abi.encodePacked(uint8(0), leaves[start]));
        uint256 split = start + _largestPowerBelow(size);
        return keccak256(abi.encodePacked(uint8(1), _root(leaves, start, split), _root(leaves, split, end)));
    }

    function _largestPowerBelow(uint256 size) private pure returns (uint256 power) {
        power = 1;
        while (2 * power < size) power *= 2;
    }
}
