// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IAttestations} from "../interfaces/IAttestations.sol";
import {Tags} from "./Tags.sol";

/// @title Statements: all rows of a round as one hash.
library Statements {
    /// @dev Bytes of what stands in front of an array in abi.encode, and of a row.
    uint256 private constant HEAD = 0xc0;
    uint256 private constant ROW = 0xa0;

    /// @notice H("table", round, root of D, rows).
    /// @param modelChain address of the model chain
    /// @param round the round
    /// @param dataRoot Merkle root of the data set D
    /// @param rows the baseline's, then each revealed model's in order of reveal
    /// @return hash what attesters commit to and open
    function statement(address modelChain, uint256 round, bytes32 dataRoot, IAttestations.Row[] calldata rows)
        internal
        view
        returns (bytes32 hash)
    {
        bytes memory head = abi.encode(Tags.TABLE, block.chainid, modelChain, round, dataRoot, HEAD, rows.length);
        // Assembly: the rows are copied as they came, of which Solidity would encode each field. Safe: it writes behind
        // the free memory pointer, where nothing is allocated. Fields that do not fit their types make another hash.
        assembly ("memory-safe") {
            let preimage := mload(0x40)
            let size := mload(head)
            mcopy(preimage, add(head, 0x20), size)
            let length := mul(rows.length, ROW)
            calldatacopy(add(preimage, size), rows.offset, length)
            hash := keccak256(preimage, add(size, length))
        }
    }
}
