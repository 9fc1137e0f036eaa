// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IAttestations} from "../interfaces/IAttestations.sol";
import {Judging} from "./Judging.sol";

/// @title The voices that a row's model had to be compared with, by the statement's rows.
/// @notice While there is a best model a valid model is compared with the voices that rank better, best first, up to
/// and with the first that it is a variant of: its row names that one. Others are compared with none. Row 0 is the
/// baseline's, row i that of reveal index i - 1; voices are named by their rows' numbers here.
library ComparedVoices {
    /// @notice The compared voices of a row; all that rank better where it names none of them.
    /// @dev Reverts with Judging.OrderCountMismatch.
    /// @param rows the statement's
    /// @param row the row's number
    /// @param orders of the models' commitments
    /// @param required B
    /// @param hasBest whether an earlier block has a best model
    /// @return voices best first
    function find(
        IAttestations.Row[] memory rows,
        uint256 row,
        uint256[] memory orders,
        uint256 required,
        bool hasBest
    ) internal pure returns (uint32[] memory voices) {
        IAttestations.Row memory own = rows[row];
        bool isValid = own.hash != 0 && Judging.isValid(own.net, own.spread, required);
        if (!hasBest || row == 0 || !isValid) return voices;
        voices = Judging.rank(rows, orders, required);
        uint256 count;
        // A valid model is ranked. What is written was read before: no more are written than were looked at.
        for (uint256 i; voices[i] + 1 != row; ++i) {
            uint32 ranked = voices[i] + 1;
            if (rows[ranked].repeats != 0) continue;
            voices[count++] = ranked;
            if (ranked == own.repeats) break;
        }
        // Assembly: Solidity cannot shorten an array in memory. Safe: it only gets shorter.
        assembly ("memory-safe") {
            mstore(voices, count)
        }
    }
}
