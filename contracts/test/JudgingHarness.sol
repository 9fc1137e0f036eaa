// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IAttestations} from "../interfaces/IAttestations.sol";
import {Judging} from "../libraries/Judging.sol";
import {Statements} from "../libraries/Statements.sol";
import {Votes} from "../libraries/Votes.sol";

/// @notice Opens the internal functions of Judging, Statements and Votes to tests.
contract JudgingHarness {
    function required(
        uint256 significance,
        uint256 hostileAllowance,
        uint256 triesAllowance,
        uint256 transactions,
        uint256 trimmed,
        uint256 commitments
    ) external pure returns (uint256) {
        return Judging.required(significance, hostileAllowance, triesAllowance, transactions, trimmed, commitments);
    }

    function isValid(int64 net, uint64 spread, uint256 required_) external pure returns (bool) {
        return Judging.isValid(net, spread, required_);
    }

    function burns(IAttestations.Row memory row, uint64 baselineMiddle, uint256 burnBasisPoints)
        external
        pure
        returns (bool)
    {
        return Judging.burns(row, baselineMiddle, burnBasisPoints);
    }

    /// @notice Ranking and voices, with the gas that both took.
    function rank(IAttestations.Row[] memory rows, uint256[] memory orders, uint256 required_, bool hasBest)
        external
        view
        returns (uint32[] memory ranking, uint32[] memory voices, uint256 gas)
    {
        gas = gasleft();
        ranking = Judging.rank(rows, orders, required_);
        voices = Judging.voices(rows, ranking, hasBest);
        gas -= gasleft();
    }

    function statement(address modelChain, uint256 round, bytes32 dataRoot, IAttestations.Row[] calldata rows)
        external
        view
        returns (bytes32 hash, uint256 gas)
    {
        gas = gasleft();
        hash = Statements.statement(modelChain, round, dataRoot, rows);
        gas -= gasleft();
    }

    function count(Votes.Ballot[] memory voices, bytes32 dataRoot, bytes32 head)
        external
        view
        returns (Votes.Outcome memory outcome, uint256 gas)
    {
        gas = gasleft();
        outcome = Votes.count(voices, dataRoot, head);
        gas -= gasleft();
    }

    function nominationsRoot(bytes32[] memory ids, bytes32[] memory names) external pure returns (bytes32) {
        return Votes.nominationsRoot(ids, names, ids.length);
    }
}
