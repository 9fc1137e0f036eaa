// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IAttestations} from "./IAttestations.sol";

/// @title From the statement that stands to a block.
/// @notice Judges the revealed models by the statement's rows, counts the voices' votes, and appends the block.
/// docs/Protocol.md, Judge and Vote, has the rules.
interface IBlockProduction {
    /// @notice A revealed model fell below `burnBasisPoints` of the baseline's points, or is missing or malformed.
    /// @param round the round in competition
    /// @param account whose stake burned by `modelBurn`
    /// @param index the model's
    event ModelBurned(uint32 indexed round, address indexed account, uint32 index);

    /// @notice How the round was decided.
    /// @param round the round in competition
    /// @param valid bitmap of the valid models, by reveal index
    /// @param ranking reveal indices of the voices, best first
    event RoundDecided(uint32 indexed round, uint256 valid, uint32[] ranking);

    /// @notice The round in competition is in another phase.
    /// @param phase as IModelChain.Phase
    /// @param required the phase that it would have to be in
    error WrongPhase(uint8 phase, uint8 required);

    /// @notice The rows are not those of the statement that stands.
    /// @param given the statement that they make
    /// @param expected the one that stands
    error NotTheStatement(bytes32 given, bytes32 expected);

    /// @notice Appends the block of the round in competition (Finalize, as soon as it has begun). Anybody may.
    /// @dev Reverts with WrongPhase or NotTheStatement.
    /// @param rows of the statement that stands
    function finalize(IAttestations.Row[] calldata rows) external;

    /// @notice The voices that a row's model had to be compared with, by a statement's rows: see the library
    /// ComparedVoices.
    /// @param round the round in competition
    /// @param rows the statement's
    /// @param row the row's number
    /// @return numbers of the voices' rows, best first
    function comparedVoices(uint32 round, IAttestations.Row[] calldata rows, uint256 row)
        external
        view
        returns (uint32[] memory);
}
