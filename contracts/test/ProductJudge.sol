// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IJudge} from "../interfaces/IJudge.sol";

/// @title A judge of a task so small that its points can be checked by hand.
/// @notice A model is 2 bytes, a and b, of which a is not 0; a sample's record 4 bytes r. It earns
/// a r[0] + b r[1] + r[2] modulo 256; as judges may, it says so of any two bytes.
contract ProductJudge is IJudge {
    /// @inheritdoc IJudge
    function isWellFormed(bytes calldata model) external pure returns (bool) {
        return model.length == 2 && model[0] != 0;
    }

    /// @inheritdoc IJudge
    function points(bytes calldata model, bytes calldata record) external pure returns (uint8) {
        if (model.length != 2) revert MalformedModel();
        if (record.length != 4) revert MalformedRecord();
        uint256 product = uint256(uint8(model[0])) * uint8(record[0]) + uint256(uint8(model[1])) * uint8(record[1]);
        // Modulo 256: the lowest byte.
        return uint8(product + uint8(record[2]));
    }

    /// @inheritdoc IJudge
    function words() external pure returns (int256[] memory) {
        return new int256[](0);
    }
}
