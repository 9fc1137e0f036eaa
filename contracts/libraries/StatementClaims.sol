// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IAttestations} from "../interfaces/IAttestations.sol";
import {IModelTransactions} from "../interfaces/IModelTransactions.sol";
import {Judging} from "./Judging.sol";

/// @title What a statement's rows say of each other.
/// @notice Row 0 is the baseline's, row i that of reveal index i - 1. A row without a hash is empty: the model is
/// missing or malformed, or there is no best model yet. A model repeats the best-ranked voice that it is a variant of,
/// by that row's number; 0: none.
library StatementClaims {
    /// @notice What is known of the round.
    /// @param transactions has the orders of commitments
    /// @param round the round
    /// @param hasBest whether an earlier block has a best model
    /// @param required B
    struct Known {
        IModelTransactions transactions;
        uint32 round;
        bool hasBest;
        uint256 required;
    }

    /// @notice Whether a row is one that no true statement has, by what the rows themselves show.
    /// @param rows the statement's
    /// @param row the row's number
    /// @param known what is known of the round
    /// @return true if it is
    function isFlawed(IAttestations.Row[] memory rows, uint32 row, Known memory known)
        internal
        view
        returns (bool)
    {
        IAttestations.Row memory own = rows[row];
        if (own.hash == 0 && (own.middle != 0 || own.net != 0 || own.spread != 0 || own.repeats != 0)) return true;
        if (row == 0) return (own.hash == 0) == known.hasBest || own.net != 0 || own.repeats != 0;
        uint32 voice = own.repeats;
        if (voice == 0) return false;
        return !known.hasBest || voice >= rows.length || voice == row || !couldRepeat(rows, row, voice, known);
    }

    /// @notice Whether a model could be a variant of another one, by the rows: both are valid, the other one ranks
    /// better and repeats nothing.
    /// @param rows the statement's
    /// @param row number of the model's row, from 1
    /// @param other number of the other one's, from 1
    /// @param known what is known of the round
    /// @return true if it could
    function couldRepeat(IAttestations.Row[] memory rows, uint32 row, uint32 other, Known memory known)
        internal
        view
        returns (bool)
    {
        return _isValid(rows[row], known) && _isValid(rows[other], known) && isBetter(rows, other, row, known)
            && rows[other].repeats == 0;
    }

    /// @notice Whether a model ranks before another one: by net, then by the earlier commitment.
    /// @param rows the statement's
    /// @param row number of the model's row, from 1
    /// @param other number of the other one's, from 1
    /// @param known what is known of the round
    /// @return true if it does
    function isBetter(IAttestations.Row[] memory rows, uint32 row, uint32 other, Known memory known)
        internal
        view
        returns (bool)
    {
        (int64 net, int64 otherNet) = (rows[row].net, rows[other].net);
        return net == otherNet ? _order(row, known) < _order(other, known) : net > otherNet;
    }

    function _order(uint32 row, Known memory known) private view returns (uint32) {
        return known.transactions.revealAt(known.round, row - 1).order;
    }

    function _isValid(IAttestations.Row memory row, Known memory known) private pure returns (bool) {
        return row.hash != 0 && Judging.isValid(row.net, row.spread, known.required);
    }
}
