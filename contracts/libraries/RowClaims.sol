// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IAttestations} from "../interfaces/IAttestations.sol";
import {MergeSort} from "./MergeSort.sol";
import {Tags} from "./Tags.sol";

/// @title Whether what stands behind a row leads to what the row says.
/// @notice A row packed has for each data transaction of D its points and squares, uint32 each, big-endian. n is the
/// number of data transactions in D, k how many extremes a middle M leaves out at either end, less than half of n. A
/// middle is a sum of at most 128 numbers below 2^32.
library RowClaims {
    /// @dev Bytes of a number, and of the points and squares of a data transaction.
    uint256 private constant NUMBER = 4;
    uint256 private constant PLACE = 8;

    /// @dev Added to a difference of points, so that it can be sorted: points are below it.
    uint256 private constant OFFSET = 1 << 32;

    /// @notice The bytes have not as many numbers as there have to be.
    /// @param given how many bytes there are
    /// @param expected how many there have to be
    error WrongLength(uint256 given, uint256 expected);

    /// @notice The bytes are not what the row's hash is over.
    /// @param given hash of what was given
    /// @param expected the row's
    error WrongRow(bytes32 given, bytes32 expected);

    /// @notice The row's middle is not M of its points.
    /// @param sum M of its points
    /// @param claimed what the row says
    error WrongMiddle(uint256 sum, uint64 claimed);

    /// @notice The row's net is not M of its points less the baseline's.
    /// @param sum M of the differences
    /// @param claimed what the row says
    error WrongNet(int256 sum, int64 claimed);

    /// @notice The row's spread is not M of its squares.
    /// @param sum M of its squares
    /// @param claimed what the row says
    error WrongSpread(uint256 sum, uint64 claimed);

    /// @notice H("row", round, packed).
    /// @param modelChain address of the model chain
    /// @param round the round
    /// @param packed the row's points and squares
    /// @return the row's hash
    function rowHash(address modelChain, uint32 round, bytes calldata packed) internal view returns (bytes32) {
        return keccak256(abi.encode(Tags.ROW, block.chainid, modelChain, round, packed));
    }

    /// @notice Requires that bytes are what a row's hash is over; none where the row is empty, as the baseline's is
    /// while there is no best model.
    /// @dev Reverts with WrongLength or WrongRow.
    /// @param modelChain address of the model chain
    /// @param round the round
    /// @param row the row
    /// @param packed its points and squares
    function requireRow(address modelChain, uint32 round, IAttestations.Row memory row, bytes calldata packed)
        internal
        view
    {
        if (row.hash == 0) {
            if (packed.length != 0) revert WrongLength(packed.length, 0);
            return;
        }
        bytes32 given = rowHash(modelChain, round, packed);
        if (given != row.hash) revert WrongRow(given, row.hash);
    }

    /// @notice Requires that a row's sums are those of what is behind it.
    /// @dev Reverts with WrongLength, WrongMiddle, WrongNet or WrongSpread.
    /// @param row the row
    /// @param ofRow its points and squares
    /// @param ofBaseline the baseline's; none: its points are zeros
    /// @param transactions n
    /// @param trimmed k
    function requireSums(
        IAttestations.Row memory row,
        bytes calldata ofRow,
        bytes calldata ofBaseline,
        uint256 transactions,
        uint256 trimmed
    ) internal pure {
        _requireLength(ofRow, transactions * PLACE);
        if (ofBaseline.length != 0) _requireLength(ofBaseline, transactions * PLACE);
        uint256[] memory points = new uint256[](transactions);
        uint256[] memory differences = new uint256[](transactions);
        uint256[] memory squares = new uint256[](transactions);
        for (uint256 place; place < transactions; ++place) {
            (points[place], squares[place]) = at(ofRow, place);
            uint256 against;
            if (ofBaseline.length != 0) (against,) = at(ofBaseline, place);
            differences[place] = points[place] + OFFSET - against;
        }
        uint256 sum = _middle(points, trimmed);
        if (sum != row.middle) revert WrongMiddle(sum, row.middle);
        // Sums of at most 128 numbers below 2^33: no conversion cuts anything off.
        int256 net = int256(_middle(differences, trimmed)) - int256((transactions - 2 * trimmed) * OFFSET);
        if (net != row.net) revert WrongNet(net, row.net);
        sum = _middle(squares, trimmed);
        if (sum != row.spread) revert WrongSpread(sum, row.spread);
    }

    /// @notice M of the distances of two models.
    /// @dev Reverts with WrongLength.
    /// @param distances at each place, uint32 each
    /// @param transactions n
    /// @param trimmed k
    /// @return M
    function middleDistance(bytes calldata distances, uint256 transactions, uint256 trimmed)
        internal
        pure
        returns (uint256)
    {
        _requireLength(distances, transactions * NUMBER);
        uint256[] memory numbers = new uint256[](transactions);
        for (uint256 place; place < transactions; ++place) {
            numbers[place] = distanceAt(distances, place);
        }
        return _middle(numbers, trimmed);
    }

    /// @notice The points and squares at a place.
    /// @param packed a row packed
    /// @param place below n
    /// @return points sum of the model's points there
    /// @return squares sum of the squares of what they differ from the baseline's
    function at(bytes calldata packed, uint256 place) internal pure returns (uint32 points, uint32 squares) {
        uint64 both = uint64(bytes8(packed[place * PLACE:place * PLACE + PLACE]));
        return (uint32(both >> 32), uint32(both));
    }

    /// @notice The distance at a place.
    /// @param distances uint32 each
    /// @param place below n
    /// @return it
    function distanceAt(bytes calldata distances, uint256 place) internal pure returns (uint32) {
        return uint32(bytes4(distances[place * NUMBER:place * NUMBER + NUMBER]));
    }

    /// @dev Sum of the numbers without the k lowest and the k highest.
    function _middle(uint256[] memory numbers, uint256 trimmed) private pure returns (uint256 sum) {
        uint256 end = numbers.length - trimmed;
        uint256[] memory ascending = MergeSort.sorted(numbers, numbers.length);
        for (uint256 i = trimmed; i < end; ++i) {
            sum += ascending[i];
        }
    }

    function _requireLength(bytes calldata packed, uint256 expected) private pure {
        if (packed.length != expected) revert WrongLength(packed.length, expected);
    }
}
