// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IAttestations} from "./IAttestations.sol";

/// @title From the statement that stands to a block.
interface IBlockProduction {
    /// @notice A revealed model fell below `burnBasisPoints` of the baseline's points, or is missing or malformed.
    event ModelBurned(uint32 indexed round, address indexed account, uint32 index);
    /// @notice How the round was decided.
    /// @param valid bitmap of the valid models, by reveal index
    /// @param ranking reveal indices of the voices, best first
    event RoundDecided(uint32 indexed round, uint256 valid, uint32[] ranking);

    error WrongPhase(uint8 phase, uint8 required);
    error NotTheStatement(bytes32 given, bytes32 expected);

    /// @notice Appends the block of the round in competition (Finalize, as soon as it has begun). Anybody may.
    /// @param rows of the statement that stands
    function finalize(IAttestations.Row[] calldata rows) external;
}
