// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IAttestations} from "../interfaces/IAttestations.sol";
import {MergeSort} from "./MergeSort.sol";

/// @title Which models are valid, how they rank, which are voices, whose stake burns.
/// @notice n is the number of data transactions in the data set D, k how many extremes a model's sums leave out at
/// either end. Sums stay below 2^63 (at most 128 data transactions, 16,000 test samples each, 255 points), so that
/// nothing here overflows.
library Judging {
    uint256 private constant BASIS_POINTS = 10_000;

    /// @notice A model's rows and orders differ in number.
    /// @param models rows, without the baseline's
    /// @param orders orders of commitment
    error OrderCountMismatch(uint256 models, uint256 orders);

    /// @notice B: how far above chance an advantage must be.
    ///
    ///     B = floor((significance + isqrt(hostileAllowance^2 (n - 2k)))^2 / 100)
    ///         + triesAllowance * floor(log2(max(1, commitments)))
    ///
    /// The first term is McNemar's test, `significance` / 100 standard deviations; the second what a third of hostile
    /// data can shift; the third what many names gain by many tries.
    /// @param significance hundredths of a standard deviation that chance must stay below
    /// @param hostileAllowance what is added to it for each root of a data transaction that counts
    /// @param triesAllowance what each doubling of the number of models adds
    /// @param transactions n
    /// @param trimmed k, less than half of n
    /// @param commitments models that were committed to
    /// @return B
    function required(
        uint256 significance,
        uint256 hostileAllowance,
        uint256 triesAllowance,
        uint256 transactions,
        uint256 trimmed,
        uint256 commitments
    ) internal pure returns (uint256) {
        uint256 root =
            significance + Math.sqrt(hostileAllowance ** 2 * (transactions - 2 * trimmed));
        return root ** 2 / 100 + triesAllowance * Math.log2(Math.max(1, commitments));
    }

    /// @notice Whether a model is valid: net >= 1 and 100 net^2 >= B spread.
    /// @param net its advantage over the baseline
    /// @param spread how much the two differ
    /// @param required_ B
    /// @return true if it is
    function isValid(int64 net, uint64 spread, uint256 required_) internal pure returns (bool) {
        return net >= 1 && 100 * uint256(uint64(net)) ** 2 >= required_ * spread;
    }

    /// @notice The valid models, best first: the larger net, then the earlier commitment. A model without a row hash
    /// is missing or malformed, and not valid.
    /// @dev Reverts with OrderCountMismatch.
    /// @param rows the baseline's, then each model's in order of reveal
    /// @param orders of their commitments, below 2^32 and all different; one for each row but the baseline's
    /// @param required_ B
    /// @return ranking reveal indices, from 0
    function rank(IAttestations.Row[] memory rows, uint256[] memory orders, uint256 required_)
        internal
        pure
        returns (uint32[] memory ranking)
    {
        uint256 models = orders.length;
        if (rows.length != models + 1) revert OrderCountMismatch(rows.length - 1, models);
        uint256[] memory keys = new uint256[](models);
        uint256 count;
        for (uint256 i; i < models; ++i) {
            IAttestations.Row memory row = rows[i + 1];
            if (row.hash == 0 || !isValid(row.net, row.spread, required_)) continue;
            keys[count++] = uint256(type(uint64).max - uint64(row.net)) << 64 | orders[i] << 32 | i;
        }
        keys = MergeSort.sorted(keys, count);
        ranking = new uint32[](count);
        for (uint256 i; i < count; ++i) {
            ranking[i] = uint32(keys[i]);
        }
    }

    /// @notice The voices: the valid models that repeat no better one; before there is a best model, the first alone.
    /// @param rows the baseline's, then each model's in order of reveal
    /// @param ranking reveal indices of the valid models, best first
    /// @param hasBest whether an earlier block has a best model
    /// @return voices_ reveal indices, best first
    function voices(IAttestations.Row[] memory rows, uint32[] memory ranking, bool hasBest)
        internal
        pure
        returns (uint32[] memory voices_)
    {
        voices_ = new uint32[](ranking.length);
        uint256 count;
        for (uint256 i; i < ranking.length; ++i) {
            if (hasBest ? rows[ranking[i] + 1].repeats == 0 : i == 0) voices_[count++] = ranking[i];
        }
        // Assembly: Solidity cannot shorten an array in memory. Safe: it only gets shorter.
        assembly ("memory-safe") {
            mstore(voices_, count)
        }
    }

    /// @notice Whether a revealed model costs its account a part of the stake: it is missing or malformed, or far
    /// below the baseline.
    /// @param row the model's
    /// @param baselineMiddle M of the baseline's points
    /// @param burnBasisPoints share of the baseline under which it burns
    /// @return true if it does
    function burns(IAttestations.Row memory row, uint64 baselineMiddle, uint256 burnBasisPoints)
        internal
        pure
        returns (bool)
    {
        return row.hash == 0 || uint256(row.middle) * BASIS_POINTS < uint256(baselineMiddle) * burnBasisPoints;
    }
}
