// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IAttestations} from "../interfaces/IAttestations.sol";
import {Tags} from "./Tags.sol";
import {TrimmedSums} from "./TrimmedSums.sol";

/// @title What stands behind a row, packed into bytes that its hash is over.
/// @notice First, for each data transaction of D: the sum of the model's points on its test samples, the sum of the
/// squares of what they differ from the baseline's, uint32 each, and the Merkle root over them. Then, for each voice
/// that the model had to be compared with, for each data transaction: the sum of the squares of what the two models'
/// points differ, uint32. All big-endian. n is the number of data transactions in D, k how many extremes a sum leaves
/// out at either end. The hash is over the hash of what stands there for data transactions and the hash of the
/// distances: who shows a model's points needs not show its distances.
library PackedRows {
    /// @dev Bytes of a number, and of what stands there for each data transaction.
    uint256 private constant NUMBER = 4;
    uint256 private constant PLACE = 40;
    uint256 private constant ROOT = 8;
    uint256 private constant HASH = 32;

    uint256 private constant BASIS_POINTS = 10_000;

    /// @notice The bytes have not as many numbers as there have to be.
    /// @param given how many bytes there are
    /// @param expected how many there have to be
    error WrongLength(uint256 given, uint256 expected);

    /// @notice The bytes are not what the row's hash is over.
    /// @param given hash of what was given
    /// @param expected the row's
    error NotTheRow(bytes32 given, bytes32 expected);

    /// @notice There is not one pair of edges for each sum.
    /// @param given how many pairs there are
    /// @param expected three, and one for each compared voice
    error WrongEdgeCount(uint256 given, uint256 expected);

    /// @notice The row's sums are others.
    /// @param middle M of its points
    /// @param net M of its points less the baseline's
    /// @param spread M of its squares
    error WrongSums(int256 middle, int256 net, int256 spread);

    /// @notice The row does not repeat what its distances say: the only compared voice that it is a variant of.
    /// @param repeats what it says
    error WrongRepeats(uint32 repeats);

    /// @notice Requires that bytes have as many numbers as there have to be.
    /// @dev Reverts with WrongLength.
    /// @param packed the bytes
    /// @param expected how many there have to be
    function requireLength(bytes calldata packed, uint256 expected) internal pure {
        if (packed.length != expected) revert WrongLength(packed.length, expected);
    }

    /// @notice Requires that bytes are what a row's hash is over; none where the row is empty, as the baseline's is
    /// while there is no best model.
    /// @dev Reverts with WrongLength or NotTheRow.
    /// @param modelChain address of the model chain
    /// @param round the round
    /// @param hash the row's
    /// @param packed what stands behind it
    /// @param transactions n
    /// @param compared how many voices it is compared with
    function requireRow(
        address modelChain,
        uint32 round,
        bytes32 hash,
        bytes calldata packed,
        uint256 transactions,
        uint256 compared
    ) internal view {
        _requireRow(modelChain, round, hash, packed, transactions, transactions * NUMBER * compared, false);
    }

    /// @notice The same of a row whose distances nobody needs: their hash stands in their place.
    /// @dev Reverts with WrongLength or NotTheRow.
    /// @param modelChain address of the model chain
    /// @param round the round
    /// @param hash the row's
    /// @param shortened what stands behind it for each data transaction, then the hash of its distances
    /// @param transactions n
    function requireShortened(
        address modelChain,
        uint32 round,
        bytes32 hash,
        bytes calldata shortened,
        uint256 transactions
    ) internal view {
        _requireRow(modelChain, round, hash, shortened, transactions, HASH, true);
    }

    /// @notice Requires that a row's sums are those of what stands behind it.
    /// @dev Reverts with TrimmedSums.WrongEdges or WrongSums.
    /// @param row the row
    /// @param ofRow what stands behind it
    /// @param ofBaseline what stands behind the baseline's row; none: its points are zeros
    /// @param transactions n
    /// @param trimmed k
    /// @param edges of points, of points less the baseline's, and of squares: see TrimmedSums
    function requireSums(
        IAttestations.Row memory row,
        bytes calldata ofRow,
        bytes calldata ofBaseline,
        uint256 transactions,
        uint256 trimmed,
        int64[2][] calldata edges
    ) internal pure {
        TrimmedSums.Column memory column = TrimmedSums.Column(0, PLACE, transactions, trimmed);
        int256 middle = TrimmedSums.sum(ofRow, ofRow[:0], column, edges, 0);
        int256 net = TrimmedSums.sum(ofRow, ofBaseline, column, edges, 1);
        column.start = NUMBER;
        int256 spread = TrimmedSums.sum(ofRow, ofRow[:0], column, edges, 2);
        if (middle != int64(row.middle) || net != row.net || spread != int64(row.spread)) {
            revert WrongSums(middle, net, spread);
        }
    }

    /// @notice Requires that a row says of each voice that it is compared with what their distances say: that it is a
    /// variant of the one that it names, and of no other.
    /// @dev Reverts with TrimmedSums.WrongEdges or WrongRepeats.
    /// @param rows the statement's
    /// @param row number of the row
    /// @param voices numbers of the compared voices' rows
    /// @param ofRow what stands behind the row
    /// @param transactions n
    /// @param trimmed k
    /// @param edges three that are not looked at, then of each voice's distances
    /// @param voiceBasisPoints share of the smaller spread under which a model is a variant
    function requireDistances(
        IAttestations.Row[] memory rows,
        uint256 row,
        uint32[] memory voices,
        bytes calldata ofRow,
        uint256 transactions,
        uint256 trimmed,
        int64[2][] calldata edges,
        uint256 voiceBasisPoints
    ) internal pure {
        TrimmedSums.Column memory column = TrimmedSums.Column(PLACE * transactions, NUMBER, transactions, trimmed);
        IAttestations.Row memory own = rows[row];
        for (uint256 i; i < voices.length; ++i) {
            // Never negative.
            int256 distance = TrimmedSums.sum(ofRow, ofRow[:0], column, edges, 3 + i);
            uint256 spread = rows[voices[i]].spread;
            if (own.spread < spread) spread = own.spread;
            bool isVariant = uint256(distance) * BASIS_POINTS < voiceBasisPoints * spread;
            if (isVariant != (voices[i] == own.repeats)) revert WrongRepeats(own.repeats);
            column.start += NUMBER * transactions;
        }
        bool isNamed = voices.length != 0 && voices[voices.length - 1] == own.repeats;
        if (own.repeats != 0 && !isNamed) revert WrongRepeats(own.repeats);
    }

    /// @notice The sum of a model's points at a place; 0 where nothing stands behind the row.
    /// @param packed what stands behind the model's row
    /// @param place which data transaction of D
    /// @return it
    function pointsAt(bytes calldata packed, uint256 place) internal pure returns (uint32) {
        return packed.length == 0 ? 0 : _numberAt(packed, place * PLACE);
    }

    /// @notice How far a model is from the baseline at a place, or from a voice that it is compared with.
    /// @param packed what stands behind the model's row
    /// @param place which data transaction of D
    /// @param voice 0: the baseline; else which of the compared voices, from 1
    /// @param transactions n
    /// @return sum of the squares of what their points differ
    function apartAt(bytes calldata packed, uint256 place, uint256 voice, uint256 transactions)
        internal
        pure
        returns (uint32)
    {
        if (voice == 0) return _numberAt(packed, place * PLACE + NUMBER);
        return _numberAt(packed, transactions * PLACE + ((voice - 1) * transactions + place) * NUMBER);
    }

    /// @notice The Merkle root over a model's points at a place; 0 where nothing stands behind the row.
    /// @param packed what stands behind the model's row
    /// @param place which data transaction of D
    /// @return it
    function rootAt(bytes calldata packed, uint256 place) internal pure returns (bytes32) {
        return packed.length == 0 ? bytes32(0) : bytes32(packed[place * PLACE + ROOT:]);
    }

    /// @dev Behind what stands there for data transactions come `length` bytes: the distances, or their hash.
    function _requireRow(
        address modelChain,
        uint32 round,
        bytes32 hash,
        bytes calldata packed,
        uint256 transactions,
        uint256 length,
        bool isShortened
    ) private view {
        uint256 end = transactions * PLACE;
        requireLength(packed, hash == 0 ? 0 : end + length);
        if (hash == 0) return;
        bytes32 distances = isShortened ? bytes32(packed[end:]) : keccak256(packed[end:]);
        bytes32 places = keccak256(packed[:end]);
        bytes32 given = keccak256(abi.encode(Tags.ROW, block.chainid, modelChain, round, places, distances));
        if (given != hash) revert NotTheRow(given, hash);
    }

    function _numberAt(bytes calldata packed, uint256 at) private pure returns (uint32) {
        return uint32(bytes4(packed[at:]));
    }
}
