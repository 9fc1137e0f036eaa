// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IAttestations} from "../interfaces/IAttestations.sol";
import {Tags} from "./Tags.sol";

/// @title Statements: all rows of a round as one hash.
library Statements {
    /// @notice H("table", round, root of D, rows).
    /// @param modelChain address of the model chain
    /// @param round the round
    /// @param dataRoot Merkle root of the data set D
    /// @param rows the baseline's, then each revealed model's in order of reveal
    /// @return what attesters commit to and open
    function statement(address modelChain, uint256 round, bytes32 dataRoot, IAttestations.Row[] memory rows)
        internal
        view
        returns (bytes32)
    {
        return keccak256(abi.encode(Tags.TABLE, block.chainid, modelChain, round, dataRoot, rows));
    }
}
