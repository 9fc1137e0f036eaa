// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Tags} from "./Tags.sol";

/// @notice What an attester states of a model, or of the baseline. A missing or malformed model has zeros only.
/// @param hash H("row", round, for each data transaction of D in order its points and its squares, uint32 each, big
/// endian)
/// @param middle M of the points
/// @param net M of the advantages over the baseline
/// @param spread M of the squares
/// @param repeats 0 if the model is valid and repeats no other, or is not valid; else 1 + the reveal index of the
/// best-ranked voice that it repeats
struct Row {
    bytes32 hash;
    uint64 middle;
    int64 net;
    uint64 spread;
    uint32 repeats;
}

/// @title Statements: all rows of a round as one hash.
library Statements {
    /// @notice H("table", round, root of D, rows).
    /// @param modelChain address of the model chain
    /// @param round the round
    /// @param dataRoot Merkle root of the data set D
    /// @param rows the baseline's, then each revealed model's in order of reveal
    /// @return what attesters commit to and open
    function statement(address modelChain, uint256 round, bytes32 dataRoot, Row[] memory rows)
        internal
        view
        returns (bytes32)
    {
        return keccak256(abi.encode(Tags.TABLE, block.chainid, modelChain, round, dataRoot, rows));
    }
}
